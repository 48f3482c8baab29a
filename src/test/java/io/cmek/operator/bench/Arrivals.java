package io.cmek.operator.bench;

import static io.cmek.operator.testing.OperatorTestExtension.REGION;

import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.testing.Installation;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** The Workgroups of a namespace, and what their statuses say. */
final class Arrivals implements AutoCloseable {

    private static final int APPLICANTS = 8;

    private final KubernetesClient client;
    private final String namespace;
    private final Map<String, EncryptionState> states = new ConcurrentHashMap<>();
    private final SharedIndexInformer<Workgroup> informer;

    Arrivals(Installation installation, String namespace) {
        this.client = installation.client();
        this.namespace = namespace;
        this.informer = client.resources(Workgroup.class).inNamespace(namespace).inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Workgroup workgroup) {
                take(workgroup);
            }

            @Override
            public void onUpdate(Workgroup before, Workgroup workgroup) {
                take(workgroup);
            }

            @Override
            public void onDelete(Workgroup workgroup, boolean unknown) {
                states.remove(workgroup.getMetadata().getName());
            }
        });
    }

    private void take(Workgroup workgroup) {
        String name = workgroup.getMetadata().getName();
        EncryptionState state =
                workgroup.getStatus() == null ? null : workgroup.getStatus().encryption();
        if (state == null) {
            states.remove(name);
        } else {
            states.put(name, state);
        }
    }

    /** How many Workgroups have this state now. */
    int in(EncryptionState state) {
        return (int) states.values().stream().filter(s -> s == state).count();
    }

    /** Creates Workgroups with two buckets each: {@code data-0} and {@code backup-0}, {@code data-1}… */
    void arrive(int number, List<String> keys) throws InterruptedException, ExecutionException {
        try (var applicants = Executors.newFixedThreadPool(APPLICANTS)) {
            List<Future<?>> created = IntStream.range(0, number)
                    .<Future<?>>mapToObj(i ->
                            applicants.submit(() -> client.resource(workgroup(i, keys.get(i % keys.size())))
                                    .create()))
                    .toList();
            for (Future<?> one : created) {
                one.get();
            }
        }
    }

    private Workgroup workgroup(int number, String key) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(new ObjectMetaBuilder()
                .withNamespace(namespace)
                .withName("wg-" + number)
                .build());
        workgroup.setSpec(new WorkgroupSpec(
                REGION,
                new Cmek(key, key),
                new Buckets("data-" + number, "backup-" + number, null),
                null,
                null,
                null,
                null));
        return workgroup;
    }

    @Override
    public void close() {
        informer.close();
    }
}
