package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.testing.ApiServerProxy;
import io.cmek.operator.testing.ApiServerProxy.Effect;
import io.cmek.operator.testing.Fault;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.services.s3.model.Bucket;

/** Objects that go, come again or change hands while the operator is at work on them: it knows them by their uid, and not by their name. */
class ReplacedIT {

    private static final String FINALIZER = "cmek.io/finalizer";
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension().withoutOperator();

    private LocalAws aws;
    private ApiServerProxy proxy;
    private TestNamespace team;
    private String key;

    @BeforeEach
    void proxy() {
        aws = ENVIRONMENT.aws();
        proxy = ApiServerProxy.before(ENVIRONMENT.installation().operatorKubeconfig());
        team = ENVIRONMENT.team();
        key = aws.createKey(REGION);
    }

    @AfterEach
    void heal() {
        ENVIRONMENT.proxy().heal();
        proxy.close();
    }

    // -- forced replacement

    private static final int REPLACED = 12;

    @Test
    void thoseThatAreReplacedByForceAreServedLikeNewOnes() throws Exception {
        try (OperatorProcess operator = launch();
                ExecutorService users = Executors.newFixedThreadPool(REPLACED)) {
            operator.awaitReady();
            for (int i = 0; i < REPLACED; i++) {
                team.apply(manifest(i));
            }
            for (int i = 0; i < REPLACED; i++) {
                team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
            }
            var uids = new ArrayList<String>();
            for (Future<String> uid : users.invokeAll(IntStream.range(0, REPLACED)
                    .<Callable<String>>mapToObj(i -> () -> replaceByForce("wg-" + i))
                    .toList())) {
                uids.add(uid.get());
            }

            await("all are served")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(IntStream.range(0, REPLACED)
                                    .mapToObj(i -> whatIsWrong("wg-" + i, uids.get(i)))
                                    .filter(wrong -> !wrong.isEmpty()))
                            .isEmpty());
        }
    }

    private String manifest(int i) {
        return workgroup("wg-" + i, key, team.namespace() + "-" + i).toString();
    }

    /** As {@code kubectl replace --force} does, and without waiting for the operator; returns the new one's uid. */
    private String replaceByForce(String name) {
        var resource = client().resources(Workgroup.class)
                .inNamespace(team.namespace())
                .withName(name);
        Workgroup old = Objects.requireNonNull(resource.get());
        resource.delete();
        try {
            resource.patch(MERGE, "{\"metadata\":{\"finalizers\":null}}");
        } catch (KubernetesClientException e) {
            // The operator was quicker.
            assertThat(e.getCode()).isEqualTo(404);
        }
        var again = new Workgroup();
        again.getMetadata().setName(name);
        again.getMetadata().setNamespace(team.namespace());
        again.setSpec(old.getSpec());
        return client().resource(again).create().getMetadata().getUid();
    }

    /** Empty where nothing is. */
    private String whatIsWrong(String name, String uid) {
        var json = team.json("wg", name);
        var wrong = new StringBuilder();
        if (!json.at("/metadata/uid").asText().equals(uid)) {
            wrong.append(" another uid;");
        }
        if (!json.at("/metadata/finalizers").toString().contains(FINALIZER)) {
            wrong.append(" no finalizer;");
        }
        if (!json.at("/status/encryption").asText().equals("ENABLED")) {
            wrong.append(
                    " encryption '%s';".formatted(json.at("/status/encryption").asText()));
        }
        String storageClass = json.at("/status/storageClassName").asText();
        if (storageClass.isEmpty() || storageClass(storageClass) == null) {
            wrong.append(" no StorageClass;");
        }
        return wrong.isEmpty() ? "" : name + ":" + wrong;
    }

    // -- made after the owner is gone

    @Test
    void nothingIsMadeForOneThatIsGoneInjected() {
        String bucket = team.namespace() + "-orders";
        try (OperatorProcess operator = launch()) {
            operator.awaitReady();
            ENVIRONMENT.proxy().resetCounts();
            ENVIRONMENT.proxy().record();
            ENVIRONMENT
                    .proxy()
                    .inject(asked -> asked.request().operation().equals("kms:PutKeyPolicy")
                            ? new Fault.Effect.Late(Duration.ofSeconds(4))
                            : new Fault.Effect.None());
            team.apply(workgroup("orders", key, bucket).toString());
            await("the policy is written")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> ENVIRONMENT.proxy().count("kms:PutKeyPolicy") > 0);
            String uid = team.json("wg", "orders").at("/metadata/uid").asText();
            var resource = client().resources(Workgroup.class)
                    .inNamespace(team.namespace())
                    .withName("orders");
            // The operator neither puts its finalizer back nor takes it off.
            proxy.fault(request -> request.method().matches("PUT|PATCH")
                            && request.path().endsWith(team.namespace() + "/workgroups/orders")
                    ? OptionalInt.of(503)
                    : OptionalInt.empty());
            resource.patch(MERGE, "{\"metadata\":{\"finalizers\":null}}");
            resource.delete();
            assertThat(resource.get()).isNull();
            proxy.heal();
            await("the answer has come")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> ENVIRONMENT.proxy().recorded().stream()
                            .anyMatch(e -> e.operation().equals("kms:PutKeyPolicy")));
            ENVIRONMENT.proxy().heal();

            // One that comes later has all that it wants by then.
            team.apply(workgroup("later", aws.createKey(REGION), team.namespace() + "-later")
                    .toString());
            team.awaitWorkgroup("later", EncryptionState.ENABLED);
            await("nothing is made")
                    .during(Duration.ofSeconds(6))
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> {
                        assertThat(client().storage()
                                        .v1()
                                        .storageClasses()
                                        .list()
                                        .getItems())
                                .extracting(c -> c.getParameters().get("kmsKeyId"))
                                .doesNotContain(key);
                        assertThat(aws.s3(LocalAws.ACCOUNT, REGION)
                                        .listBuckets()
                                        .buckets())
                                .extracting(Bucket::name)
                                .doesNotContain(bucket);
                    });
            assertThat(ENVIRONMENT.proxy().recorded())
                    .filteredOn(e -> e.request().subject().startsWith(bucket))
                    .filteredOn(e -> e.operation().matches("s3:(Put|Create).*"))
                    .isEmpty();

            // What was written before is there, and it is reported.
            assertThat(aws.statementsOf("default", key)).isNotEmpty();
            assertThat(operator.log().lines())
                    .anyMatch(line -> line.contains(team.namespace() + "/orders") && line.contains(key));
            await("an Event names what was written")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(team.events())
                            .filteredOn(e -> uid.equals(e.getRegarding().getUid()))
                            .anyMatch(e -> e.getNote().contains(key)));
        }
    }

    // -- read, then delete

    @Test
    void aStorageClassThatTookThePlaceOfOursIsNotDeleted() {
        try (OperatorProcess operator = launch()) {
            operator.awaitReady();
            String ours = enabled();
            var swapped = new AtomicBoolean();
            var theirs = new CompletableFuture<String>();
            proxy.interfere(request -> {
                if (request.method().equals("DELETE")
                        && request.path().endsWith("/storageclasses/" + ours)
                        && swapped.compareAndSet(false, true)) {
                    theirs.complete(foreignInPlaceOf(ours));
                }
                return new Effect.None();
            });

            team.kubectl("delete", "wg", "orders", "--wait=false").orThrow();
            team.awaitGone("wg", "orders");

            assertThat(theirs).isCompleted();
            StorageClass left = storageClass(ours);
            assertThat(left).isNotNull();
            assertThat(left.getMetadata().getUid()).isEqualTo(theirs.join());
        }
    }

    private String foreignInPlaceOf(String name) {
        client().storage().v1().storageClasses().withName(name).delete();
        return client().resource(new StorageClassBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withProvisioner("example.com/theirs")
                        .build())
                .create()
                .getMetadata()
                .getUid();
    }

    // -- the operator's own act

    /** It is killed between the DELETE of a StorageClass that it replaces and the POST of the new one. */
    @Test
    void whatItDeletedItselfNobodyIsAccusedOf() throws Exception {
        String name;
        try (OperatorProcess operator = launch()) {
            operator.awaitReady();
            name = enabled();
        }
        changeTheKeyOf(name);

        var posting = new CountDownLatch(1);
        var killed = new CountDownLatch(1);
        var deleted = new AtomicBoolean();
        proxy.interfere(request -> {
            if (request.path().contains("/storageclasses")) {
                if (request.method().equals("DELETE")) {
                    deleted.set(true);
                }
                if (request.method().matches("POST|PATCH") && deleted.get()) {
                    posting.countDown();
                    awaitUninterrupted(killed);
                    return new Effect.Refused(500);
                }
            }
            return new Effect.None();
        });
        try (OperatorProcess operator = launch()) {
            assertThat(posting.await(60, TimeUnit.SECONDS)).isTrue();
            operator.kill();
        }
        killed.countDown();
        proxy.heal();
        assertThat(storageClass(name)).isNull();

        try (OperatorProcess operator = launch()) {
            operator.awaitReady();
            await("it is made")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(storageClass(name))
                            .isNotNull()
                            .satisfies(c -> assertThat(c.getParameters()).containsEntry("kmsKeyId", key)));
            team.awaitWorkgroup("orders", EncryptionState.ENABLED);
            await("an Event tells of it")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(notes())
                            .anyMatch(note -> note.contains(name)
                                    && note.contains("was missing. The operator created it again")));
            assertThat(notes()).noneMatch(note -> note.contains("had been deleted"));
        }
    }

    private List<String> notes() {
        return team.events().stream().map(Event::getNote).toList();
    }

    private void changeTheKeyOf(String name) {
        StorageClass ours = Objects.requireNonNull(storageClass(name));
        client().resource(ours).delete();
        client().resource(new StorageClassBuilder(ours)
                        .editMetadata()
                        .withManagedFields()
                        .withResourceVersion(null)
                        .withUid(null)
                        .endMetadata()
                        .addToParameters("kmsKeyId", "alias/theirs")
                        .build())
                .create();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // -- the means

    private OperatorProcess launch() {
        return ENVIRONMENT.launch(
                Map.of("KUBECONFIG", proxy.kubeconfig().toAbsolutePath().toString()));
    }

    /** A Workgroup that is served; returns the name of its StorageClass. */
    private String enabled() {
        team.apply(workgroup("orders", key, team.namespace() + "-orders").toString());
        return team.awaitWorkgroup("orders", EncryptionState.ENABLED).storageClassName();
    }

    private static @Nullable StorageClass storageClass(String name) {
        return client().storage().v1().storageClasses().withName(name).get();
    }

    private static KubernetesClient client() {
        return ENVIRONMENT.installation().client();
    }
}
