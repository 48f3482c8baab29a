package io.cmek.operator.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.StatementKind;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * Whose principals come into the policy of a key, and whose go, over random tenants and resources: tenants whose keys differ by region,
 * namespaces that nobody covers, replicas of one key everywhere, statuses that do not fit, names that are used again.
 */
class RequiredAccessPropertyTest {

    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final List<String> REGIONS = List.of("us-east-1", "us-west-2", "eu-central-1");
    private static final List<String> NAMESPACES = List.of("n0", "n1", "n2", "n3");

    private static final List<KeyArn> KEYS = REGIONS.stream()
            .flatMap(region -> Stream.of(
                            "mrk-1234abcd12ab34cd56ef1234567890ab",
                            "mrk-ffffabcd12ab34cd56ef1234567890ab",
                            "1234abcd-12ab-34cd-56ef-1234567890ab")
                    .map(id -> KeyArn.parse("arn:aws:kms:" + region + ":111122223333:key/" + id)))
            .toList();

    private static final List<String> PATTERNS = List.of(
            "arn:aws:kms:*:111122223333:key/*",
            "arn:aws:kms:eu-*:111122223333:key/*",
            "arn:aws:kms:us-*:111122223333:key/*",
            "arn:aws:kms:us-west-2:111122223333:key/mrk-1*",
            "arn:aws:kms:*:111122223333:key/mrk-f*",
            "arn:aws:kms:*:111122223333:key/1*");

    /** A world of tenants and resources. */
    private record World(Tenants tenants, List<Claim> claims) {

        Entitlements entitlements() {
            return new Entitlements(tenants, new ClaimsOf(claims));
        }

        static World random(Random random) {
            var tenants = new ArrayList<Tenant>();
            for (int i = 0; i < 3; i++) {
                tenants.add(tenant("t" + i, random));
            }
            var claims = new ArrayList<Claim>();
            // Few, so that they are shared.
            var keys = new ArrayList<>(KEYS);
            Collections.shuffle(keys, random);
            for (int i = 0; i < 2 + random.nextInt(7); i++) {
                claims.add(claim(i, keys.subList(0, 3), random));
            }
            return new World(new Tenants(tenants), claims);
        }

        /** Its principals are its own, so that it is known whose each is. */
        private static Tenant tenant(String name, Random random) {
            return new Tenant(
                    name,
                    some(NAMESPACES, random).map(Glob::new).toList(),
                    some(PATTERNS, random).map(Glob::new).toList(),
                    List.of(new Glob("*")),
                    Identity.OWN,
                    new Tenant.Principals(
                            new TreeSet<>(List.of(role(name, "data"))),
                            new TreeSet<>(List.of(role(name, "backup"))),
                            new TreeSet<>(List.of(role(name, "replication")))),
                    null);
        }

        private static Claim claim(int number, List<KeyArn> from, Random random) {
            var keys = new ArrayList<KeyUse>();
            keys.add(new KeyUse(Purpose.Data, one(from, random)));
            if (random.nextBoolean()) {
                keys.add(new KeyUse(Purpose.Backup, one(from, random)));
            }
            boolean replica = random.nextBoolean();
            if (replica) {
                keys.add(new KeyUse(Purpose.Primary, one(from, random)));
            }
            boolean leaving = random.nextBoolean();
            var buckets = List.of(new BucketUse(
                    Purpose.Data, "bucket-" + random.nextInt(3), keys.getFirst().key(), Provisioning.Create));
            return new Claim(
                    // Few names, so that some are used again.
                    new ClaimId(
                            replica ? "ReplicaCmek" : "Workgroup",
                            one(NAMESPACES, random),
                            "name-" + random.nextInt(2)),
                    "uid-" + random.nextInt(1000) + "-" + number,
                    "2026-03-01T10:00:0" + random.nextInt(2) + "Z",
                    keys.getFirst().key().region(),
                    keys,
                    buckets,
                    null,
                    List.of(),
                    one(List.of(PolicyManagement.values()), random),
                    one(List.of(DeletionPolicy.values()), random),
                    leaving,
                    leaving && random.nextBoolean(),
                    served(keys, buckets, random),
                    one(
                            List.of(
                                    Judgement.good(Reason.Accepted, "It stands for itself."),
                                    Judgement.pending("It waits."),
                                    Judgement.bad(Reason.WorkgroupNotFound, "There is none.")),
                            random));
        }

