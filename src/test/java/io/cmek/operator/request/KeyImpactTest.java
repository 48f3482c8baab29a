package io.cmek.operator.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class KeyImpactTest {

    private static final EncryptionRequest REQUEST =
            request(TestRequests.request("team-a", "orders", 1, "orders-data"), "billing", "orders");

    @Test
    void namesAllThatHangsOnTheKey() {
        assertThat(of(
                                REQUEST,
                                true,
                                TestRequests.request("team-a", "invoices", 2, "b"),
                                TestRequests.request("team-b", "secret", 3, "c"))
                        .sentence())
                .isEqualTo(
                        "Affected: data bucket orders-data (objects cannot be read or written); volumes of the StorageClass"
                                + " cmek-team-a-orders (none can be created or attached; attached ones keep working until they are detached);"
                                + " the replication of billing and orders. The same key is used by Workgroup invoices and 1 resource of other"
                                + " namespaces.");
    }

    @Test
    void saysNothingOfWhatIsNotUnderTheKeyYet() {
        KeyImpact impact = KeyImpact.of(
                request(REQUEST),
                TestRequests.KEY,
                List.of(),
                false,
                List.of(TestRequests.request("team-a", "invoices", 2, "b")));

        assertThat(impact.isEmpty()).isTrue();
    }

    @Test
    void aBackupKeyHasNoPartInVolumesAndReplication() {
        EncryptionRequest request = TestRequests.withBackup(REQUEST, TestRequests.BACKUP_KEY, "orders-backup");

        assertThat(KeyImpact.of(
                                request,
                                TestRequests.BACKUP_KEY,
                                List.of(request.buckets().getLast()),
                                true,
                                List.of())
                        .sentence())
                .isEqualTo("Affected: backup bucket orders-backup (objects cannot be read or written).");
    }

    @Test
    void countsBeyondFiveNames() {
        EncryptionRequest[] others = IntStream.range(0, 7)
                .mapToObj(i -> TestRequests.request("team-a", "w" + i, i, "b" + i))
                .toArray(EncryptionRequest[]::new);

        assertThat(of(request(REQUEST, "d1", "d2", "d3", "d4", "d5", "d6"), false, others)
                        .sentence())
                .contains("the replication of d1, d2, d3, d4, d5 and 1 more.")
                .endsWith(
                        "is used by Workgroup w0, Workgroup w1, Workgroup w2, Workgroup w3, Workgroup w4 and 2 more.");
    }

    /** Whoever may read one namespace learns of others only how many there are; and the order of what is found makes no news. */
    @Property
    void namesNobodyOfAnotherNamespaceAndDependsOnNoOrder(@ForAll Random random) {
        var others = new ArrayList<EncryptionRequest>();
        for (int i = 0; i < 1 + random.nextInt(20); i++) {
            others.add(TestRequests.request(
                    random.nextBoolean() ? "team-a" : "hidden" + i, "w" + i, i, "hidden-bucket" + i));
        }
        String sentence =
                of(REQUEST, true, others.toArray(EncryptionRequest[]::new)).sentence();
        Collections.shuffle(others, random);

        assertThat(of(REQUEST, true, others.toArray(EncryptionRequest[]::new)).sentence())
                .isEqualTo(sentence);
        assertThat(sentence).doesNotContain("hidden", "team-b");
        others.stream()
                .filter(o -> !o.id().namespace().equals("team-a"))
                .forEach(o -> assertThat(sentence).doesNotContainPattern("\\b" + o.id().name() + "\\b"));
    }

    @Test
    void namesNeighboursThatAreCountedAlready() {
        var others = new KeySharers(
                IntStream.range(0, 5)
                        .mapToObj(i -> new ResourceRef("Workgroup", "team-a", "w" + i))
                        .toList(),
                995,
                1);

        assertThat(KeyImpact.of(REQUEST, TestRequests.KEY, REQUEST.buckets(), false, others)
                        .onVolumes()
                        .sharers())
                .hasSize(5);
        assertThat(KeyImpact.of(REQUEST, TestRequests.KEY, REQUEST.buckets(), false, others)
                        .sentence())
                .endsWith(
                        "is used by Workgroup w0, Workgroup w1, Workgroup w2, Workgroup w3, Workgroup w4, 995 more and 1 resource of"
                                + " other namespaces.");
        assertThat(KeyImpact.of(REQUEST, TestRequests.KEY, REQUEST.buckets(), false, KeySharers.NONE)
                        .sentence())
                .doesNotContain("is used by");
        assertThat(KeyImpact.of(REQUEST, TestRequests.KEY, REQUEST.buckets(), false, new KeySharers(List.of(), 0, 2))
                        .sentence())
                .endsWith(" The same key is used by 2 resources of other namespaces.");
    }

    private static KeyImpact of(EncryptionRequest request, boolean published, EncryptionRequest... others) {
        return KeyImpact.of(request, TestRequests.KEY, request.buckets(), published, List.of(others));
    }

    private static EncryptionRequest request(EncryptionRequest request, String... databases) {
        VolumeUse volumes = new VolumeUse("cmek-team-a-orders", TestRequests.KEY, Map.of(), ReclaimPolicy.Retain);
        return new EncryptionRequest(
                request.id(),
                request.uid(),
                request.createdAt(),
                request.region(),
                request.keys(),
                request.buckets(),
                volumes,
                List.of(databases),
                request.policyManagement(),
                request.deletionPolicy(),
                request.leaving(),
                request.held(),
                request.served(),
                request.eligibility());
    }
}
