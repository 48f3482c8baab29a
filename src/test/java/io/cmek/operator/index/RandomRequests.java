package io.cmek.operator.index;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.DeletionPolicy;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyMerge;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.request.EncryptionRequest;
import io.cmek.operator.request.KeyUse;
import io.cmek.operator.request.LastReported;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.tenancy.Glob;
import io.cmek.operator.tenancy.Tenant;
import io.cmek.operator.tenancy.Tenants;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Random tenants and requests that share all there is to share: tenants whose keys differ by region, namespaces that nobody covers, replicas of
 * one key everywhere, statuses that do not fit, credentials that two tenants have in common.
 */
final class RandomRequests {

    static final PolicyMerge MERGE = new PolicyMerge("default");
    static final List<String> NAMESPACES = List.of("n0", "n1", "n2", "n3");
    static final List<String> BUCKETS = List.of("bucket-0", "bucket-1", "other-2");

    static final List<KeyArn> KEYS = Stream.of("us-east-1", "us-west-2", "eu-central-1")
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

    private final Random random;
    private final Tenants tenants;

    /** Few, so that they are shared. */
    private final List<KeyArn> keys;

    private final boolean sharesRole;

    RandomRequests(Random random) {
        this(random, false);
    }

    /** @param sharesRole whether the tenants have their data role in common, which proves their access; else it is known whose each principal is */
    RandomRequests(Random random, boolean sharesRole) {
        this.random = random;
        this.sharesRole = sharesRole;
        var some = new ArrayList<>(KEYS);
        Collections.shuffle(some, random);
        this.keys = List.copyOf(some.subList(0, 3));
        this.tenants = new Tenants(Stream.of("t0", "t1", "t2").map(this::tenant).toList());
    }

    Tenants tenants() {
        return tenants;
    }

    List<KeyArn> keys() {
        return keys;
    }

    private Tenant tenant(String name) {
        CredentialScope identity = one(List.of(identity("shared"), identity(name), identity(name)));
        return new Tenant(
                name,
                some(NAMESPACES, 3).map(Glob::new).toList(),
                (random.nextBoolean() ? Stream.of(PATTERNS.getFirst()) : some(PATTERNS, 3))
                        .map(Glob::new)
                        .toList(),
                List.of(new Glob(one(List.of("*", "*", "bucket-*")))),
                identity,
                new Tenant.Principals(
                        new TreeSet<>(List.of(dataRole(name))),
                        new TreeSet<>(List.of(role(name, "backup"))),
                        new TreeSet<>(List.of(role(name, "replication")))),
                probe(name));
    }

    private @Nullable CredentialScope probe(String name) {
        if (sharesRole) {
            return new CredentialScope(dataRole(name), null);
        }
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> new CredentialScope(role("t0", "data"), null);
            case 2 -> new CredentialScope(role(name, "backup"), null);
            default -> new CredentialScope(role(name, "data"), null);
        };
    }

    private String dataRole(String name) {
        return role(sharesRole ? "shared" : name, "data");
    }

    private static CredentialScope identity(String name) {
        return new CredentialScope("arn:aws:iam::111122223333:role/operator-for-" + name, null);
    }

    /** @param createdAt that of its resource */
    EncryptionRequest request(ResourceRef id, String uid, String createdAt) {
        var uses = new ArrayList<KeyUse>();
        boolean hasCmek = random.nextInt(10) > 0;
        if (hasCmek) {
            uses.add(new KeyUse(Purpose.Data, one(keys)));
            if (random.nextBoolean()) {
                uses.add(new KeyUse(Purpose.Backup, one(keys)));
            }
            if (id.kind().equals("ReplicaCmek") && random.nextInt(4) > 0) {
                uses.add(new KeyUse(Purpose.Primary, one(keys)));
            }
        }
        var buckets = new ArrayList<BucketUse>();
        if (hasCmek && random.nextInt(5) > 0) {
            buckets.add(new BucketUse(
                    Purpose.Data, one(BUCKETS), uses.getFirst().key(), one(List.of(Provisioning.values()))));
            if (random.nextInt(3) == 0) {
                buckets.add(new BucketUse(
                        Purpose.Backup, one(BUCKETS), uses.getLast().key(), Provisioning.Create));
            }
        }
        boolean leaving = random.nextInt(3) == 0;
        return new EncryptionRequest(
                id,
                uid,
                createdAt,
                one(List.of("us-east-1", "us-west-2")),
                uses,
                buckets,
                null,
                List.of(),
                one(List.of(PolicyManagement.values())),
                one(List.of(DeletionPolicy.values())),
                leaving,
                leaving && random.nextBoolean(),
                served(uses, buckets),
                switch (random.nextInt(6)) {
                    case 0 -> ConditionResult.pending("It waits.");
                    case 1 -> ConditionResult.ofFalse(Reason.WorkgroupNotFound, "There is none.");
                    case 2 -> ConditionResult.ofFalse(Reason.RegionNotReplicated, "It is not.");
                    default -> ConditionResult.ofTrue(Reason.Accepted, "It stands for itself.");
                });
    }

    /** Few names, so that some are used again. */
    ResourceRef id() {
        return new ResourceRef(
                random.nextBoolean() ? "ReplicaCmek" : "Workgroup", one(NAMESPACES), "name-" + random.nextInt(2));
    }

    String createdAt() {
        return "2026-03-01T10:00:0" + random.nextInt(2) + "Z";
    }

    private LastReported served(List<KeyUse> uses, List<BucketUse> buckets) {
        if (random.nextBoolean()) {
            return LastReported.NEVER;
        }
        String tenant = "t" + random.nextInt(3);
        return LastReported.of(new WorkgroupStatus(
                1L,
                one(List.of(EncryptionState.values())),
                uses.stream()
                        .map(use -> new KeyStatus(
                                use.purpose(),
                                use.key().toString(),
                                one(List.of(KeyEncryptionState.values())),
                                "Enabled",
                                false,
                                MERGE.suggestion(use.statements().stream()
                                        .map(kind -> AccessRequirements.of(kind, List.of(role(tenant, purpose(kind)))))
                                        .reduce(AccessRequirements.NONE, AccessRequirements::plus))))
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
                List.of()));
    }

    AllRequests.Unreadable unreadable(String uid) {
        return new AllRequests.Unreadable(
                uid,
                one(NAMESPACES),
                random.nextBoolean() ? Set.of() : Set.of(one(keys).toString(), "no ARN"),
                random.nextInt(3) == 0,
                random.nextBoolean());
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

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private <T> Stream<T> some(List<T> of, int most) {
        var shuffled = new ArrayList<>(of);
        Collections.shuffle(shuffled, random);
        return shuffled.stream().limit(1 + random.nextInt(most));
    }
}