        private static Served served(List<KeyUse> keys, List<BucketUse> buckets, Random random) {
            if (random.nextBoolean()) {
                return Served.NEVER;
            }
            String tenant = "t" + random.nextInt(3);
            return Served.of(new WorkgroupStatus(
                    1L,
                    one(List.of(EncryptionState.values()), random),
                    keys.stream()
                            .map(use -> new KeyStatus(
                                    use.purpose(),
                                    use.key().toString(),
                                    one(List.of(KeyLineState.values()), random),
                                    "Enabled",
                                    false,
                                    MERGE.suggestion(use.statements().stream()
                                            .map(kind -> Grants.of(kind, List.of(role(tenant, purpose(kind)))))
                                            .reduce(Grants.NONE, Grants::plus))))
                            .toList(),
                    random.nextBoolean()
                            ? List.of()
                            : buckets.stream()
                                    .map(b -> new BucketStatus(
                                            b.purpose(),
                                            b.name(),
                                            "aws:kms",
                                            b.key().toString(),
                                            true))
                                    .toList(),
                    null,
                    null,
                    null,
                    List.of(new Condition(
                            "PolicyApplied",
                            one(List.of("True", "False", "Unknown"), random),
                            "Any",
                            "Any.",
                            1L,
                            "2026-03-01T10:00:00Z"))));
        }

        private static String purpose(StatementKind kind) {
            return switch (kind) {
                case DATA_USE, DATA_GRANTS -> "data";
                case BACKUP_USE -> "backup";
                case REPLICATION_USE -> "replication";
            };
        }

        private static String role(String tenant, String purpose) {
            return "arn:aws:iam::111122223333:role/" + tenant + "-" + purpose;
        }

        private static <T> T one(List<T> of, Random random) {
            return of.get(random.nextInt(of.size()));
        }

        private static <T> Stream<T> some(List<T> of, Random random) {
            var shuffled = new ArrayList<>(of);
            Collections.shuffle(shuffled, random);
            return shuffled.stream().limit(1 + random.nextInt(2));
        }
    }

    @Property(tries = 2_000)
    void nobodyComesIntoThePolicyOfAKeyThatTheirTenantMayNotUse(@ForAll Random random) {
        World world = World.random(random);
        for (KeyArn key : KEYS) {
            Grants required = world.entitlements().wantedOn(key);
            Grants suggested = world.entitlements().suggestedOn(key);
            world.tenants().all().stream().filter(t -> !t.mayUse(key)).forEach(stranger -> {
                for (StatementKind kind : StatementKind.values()) {
                    assertThat(required.of(kind))
                            .as("required on " + key)
                            .doesNotContainAnyElementsOf(stranger.principals().of(kind));
                    assertThat(suggested.of(kind))
                            .as("suggested on " + key)
                            .doesNotContainAnyElementsOf(stranger.principals().of(kind));
                }
            });
        }
    }

    /** The only statement for somebody who does not name the key in the spec is that of a ReplicaCmek on the primary's data key. */
    @Property(tries = 2_000)
    void whoComesIntoThePolicyOfAKeyNamesIt(@ForAll Random random) {
        World world = World.random(random);
        for (KeyArn key : KEYS) {
            Grants required = world.entitlements().wantedOn(key);
            for (StatementKind kind : StatementKind.values()) {
                for (String principal : required.of(kind)) {
                    assertThat(world.claims())
                            .as(principal + " by " + kind + " on " + key)
                            .anyMatch(c -> c.uses(key)
                                    && world.tenants().of(c.id().namespace()).stream()
                                            .anyMatch(
                                                    t -> t.principals().of(kind).contains(principal)));
                }
            }
        }
    }

