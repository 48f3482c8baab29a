package io.cmek.operator.index;

import static io.cmek.operator.index.RandomRequests.BUCKETS;
import static io.cmek.operator.index.RandomRequests.KEYS;
import static io.cmek.operator.index.RandomRequests.MERGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Whose principals come into the policy of a key, and whose go, over random tenants and requests: tenants whose keys differ by region, namespaces
 * that nobody covers, replicas of one key everywhere, statuses that do not fit, names that are used again.
 */
class RequiredAccessPropertyTest {

    /** A world of tenants and requests. */
    private record World(Tenants tenants, List<EncryptionRequest> requests, RequestIndex index) {

        static World of(Tenants tenants, List<EncryptionRequest> requests) {
            var index = new RequestIndex(new Authorization(tenants));
            requests.forEach(request -> index.put(request, LastApplied.NOTHING));
            return new World(tenants, requests, index);
        }

        static World random(Random random) {
            var generator = new RandomRequests(random);
            var requests = new ArrayList<EncryptionRequest>();
            for (int i = 0; i < 2 + random.nextInt(7); i++) {
                requests.add(generator.request(
                        generator.id(), "uid-" + random.nextInt(1000) + "-" + i, generator.createdAt()));
            }
            return of(generator.tenants(), requests);
        }

        List<EncryptionRequest> others() {
            return requests.stream().filter(request -> !isReleasing(request)).toList();
        }

        /** What a release takes from the policy. */
        AccessRequirements taken(EncryptionRequest leaving, KeyArn key) {
            return index.authorization()
                    .requiredFor(leaving, key)
                    .minus(index.neededBesides(leaving, key, MERGE::given));
        }
    }

    @Property(tries = 2_000)
    void nobodyComesIntoThePolicyOfAKeyThatTheirTenantMayNotUse(@ForAll Random random) {
        World world = World.random(random);
        for (KeyArn key : KEYS) {
            KeyRequests generator = world.index().onKey(key);
            world.tenants().all().stream().filter(t -> !t.mayUse(key)).forEach(stranger -> {
                for (AccessRequirements grants : List.of(
                        generator.required(),
                        generator.suggested(),
                        world.index().suggestedOn(key))) {
                    assertHasNothingFor(stranger, grants);
                }
                generator.probes().values().stream()
                        .flatMap(probe -> probe.needed().values().stream())
                        .forEach(needed -> assertHasNothingFor(stranger, needed));
                assertThat(generator.writers().values())
                        .as("who writes")
                        .noneMatch(request -> world.tenants()
                                .of(request.id().namespace())
                                .filter(stranger::equals)
                                .isPresent());
            });
        }
    }

    private static void assertHasNothingFor(Tenant stranger, AccessRequirements grants) {
        for (StatementKind kind : StatementKind.values()) {
            assertThat(grants.of(kind))
                    .doesNotContainAnyElementsOf(stranger.principals().of(kind));
        }
    }

    /** Who has access to a key is nothing for those to read who may not use it. */
    @Property(tries = 2_000)
    void whoMayNotUseAKeyReadsOfNobodyElse(@ForAll Random random) {
        World world = World.random(random);
        for (EncryptionRequest request : world.requests()) {
            request.keys().stream()
                    .filter(use -> !world.index().authorization().mayUse(request, use.key()))
                    .forEach(use -> assertThat(world.index()
                                    .authorization()
                                    .shownFor(request, use, world.index().suggestedOn(use.key())))
                            .isEqualTo(EncryptionRequest.wants(
                                    use, world.index().authorization().principalsFor(request))));
        }
    }

    /** The only statement for somebody who does not name the key in the spec is that of a ReplicaCmek on the primary's data key. */
    @Property(tries = 2_000)
    void whoComesIntoThePolicyOfAKeyNamesIt(@ForAll Random random) {
        World world = World.random(random);
        for (KeyArn key : KEYS) {
            AccessRequirements required = world.index().onKey(key).required();
            for (StatementKind kind : StatementKind.values()) {
                for (String principal : required.of(kind)) {
                    assertThat(world.requests())
                            .as(principal + " by " + kind + " on " + key)
                            .anyMatch(request -> request.uses(key)
                                    && world.tenants().of(request.id().namespace()).stream()
                                            .anyMatch(tenant ->
                                                    tenant.principals().of(kind).contains(principal)));
                }
            }
        }
    }

