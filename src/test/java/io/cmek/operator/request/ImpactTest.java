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

class ImpactTest {

    private static final Claim CLAIM = claim(ClaimsOf.claim("team-a", "orders", 1, "orders-data"), "billing", "orders");

    @Test
    void namesAllThatHangsOnTheKey() {
        assertThat(of(
                                CLAIM,
                                true,
                                ClaimsOf.claim("team-a", "invoices", 2, "b"),
                                ClaimsOf.claim("team-b", "secret", 3, "c"))
                        .sentence())
                .isEqualTo(
                        "Affected: data bucket orders-data (objects cannot be read or written); volumes of the StorageClass"
                                + " cmek-team-a-orders (none can be made or attached; attached ones keep working until they are detached);"
                                + " the replication of billing and orders. The same key is used by Workgroup invoices and 1 resource of other"
                                + " namespaces.");
    }

    @Test
    void saysNothingOfWhatIsNotUnderTheKeyYet() {
        Impact impact = Impact.of(
                claim(CLAIM), ClaimsOf.KEY, List.of(), false, List.of(ClaimsOf.claim("team-a", "invoices", 2, "b")));

        assertThat(impact.isEmpty()).isTrue();
    }

    @Test
    void aBackupKeyHasNoPartInVolumesAndReplication() {
        Claim claim = ClaimsOf.withBackup(CLAIM, ClaimsOf.BACKUP_KEY, "orders-backup");

        assertThat(Impact.of(claim, ClaimsOf.BACKUP_KEY, List.of(claim.buckets().getLast()), true, List.of())
                        .sentence())
                .isEqualTo("Affected: backup bucket orders-backup (objects cannot be read or written).");
    }

    @Test
    void countsBeyondFiveNames() {
        Claim[] others = IntStream.range(0, 7)
                .mapToObj(i -> ClaimsOf.claim("team-a", "w" + i, i, "b" + i))
                .toArray(Claim[]::new);

        assertThat(of(claim(CLAIM, "d1", "d2", "d3", "d4", "d5", "d6"), false, others)
                        .sentence())
                .contains("the replication of d1, d2, d3, d4, d5 and 1 more.")
                .endsWith(
                        "is used by Workgroup w0, Workgroup w1, Workgroup w2, Workgroup w3, Workgroup w4 and 2 more.");
    }

    /** Whoever may read one namespace learns of others only how many there are; and the order of what is found makes no news. */
    @Property
    void namesNobodyOfAnotherNamespaceAndDependsOnNoOrder(@ForAll Random random) {
        var others = new ArrayList<Claim>();
        for (int i = 0; i < 1 + random.nextInt(20); i++) {
            others.add(ClaimsOf.claim(random.nextBoolean() ? "team-a" : "hidden" + i, "w" + i, i, "hidden-bucket" + i));
        }
        String sentence = of(CLAIM, true, others.toArray(Claim[]::new)).sentence();
        Collections.shuffle(others, random);

        assertThat(of(CLAIM, true, others.toArray(Claim[]::new)).sentence()).isEqualTo(sentence);
        assertThat(sentence).doesNotContain("hidden", "team-b");
        others.stream()
                .filter(o -> !o.id().namespace().equals("team-a"))
                .forEach(o -> assertThat(sentence).doesNotContainPattern("\\b" + o.id().name() + "\\b"));
    }

    @Test
    void namesNeighboursThatAreCountedAlready() {
        var others = new Neighbours(
                IntStream.range(0, 5)
                        .mapToObj(i -> new ClaimId("Workgroup", "team-a", "w" + i))
                        .toList(),
                995,
                1);

        assertThat(Impact.of(CLAIM, ClaimsOf.KEY, CLAIM.buckets(), false, others)
                        .onVolumes()
                        .neighbours())
                .hasSize(5);
        assertThat(Impact.of(CLAIM, ClaimsOf.KEY, CLAIM.buckets(), false, others)
                        .sentence())
                .endsWith(
                        "is used by Workgroup w0, Workgroup w1, Workgroup w2, Workgroup w3, Workgroup w4, 995 more and 1 resource of"
                                + " other namespaces.");
        assertThat(Impact.of(CLAIM, ClaimsOf.KEY, CLAIM.buckets(), false, Neighbours.NONE)
                        .sentence())
                .doesNotContain("is used by");
        assertThat(Impact.of(CLAIM, ClaimsOf.KEY, CLAIM.buckets(), false, new Neighbours(List.of(), 0, 2))
                        .sentence())
                .endsWith(" The same key is used by 2 resources of other namespaces.");
    }

    private static Impact of(Claim claim, boolean published, Claim... others) {
        return Impact.of(claim, ClaimsOf.KEY, claim.buckets(), published, List.of(others));
    }

    private static Claim claim(Claim claim, String... databases) {
        VolumeUse volumes = new VolumeUse("cmek-team-a-orders", ClaimsOf.KEY, Map.of(), ReclaimPolicy.Retain);
        return new Claim(
                claim.id(),
                claim.uid(),
                claim.createdAt(),
                claim.region(),
                claim.keys(),
                claim.buckets(),
                volumes,
                List.of(databases),
                claim.policyManagement(),
                claim.deletionPolicy(),
                claim.leaving(),
                claim.held(),
                claim.served(),
                claim.standing());
    }
}