    @Property(tries = 3_000)
    void noReleaseTakesWhatAnotherNeedsThatExists(@ForAll Random random) {
        World world = World.random(random);
        for (Claim leaving : world.claims()) {
            if (!isReleasing(leaving)) {
                continue;
            }
            for (KeyArn key : leaving.distinctKeys()) {
                Grants taken = taken(world, leaving, key);
                for (Claim other : world.claims()) {
                    if (other == leaving || isReleasing(other)) {
                        continue;
                    }
                    Tenant tenant = tenantThatMayUse(world, other, key);
                    if (tenant != null) {
                        assertThat(taken.and(other.wants(key, tenant)))
                                .as(other + " needs it on " + key)
                                .isEqualTo(Grants.NONE);
                    } else {
                        for (KeyStatus line : other.served().keys()) {
                            if (line.arn().equals(key.toString())) {
                                assertThat(taken.and(MERGE.given(line.suggestedPolicy())))
                                        .as(other + " was served on " + key)
                                        .isEqualTo(Grants.NONE);
                            }
                        }
                    }
                }
            }
        }
    }

    /** Else two that go together would leave behind what each believes the other to need. */
    @Property(tries = 2_000)
    void whoIsReleasingKeepsNothingForItself(@ForAll Random random) {
        World world = World.random(random);
        var others = world.claims().stream().filter(c -> !isReleasing(c)).toList();
        for (Claim leaving : world.claims()) {
            if (isReleasing(leaving)) {
                var alone = new ArrayList<>(others);
                alone.add(leaving);
                for (KeyArn key : leaving.distinctKeys()) {
                    assertThat(taken(world, leaving, key))
                            .isEqualTo(taken(new World(world.tenants(), alone), leaving, key));
                }
            }
        }
    }

    @Property(tries = 2_000)
    void aBucketIsServedForOneAndWhoHasItKeepsIt(@ForAll Random random) {
        World world = World.random(random);
        Entitlements entitlements = world.entitlements();
        for (String bucket : List.of("bucket-0", "bucket-1", "bucket-2")) {
            List<Claim> named = List.copyOf(new ClaimsOf(world.claims()).onBucket(bucket));
            List<Claim> served =
                    named.stream().filter(c -> entitlements.judge(c).isGood()).toList();
            assertThat(served).hasSizeLessThanOrEqualTo(1);
            boolean somebodyHasIt =
                    named.stream().anyMatch(c -> c.served().has(c.buckets().getFirst()));
            if (somebodyHasIt) {
                assertThat(served).allMatch(c -> c.served().has(c.buckets().getFirst()));
            }
        }
    }

    private static Grants taken(World world, Claim leaving, KeyArn key) {
        Entitlements entitlements = world.entitlements();
        return entitlements.requiredFor(leaving, key).minus(entitlements.neededBesides(leaving, key, MERGE::given));
    }

    private static boolean isReleasing(Claim claim) {
        return claim.leaving() && !claim.held() && claim.deletionPolicy() == DeletionPolicy.Release;
    }

    private static @Nullable Tenant tenantThatMayUse(World world, Claim claim, KeyArn key) {
        return world.tenants()
                .of(claim.id().namespace())
                .filter(t -> t.mayUse(key))
                .orElse(null);
    }

    /** The properties above would hold in a world in which nothing happens. */
    @Property(tries = 1)
    void theseWorldsAreFullOfWhatMatters() {
        int taken = 0;
        int crossing = 0;
        int spared = 0;
        for (int seed = 0; seed < 500; seed++) {
            World world = World.random(new Random(seed));
            for (Claim claim : world.claims()) {
                for (KeyArn key : claim.distinctKeys()) {
                    Tenant tenant = tenantThatMayUse(world, claim, key);
                    if (tenant != null && !claim.requires(key, tenant).equals(claim.wants(key, tenant))) {
                        crossing++;
                    }
                    if (isReleasing(claim)) {
                        Grants given = world.entitlements().requiredFor(claim, key);
                        Grants gone = taken(world, claim, key);
                        taken += gone.isEmpty() ? 0 : 1;
                        spared += gone.equals(given) ? 0 : 1;
                    }
                }
            }
        }
        assertThat(List.of(taken, crossing, spared))
                .allMatch(n -> n > 20, Arrays.toString(new int[] {taken, crossing, spared}));
    }
}