    @Property(tries = 3_000)
    void noReleaseTakesWhatAnotherNeedsThatExists(@ForAll Random random) {
        World world = World.random(random);
        for (EncryptionRequest leaving : world.requests()) {
            if (!isReleasing(leaving)) {
                continue;
            }
            for (KeyArn key : leaving.distinctKeys()) {
                AccessRequirements taken = world.taken(leaving, key);
                assertThat(taken.and(world.index().onKey(key).required()))
                        .as("what is written at the same time")
                        .isEqualTo(AccessRequirements.NONE);
                for (EncryptionRequest other : world.others()) {
                    assertThat(taken.and(neededBy(other, key, world)))
                            .as(other + " needs it on " + key)
                            .isEqualTo(AccessRequirements.NONE);
                }
            }
        }
    }

    /** Where its tenant may not use the key any more, its status tells what it had. */
    private static AccessRequirements neededBy(EncryptionRequest request, KeyArn key, World world) {
        return world.tenants()
                .of(request.id().namespace())
                .filter(tenant -> tenant.mayUse(key))
                .map(tenant -> request.wants(key, tenant))
                .orElseGet(() -> request.served().keys().stream()
                        .filter(line -> line.arn().equals(key.toString()))
                        .map(KeyStatus::suggestedPolicy)
                        .map(MERGE::given)
                        .reduce(AccessRequirements.NONE, AccessRequirements::plus));
    }

    /** Else two that go together would leave behind what each believes the other to need. */
    @Property(tries = 2_000)
    void whoIsReleasingKeepsNothingForItself(@ForAll Random random) {
        World world = World.random(random);
        for (EncryptionRequest leaving : world.requests()) {
            if (isReleasing(leaving)) {
                var alone = new ArrayList<>(world.others());
                alone.add(leaving);
                for (KeyArn key : leaving.distinctKeys()) {
                    assertThat(world.taken(leaving, key))
                            .isEqualTo(World.of(world.tenants(), alone).taken(leaving, key));
                    AccessRequirements ofOthers = World.of(world.tenants(), world.others())
                            .index()
                            .onKey(key)
                            .required();
                    assertThat(world.index().onKey(key).required().minus(ofOthers))
                            .as("nor does it come into the policy again")
                            .isEqualTo(AccessRequirements.NONE);
                }
            }
        }
    }

    @Property(tries = 2_000)
    void aBucketIsServedForOneAndWhoHasItKeepsIt(@ForAll Random random) {
        World world = World.random(random);
        for (String bucket : BUCKETS) {
            Collection<EncryptionRequest> named = world.index().requestsOnBucket(bucket);
            List<EncryptionRequest> served = named.stream()
                    .filter(request -> world.index().judge(request).isTrue())
                    .toList();
            assertThat(served).hasSizeLessThanOrEqualTo(1);
            if (named.stream().anyMatch(request -> has(request, bucket))) {
                assertThat(served).allMatch(request -> has(request, bucket));
            }
            assertThat(world.index().onBucket(bucket).holder().stream())
                    .as("for whom it is written")
                    .allMatch(served::contains);
        }
    }

    private static boolean has(EncryptionRequest request, String bucket) {
        return request.buckets().stream()
                .filter(use -> use.name().equals(bucket))
                .anyMatch((BucketUse use) -> request.served().has(use));
    }

    private static boolean isReleasing(EncryptionRequest request) {
        return request.isGoing() && request.deletionPolicy() == DeletionPolicy.Release;
    }

    /** The properties above would hold in a world in which nothing happens. */
    @Test
    void theseWorldsAreFullOfWhatMatters() {
        Map<String, Integer> seen = new TreeMap<>();
        for (int seed = 0; seed < 500; seed++) {
            World world = World.random(new Random(seed));
            Authorization authorization = world.index().authorization();
            for (EncryptionRequest request : world.requests()) {
                for (KeyArn key : request.distinctKeys()) {
                    AccessRequirements required = authorization.requiredFor(request, key);
                    count(seen, "crossing", !required.equals(authorization.neededBy(request, key)));
                    count(seen, "strange", !authorization.mayUse(request, key));
                    if (isReleasing(request)) {
                        AccessRequirements taken = world.taken(request, key);
                        count(seen, "taken", !taken.isEmpty());
                        count(seen, "spared", !taken.equals(required));
                    }
                }
            }
        }
        assertThat(seen).containsOnlyKeys("crossing", "strange", "taken", "spared");
        assertThat(seen.values()).allMatch(n -> n > 20, seen.toString());
    }

    private static void count(Map<String, Integer> seen, String what, boolean is) {
        if (is) {
            seen.merge(what, 1, Integer::sum);
        }
    }
}
