package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static io.cmek.operator.testing.TestNamespace.condition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyEncryptionState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.kms.model.CreateKeyRequest;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.OriginType;
import software.amazon.awssdk.services.s3.model.EncryptionType;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.ServerSideEncryptionRule;

/** A workgroup under CMEK, from the manifest to what is so in AWS and in the cluster; and every way in which it cannot be. */
class WorkgroupIT {

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension()
            // A tenant whose team may use only its own keys and buckets.
            .with("CMEK_TENANTS_STRICT_NAMESPACES", "strict-*")
            .with("CMEK_TENANTS_STRICT_KEYS", "arn:aws:kms:*:999999999999:key/*")
            .with("CMEK_TENANTS_STRICT_BUCKETS", "strict-*")
            .with("CMEK_TENANTS_STRICT_PRINCIPALS_DATA", "arn:aws:iam::999999999999:role/data-plane");

    private LocalAws aws;
    private TestNamespace team;
    /** A bucket name that no other test uses. */
    private String data;

    private String backup;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
        data = team.namespace() + "-data";
        backup = team.namespace() + "-backup";
    }

    // -- the good ways

    @SideBySide
    @Test
    void withOneKey() {
        String key = aws.createKey(REGION);

        team.apply(workgroup("orders", key, data).toString());
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertThat(status.keys()).singleElement().satisfies(line -> {
            assertThat(line.purpose()).isEqualTo(Purpose.Data);
            assertThat(line.arn()).isEqualTo(key);
            assertThat(line.state()).isEqualTo(KeyEncryptionState.ENABLED);
            assertThat(line.keyState()).isEqualTo("Enabled");
            assertThat(line.multiRegion()).isFalse();
        });
        assertThat(status.conditions())
                .filteredOn(c -> !c.status().equals("True"))
                .isEmpty();
        assertThat(status.conditions())
                .extracting(Condition::type)
                .contains("Ready")
                .doesNotContain("Stalled");
        assertEncrypted(data, key);
        assertThat(sids(aws.policy(key)))
                .containsExactly(
                        "Enable IAM User Permissions", "CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants");

        StorageClass storageClass = storageClass(status.storageClassName());
        assertThat(status.storageClassName()).isEqualTo("cmek-" + team.namespace() + "-orders");
        assertThat(storageClass.getProvisioner()).isEqualTo("ebs.csi.aws.com");
        assertThat(storageClass.getParameters())
                .containsEntry("encrypted", "true")
                .containsEntry("kmsKeyId", key);
        assertThat(storageClass.getVolumeBindingMode()).isEqualTo("WaitForFirstConsumer");
        assertThat(storageClass.getReclaimPolicy()).isEqualTo("Retain");
        assertThat(storageClass.getAllowVolumeExpansion()).isTrue();
        // An Event is written after the status.
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(events("orders"))
                        .extracting(Event::getReason)
                        .contains("EncryptionEnabled"));
    }

    @SideBySide
    @Test
    void withTheSameKeyTwice() {
        String key = aws.createKey(REGION);

        team.apply(workgroup("orders", key, data, key, backup).toString());
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertThat(status.keys()).extracting(KeyStatus::purpose).containsExactly(Purpose.Data, Purpose.Backup);
        assertThat(status.keys()).extracting(KeyStatus::state).containsOnly(KeyEncryptionState.ENABLED);
        assertEncrypted(data, key);
        assertEncrypted(backup, key);
        assertThat(sids(aws.policy(key)))
                .contains(
                        "CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants", "CmekOperatordefaultBackupUse");
    }

    @SideBySide
    @Test
    void withTwoKeys() {
        String dataKey = aws.createKey(REGION);
        String backupKey = aws.createKey(REGION);

        team.apply(workgroup("orders", dataKey, data, backupKey, backup).toString());
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertThat(status.keys()).extracting(KeyStatus::arn).containsExactly(dataKey, backupKey);
        assertEncrypted(data, dataKey);
        assertEncrypted(backup, backupKey);
        assertThat(sids(aws.policy(backupKey)))
                .containsExactly("Enable IAM User Permissions", "CmekOperatordefaultBackupUse");
        assertThat(team.kubectl("get", "wg", "orders").output()).contains("ENABLED", REGION, "True", "Ready");
    }

    /** R1: without a backup key the backup bucket is not under CMEK. */
    @SideBySide
    @Test
    void aBackupBucketWithoutABackupKeyIsLeftAlone() {
        String key = aws.createKey(REGION);
        aws.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket(backup));

        team.apply(workgroup("orders")
                .with("cmek: {dataBucketKeyID: \"" + key + "\"}")
                .with("buckets: {data: " + data + ", backup: " + backup + "}")
                .toString());
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertThat(status.buckets()).singleElement().returns(data, b -> b.name());
        assertThat(aws.encryption(REGION, backup)
                        .applyServerSideEncryptionByDefault()
                        .sseAlgorithm())
                .isEqualTo(ServerSideEncryption.AES256);
    }

    @SideBySide
    @Test
    void withoutCmek() {
        team.apply(workgroup("reports").toString());
        WorkgroupStatus status = team.awaitWorkgroup("reports", EncryptionState.DISABLED);

        assertThat(condition(status, "Ready"))
                .returns("True", Condition::status)
                .returns("NoCmek", Condition::reason);
        assertThat(status.keys()).isEmpty();
        assertThat(status.storageClassName()).isNull();
    }

    /** R3: the statements to add are shown from the first status on. */
    @SideBySide
    @Test
    void theSuggestedPolicyIsInTheStatusEvenWhereTheKeyIsNot() {
        String absent = absentKey();

        team.apply(workgroup("orders", absent, data).toString());

        WorkgroupStatus status =
                team.awaitWorkgroup("orders", "has keys", s -> !s.keys().isEmpty());
        assertThat(status.keys().getFirst().suggestedPolicy())
                .contains("CmekOperatordefaultDataUse", "kms:GenerateDataKey*", OperatorTestExtension.DATA_PLANE)
                .contains("CmekOperatordefaultDataGrants", "kms:GrantIsForAWSResource");
    }

    // -- bad keys

    static Stream<Arguments> badKeys() {
        return Stream.of(
                badKey(
                        "asymmetric",
                        "KeyNotSymmetric",
                        r -> r.keySpec(KeySpec.RSA_2048).keyUsage(KeyUsageType.ENCRYPT_DECRYPT)),
                badKey(
                        "HMAC",
                        "KeyNotSymmetric",
                        r -> r.keySpec(KeySpec.HMAC_256).keyUsage(KeyUsageType.GENERATE_VERIFY_MAC)),
                badKey("without key material", "KeyPendingImport", r -> r.origin(OriginType.EXTERNAL)));
    }

    private static Arguments badKey(String reported, String reason, Consumer<CreateKeyRequest.Builder> how) {
        return Arguments.argumentSet(reported, reason, how);
    }

    @SideBySide
    @ParameterizedTest
    @MethodSource("badKeys")
    void aKeyThatCannotServe(String reason, Consumer<CreateKeyRequest.Builder> how) {
        assertFailsFor(aws.createKey(REGION, how), reason);
    }

    @SideBySide
    @Test
    void aDisabledKey() {
        String key = aws.createKey(REGION);
        aws.kms(REGION).disableKey(r -> r.keyId(key));

        assertFailsFor(key, "KeyDisabled");

        aws.kms(REGION).enableKey(r -> r.keyId(key));
        WorkgroupStatus recovered = team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(recovered.conditions()).extracting(Condition::type).doesNotContain("Stalled");
        assertEncrypted(data, key);
    }

    @SideBySide
    @Test
    void aKeyThatIsScheduledForDeletion() {
        String key = aws.createKey(REGION);
        aws.kms(REGION).scheduleKeyDeletion(r -> r.keyId(key).pendingWindowInDays(7));

        Condition usable = assertFailsFor(key, "KeyPendingDeletion");

        assertThat(usable.message()).contains("days left", "cancel-key-deletion");
    }

    @SideBySide
    @Test
    void aKeyThatIsNotThere() {
        assertFailsFor(absentKey(), "KeyNotFound");
    }

    @SideBySide
    @Test
    void aKeyInAnotherRegionIsRefusedAtAdmission() {
        String elsewhere = aws.createKey("eu-west-1");

        assertThat(ENVIRONMENT
                        .installation()
                        .apply(
                                team.namespace(),
                                workgroup("orders", elsewhere, data).toString())
                        .errors())
                .contains(
                        "spec.cmek.dataBucketKeyID",
                        elsewhere,
                        "must be a key in spec.region 'us-east-1' and not in another region 'eu-west-1'");
    }

    @SideBySide
    @Test
    void whatTheTenantMayNotUseIsRefusedAndAwsIsNotAsked() {
        var strict = new TestNamespace(ENVIRONMENT.installation(), "strict-" + team.namespace());
        ENVIRONMENT.installation().kubectl().must("create", "namespace", strict.namespace());
        String key = aws.createKey(REGION);
        strict.apply(workgroup("orders", key, "strict-" + data).toString());
        Condition accepted = strict.awaitReason("orders", "Accepted", "KeyNotPermitted");

        assertThat(accepted.message()).contains(key, "tenant 'strict'", "cmek.tenants.strict.keys");
        assertThat(strict.workgroup("orders").getStatus().encryption()).isEqualTo(EncryptionState.FAILED);
        assertThat(aws.policy(key).toString()).doesNotContain("CmekOperator");
        assertThat(strict.workgroup("orders").getStatus().keys().getFirst().keyState())
                .as("nobody read the key")
                .isEmpty();
    }

    private Condition assertFailsFor(String key, String reason) {
        team.apply(workgroup("orders", key, data).toString());
        Condition usable = team.awaitReason("orders", "KeysUsable", reason);

        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.FAILED);
        assertThat(usable.status()).isEqualTo("False");
        assertThat(usable.message()).contains(key);
        assertThat(condition(status, "Ready"))
                .returns("False", Condition::status)
                .returns(reason, Condition::reason);
        assertThat(condition(status, "Stalled").status()).isEqualTo("True");
        assertThat(status.storageClassName()).isNull();
        assertThat(storageClass("cmek-" + team.namespace() + "-orders")).isNull();
        assertThat(bucketExists(data))
                .as("no bucket is made for a key that cannot serve")
                .isFalse();
        // An Event is written after the status.
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(events("orders"))
                        .extracting(Event::getReason)
                        .contains(reason));
        return usable;
    }

    // -- buckets

    @SideBySide
    @Test
    void aBucketThatExistsIsAdoptedWithItsOtherSettings() {
        String key = aws.createKey(REGION);
        aws.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket(data));
        aws.s3(LocalAws.ACCOUNT, REGION)
                .putBucketEncryption(r -> r.bucket(data)
                        .serverSideEncryptionConfiguration(c -> c.rules(rule -> rule.applyServerSideEncryptionByDefault(
                                        d -> d.sseAlgorithm(ServerSideEncryption.AES256))
                                .blockedEncryptionTypes(b -> b.encryptionType(EncryptionType.SSE_C)))));

        team.apply(workgroup("orders", key, data).toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);

        assertEncrypted(data, key);
        assertThat(aws.encryption(REGION, data).blockedEncryptionTypes().encryptionType())
                .as("carried over, where the local AWS keeps it")
                .isIn(List.of(), List.of(EncryptionType.SSE_C));
    }

    @SideBySide
    @Test
    void aBucketUnderAnotherKeyIsNotReKeyed() {
        String key = aws.createKey(REGION);
        String other = aws.createKey(REGION);
        encrypt(data, other);

        team.apply(workgroup("orders", key, data).toString());
        Condition buckets = team.awaitReason("orders", "BucketsEncrypted", "BucketUnderAnotherKey");

        assertThat(buckets.message()).contains(data, other);
        assertThat(aws.encryption(REGION, data)
                        .applyServerSideEncryptionByDefault()
                        .kmsMasterKeyID())
                .isEqualTo(other);
        team.awaitWorkgroup("orders", EncryptionState.FAILED);
    }

    @SideBySide
    @Test
    void aMissingBucketThatIsToExist() {
        String key = aws.createKey(REGION);

        team.apply(workgroup("orders")
                .with("cmek: {dataBucketKeyID: \"" + key + "\"}")
                .with("buckets: {data: " + data + ", provisioning: Existing}")
                .toString());
        team.awaitReason("orders", "BucketsEncrypted", "BucketNotFound");
        assertThat(bucketExists(data)).isFalse();

        aws.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket(data));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aBucketOfAnotherAccount() {
        String key = aws.createKey(REGION);
        aws.s3(LocalAws.OTHER_ACCOUNT, REGION).createBucket(r -> r.bucket(data));

        team.apply(workgroup("orders", key, data).toString());

        Condition buckets = team.awaitReason("orders", "BucketsEncrypted", "BucketOwnedByAnotherAccount");
        assertThat(buckets.message()).contains(data, "another AWS account");
    }

    @SideBySide
    @Test
    void aBucketInAnotherRegion() {
        String key = aws.createKey(REGION);
        aws.s3(LocalAws.ACCOUNT, "eu-west-1")
                .createBucket(r -> r.bucket(data).createBucketConfiguration(c -> c.locationConstraint("eu-west-1")));

        team.apply(workgroup("orders", key, data).toString());

        Condition buckets = team.awaitReason("orders", "BucketsEncrypted", "BucketInAnotherRegion");
        assertThat(buckets.message()).contains(data, "eu-west-1");
    }

    @SideBySide
    @Test
    void aBucketBelongsToOneRequest() {
        String key = aws.createKey(REGION);
        team.apply(workgroup("first", key, data).toString());
        team.awaitWorkgroup("first", EncryptionState.ENABLED);

        team.apply(workgroup("second", key, data).toString());
        Condition accepted = team.awaitReason("second", "Accepted", "BucketClaimedByAnother");

        assertThat(accepted.message()).contains("first", data);
        assertThat(team.workgroup("first").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);

        team.kubectl("delete", "wg", "first").orThrow();
        team.awaitWorkgroup("second", EncryptionState.ENABLED);
    }

    // -- volumes

    @SideBySide
    @Test
    void aStorageClassOfSomebodyElseIsLeftAlone() {
        String key = aws.createKey(REGION);
        StorageClass theirs = new StorageClassBuilder()
                .withNewMetadata()
                .withName("cmek-" + team.namespace() + "-orders")
                .endMetadata()
                .withProvisioner("example.com/theirs")
                .build();
        ENVIRONMENT.installation().client().resource(theirs).create();

        team.apply(workgroup("orders", key, data).toString());
        team.awaitReason("orders", "VolumesEncrypted", "StorageClassConflict");
        assertThat(storageClass(theirs.getMetadata().getName()).getProvisioner())
                .isEqualTo("example.com/theirs");

        ENVIRONMENT.installation().client().resource(theirs).delete();
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(storageClass(theirs.getMetadata().getName()).getProvisioner())
                .isEqualTo("ebs.csi.aws.com");
    }

    @SideBySide
    @Test
    void aStorageClassThatIsDeletedComesBackAndAnEditThatDecidesNothingStays() {
        String key = aws.createKey(REGION);
        team.apply(workgroup("orders", key, data).toString());
        String name = team.awaitWorkgroup("orders", EncryptionState.ENABLED).storageClassName();
        String uid = storageClass(name).getMetadata().getUid();

        ENVIRONMENT.installation().kubectl().must("delete", "storageclass", name);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> storageClass(name) != null
                        && !storageClass(name).getMetadata().getUid().equals(uid));

        ENVIRONMENT
                .installation()
                .kubectl()
                .must("patch", "storageclass", name, "-p", "{\"allowVolumeExpansion\":false}");
        team.awaitWorkgroup(
                "orders",
                "the difference is named",
                s -> s.conditions().stream()
                        .anyMatch(c -> c.type().equals("VolumesEncrypted")
                                && c.status().equals("True")
                                && c.message().contains("allowVolumeExpansion")));
        assertThat(storageClass(name).getAllowVolumeExpansion()).isFalse();
    }

    // -- deletion

    @SideBySide
    @Test
    void retainTouchesNothingInAws() {
        String key = aws.createKey(REGION);
        team.apply(workgroup("orders", key, data).toString());
        String storageClass =
                team.awaitWorkgroup("orders", EncryptionState.ENABLED).storageClassName();
        JsonNode policy = aws.policy(key);

        team.kubectl("delete", "wg", "orders", "--timeout=30s").orThrow();

        assertThat(aws.policy(key)).isEqualTo(policy);
        assertEncrypted(data, key);
        assertThat(storageClass(storageClass)).isNull();
    }

    @SideBySide
    @Test
    void releaseTakesBackWhatNobodyElseNeeds() {
        String key = aws.createKey(REGION);
        JsonNode before = aws.policy(key);
        team.apply(workgroup("first", key, data).with("deletionPolicy: Release").toString());
        team.apply(workgroup("second", key, data + "-2")
                .with("deletionPolicy: Release")
                .toString());
        team.awaitWorkgroup("first", EncryptionState.ENABLED);
        team.awaitWorkgroup("second", EncryptionState.ENABLED);

        team.kubectl("delete", "wg", "first", "--timeout=30s").orThrow();
        assertThat(sids(aws.policy(key))).contains("CmekOperatordefaultDataUse", "CmekOperatordefaultDataGrants");
        assertThat(team.workgroup("second").getStatus().encryption()).isEqualTo(EncryptionState.ENABLED);

        team.kubectl("delete", "wg", "second", "--timeout=30s").orThrow();
        assertThat(aws.policy(key)).isEqualTo(before);
        assertEncrypted(data, key);
    }

    // -- the means

    private void encrypt(String bucket, String key) {
        aws.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket(bucket));
        aws.s3(LocalAws.ACCOUNT, REGION)
                .putBucketEncryption(r -> r.bucket(bucket)
                        .serverSideEncryptionConfiguration(c -> c.rules(rule -> rule.bucketKeyEnabled(true)
                                .applyServerSideEncryptionByDefault(d -> d.sseAlgorithm(ServerSideEncryption.AWS_KMS)
                                        .kmsMasterKeyID(key)))));
    }

    private void assertEncrypted(String bucket, String key) {
        ServerSideEncryptionRule rule = aws.encryption(REGION, bucket);
        assertThat(rule.applyServerSideEncryptionByDefault().sseAlgorithm()).isEqualTo(ServerSideEncryption.AWS_KMS);
        assertThat(rule.applyServerSideEncryptionByDefault().kmsMasterKeyID()).isEqualTo(key);
        assertThat(rule.bucketKeyEnabled()).isTrue();
    }

    private boolean bucketExists(String bucket) {
        return aws.s3(LocalAws.ACCOUNT, REGION).listBuckets().buckets().stream()
                .anyMatch(b -> b.name().equals(bucket));
    }

    private static String absentKey() {
        return "arn:aws:kms:" + REGION + ":" + LocalAws.ACCOUNT + ":key/00000000-0000-4000-8000-000000000000";
    }

    /** Nobody proves anything here: the policy is all there is. */
    @SideBySide
    @Test
    void aDenyThatExemptsOnlyTheServiceKeepsEbsFromTheKey() {
        String key = aws.createKey(REGION);
        aws.setPolicy(key, """
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                  {"Sid": "OnlyReaders", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*",
                   "Condition": {"StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/data-plane"]}}}]}""");
        team.apply(workgroup("orders", key, team.namespace() + "-ebs").toString());

        Condition verified = team.awaitReason("orders", "AccessVerified", "AccessDenied");
        assertThat(verified.message()).contains("'OnlyReaders'", "role/aws:ec2-infrastructure", "Exempt");
        WorkgroupStatus status = team.awaitWorkgroup("orders", EncryptionState.FAILED);
        assertThat(status.storageClassName()).isNull();
        assertThat(storageClass("cmek-" + team.namespace() + "-orders")).isNull();
    }

    private static @Nullable StorageClass storageClass(@Nullable String name) {
        return ENVIRONMENT
                .installation()
                .client()
                .storage()
                .v1()
                .storageClasses()
                .withName(name)
                .get();
    }

    private List<Event> events(String about) {
        return ENVIRONMENT
                .installation()
                .client()
                .resources(Event.class)
                .inNamespace(team.namespace())
                .list()
                .getItems()
                .stream()
                .filter(e -> e.getRegarding().getName().equals(about))
                .toList();
    }

    private static List<String> sids(JsonNode policy) {
        return policy.get("Statement").findValuesAsText("Sid");
    }
}
