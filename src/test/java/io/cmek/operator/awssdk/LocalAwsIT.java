package io.cmek.operator.awssdk;

import static io.cmek.operator.awssdk.Answers.failed;
import static io.cmek.operator.awssdk.Answers.got;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Provisioning;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.bucket.BucketFacts;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.bucket.BucketPlan;
import io.cmek.operator.bucket.BucketService.Creation;
import io.cmek.operator.bucket.BucketWrites;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.request.BucketUse;
import io.cmek.operator.testing.LocalAws;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.kms.model.CreateKeyRequest;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.OriginType;
import software.amazon.awssdk.services.s3.model.EncryptionType;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** Against the local AWS, which enforces signatures, IAM policies, key policies and trust policies. Nothing here runs as root but the fixture. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalAwsIT {

    private static final String REGION = "us-east-1";
    private static final String ELSEWHERE = "eu-west-1";

    private static final String TENANT_POLICY = """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"], "Resource": "*"},
              {"Effect": "Allow", "Action": ["s3:CreateBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock",
                "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:ListBucket", "s3:ListAllMyBuckets"],
               "Resource": "*"}]}""";

    private static final String NOTHING = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}""";

    private static final String OPERATOR = "arn:aws:iam::111122223333:user/cmek-operator";

    private LocalAws local;
    private SdkSettings settings;
    private AwsClients aws;
    private KmsKeyService keys;
    private S3BucketService buckets;
    private final CountingObserver observer = new CountingObserver();

    private AccessKey operator;
    private CredentialScope tenant;
    private CredentialScope stranger;
    private CredentialScope probe;

    @BeforeAll
    void start() throws Exception {
        local = LocalAws.start();
        operator = local.user("cmek-operator", """
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}""");
        tenant = new CredentialScope(
                local.role(LocalAws.ACCOUNT, "tenant", OPERATOR, "only-with-this", TENANT_POLICY), "only-with-this");
        stranger = new CredentialScope(local.role(LocalAws.ACCOUNT, "stranger", OPERATOR, "", NOTHING), null);
        probe = new CredentialScope(local.role(LocalAws.ACCOUNT, "data-plane", OPERATOR, "", NOTHING), null);
        settings = SdkSettings.of(local.endpoint(), operator.accessKeyId(), operator.secretAccessKey());
        aws = new AwsClients(AwsSettings.of("it", true), observer);
        keys = new KmsKeyService(aws);
        buckets = new S3BucketService(aws);
    }

    @AfterAll
    void stop() throws Exception {
        aws.close();
        settings.close();
        local.close();
    }

    @BeforeEach
    void forget() {
        observer.forget();
    }

    private KeyArn key(Consumer<CreateKeyRequest.Builder> how) {
        return KeyArn.parse(local.kms(REGION).createKey(how).keyMetadata().arn());
    }

    private KeyArn key() {
        return key(r -> {});
    }

    private void putPolicy(KeyArn key, String statements) {
        local.kms(REGION)
                .putKeyPolicy(r -> r.keyId(key.toString()).policyName("default").policy("""
                {"Version": "2012-10-17", "Statement": [
                  {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}%s]}""".formatted(statements)));
    }

    @Nested
    class Keys {

        @Test
        void describesTheKeysThatUsersBringAndThoseTheyShouldNot() {
            KeyArn plain = key();
            assertThat(got(keys.describe(tenant, plain)))
                    .isEqualTo(new KeyFacts(
                            plain,
                            "Enabled",
                            "SYMMETRIC_DEFAULT",
                            "ENCRYPT_DECRYPT",
                            "CUSTOMER",
                            "AWS_KMS",
                            false,
                            null,
                            null));
            assertThat(got(keys.describe(tenant, key(r -> r.multiRegion(true)))).multiRegion())
                    .isTrue();
            assertThat(got(keys.describe(
                                    tenant,
                                    key(r -> r.keySpec(KeySpec.RSA_2048).keyUsage(KeyUsageType.ENCRYPT_DECRYPT))))
                            .spec())
                    .isEqualTo("RSA_2048");
            KeyFacts hmac = got(keys.describe(
                    tenant, key(r -> r.keySpec(KeySpec.HMAC_256).keyUsage(KeyUsageType.GENERATE_VERIFY_MAC))));
            assertThat(hmac.spec()).isEqualTo("HMAC_256");
            assertThat(hmac.usage()).isEqualTo("GENERATE_VERIFY_MAC");
            KeyFacts imported = got(keys.describe(tenant, key(r -> r.origin(OriginType.EXTERNAL))));
            assertThat(imported.state()).isEqualTo("PendingImport");
            assertThat(imported.origin()).isEqualTo("EXTERNAL");
        }

        @Test
        void seesAKeyDisabledAndScheduledForDeletion() {
            KeyArn key = key();
            local.kms(REGION).disableKey(r -> r.keyId(key.toString()));
            assertThat(got(keys.describe(tenant, key)).state()).isEqualTo("Disabled");
            local.kms(REGION).scheduleKeyDeletion(r -> r.keyId(key.toString()).pendingWindowInDays(7));
            KeyFacts facts = got(keys.describe(tenant, key));
            assertThat(facts.state()).isEqualTo("PendingDeletion");
            assertThat(facts.deletionDate()).isNotNull();
        }

        @Test
        void saysThatAnAbsentKeyIsNotFound() {
            KeyArn absent = KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000");
            AwsError failure = failed(AwsError.NotFound.class, keys.describe(tenant, absent));
            assertThat(failure.detail().operation()).isEqualTo("kms:DescribeKey");
            assertThat(failure.detail().code()).isEqualTo("NotFoundException");
        }

        @Test
        void saysThatARoleWithoutPermissionIsDenied() {
            KeyArn key = key();
            assertThat(failed(AwsError.Denied.class, keys.describe(stranger, key))
                            .detail()
                            .code())
                    .isEqualTo("AccessDeniedException");
            failed(AwsError.Denied.class, keys.readPolicy(stranger, key));
            failed(AwsError.Denied.class, keys.writePolicy(stranger, key, "{}", "nobody"));
        }

        @Test
        void writesAPolicyAsItIsGivenAndReadsItBack() {
            KeyArn key = key();
            String document = """
                    {"Version":"2012-10-17","Id":"é 1","Statement":[{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}""";
            assertThat(got(keys.writePolicy(tenant, key, document, "workgroup.team-a.orders")))
                    .isEqualTo(document);
            assertThat(got(keys.readPolicy(tenant, key))).isEqualTo(document);
        }

        @Test
        void assumesTheRoleOnceForManyCalls() {
            KeyArn key = key();
            try (var fresh = new AwsClients(AwsSettings.of("it", true), observer)) {
                var service = new KmsKeyService(fresh);
                for (int i = 0; i < 5; i++) {
                    got(service.describe(tenant, key));
                }
            }
            assertThat(observer.calls)
                    .containsOnlyOnce("sts:AssumeRole OK")
                    .filteredOn("kms:DescribeKey OK"::equals)
                    .hasSize(5);
            assertThat(observer.attempts)
                    .containsOnlyOnce("sts:AssumeRole 200")
                    .filteredOn("kms:DescribeKey 200"::equals)
                    .hasSize(5);
        }

        @Test
        void namesTheAssumingOfTheRoleWhereThatIsDenied() {
            var withoutExternalId = new CredentialScope(tenant.roleArn(), null);
            AwsError failure = failed(AwsError.Denied.class, keys.describe(withoutExternalId, key()));
            assertThat(failure.detail().operation()).isEqualTo("sts:AssumeRole");
        }

        @Test
        void asksStsOnceForManyKeysWhoseRoleCannotBeAssumed() {
            KeyArn key = key();
            var nobody = new CredentialScope("arn:aws:iam::111122223333:role/nobody", null);
            for (int i = 0; i < 20; i++) {
                failed(keys.describe(nobody, key));
            }
            assertThat(observer.calls)
                    .filteredOn(c -> c.startsWith("sts:AssumeRole"))
                    .hasSize(1);
        }
    }

    @Nested
    class Access {

        private static final String USE = """
                , {"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/data-plane"},
                   "Action": [%s], "Resource": "*"}""";

        @Test
        void isProvenWhereTheKeyPolicyGivesIt() {
            KeyArn key = key();
            putPolicy(key, USE.formatted("\"kms:GenerateDataKey*\", \"kms:Decrypt\""));
            assertThat(got(keys.proveAccess(probe, key))).isTrue();
            assertThat(local.kms(REGION)
                            .listGrants(r -> r.keyId(key.toString()))
                            .grants())
                    .isEmpty();
        }

        @Test
        void isRefusedWhereTheRoleMayNotDecrypt() {
            KeyArn key = key();
            putPolicy(key, USE.formatted("\"kms:GenerateDataKey*\""));
            assertThat(got(keys.proveAccess(probe, key))).isFalse();
        }

        @Test
        void isRefusedWhereTheRoleMayNotEncrypt() {
            KeyArn key = key();
            putPolicy(key, USE.formatted("\"kms:Decrypt\""));
            assertThat(got(keys.proveAccess(probe, key))).isFalse();
        }

        @Test
        void isRefusedWhereADenyTakesItAway() {
            KeyArn key = key();
            putPolicy(key, USE.formatted("\"kms:GenerateDataKey*\", \"kms:Decrypt\"") + """
                    , {"Sid": "No", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/data-plane"},
                       "Action": "kms:Decrypt", "Resource": "*"}""");
            assertThat(got(keys.proveAccess(probe, key))).isFalse();
        }

        @Test
        void isNotKnownOfADisabledKey() {
            KeyArn key = key();
            putPolicy(key, USE.formatted("\"kms:GenerateDataKey*\", \"kms:Decrypt\""));
            local.kms(REGION).disableKey(r -> r.keyId(key.toString()));
            assertThat(failed(keys.proveAccess(probe, key)).detail().code()).isEqualTo("DisabledException");
        }

        @Test
        void isNotKnownWhereTheRoleCannotBeAssumed() {
            var nobody = new CredentialScope("arn:aws:iam::111122223333:role/nobody-either", null);
            AwsError failure = failed(keys.proveAccess(nobody, key()));
            assertThat(failure.detail().operation()).isEqualTo("sts:AssumeRole");
        }
    }

    @Nested
    class Buckets {

        private BucketWrites writes(CredentialScope identity, String region, String bucket, KeyArn key) {
            return new BucketWrites(
                    buckets,
                    identity,
                    region,
                    new BucketUse(Purpose.Data, bucket, key, Provisioning.Create),
                    false,
                    () -> {},
                    () -> true);
        }

        private void assertPrivate(String bucket) {
            var access = local.s3(LocalAws.ACCOUNT, REGION)
                    .getPublicAccessBlock(r -> r.bucket(bucket))
                    .publicAccessBlockConfiguration();
            assertThat(List.of(
                            access.blockPublicAcls(),
                            access.ignorePublicAcls(),
                            access.blockPublicPolicy(),
                            access.restrictPublicBuckets()))
                    .containsOnly(true);
        }

        @Test
        void isAbsentUntilCreatedAndThenEncryptedAndPrivate() {
            KeyArn key = key();
            assertThat(got(buckets.inspect(tenant, REGION, "made-here"))).isEqualTo(new BucketFacts.Absent());
            var encrypted = new Encryption("aws:kms", key.toString(), true, List.of());
            assertThat(got(writes(tenant, REGION, "made-here", key).create())).isEqualTo(encrypted);
            assertThat(observer.calls)
                    .filteredOn(call -> call.startsWith("s3:") && !call.contains("Get"))
                    .containsExactly("s3:CreateBucket OK", "s3:PutPublicAccessBlock OK", "s3:PutBucketEncryption OK");
            assertThat(got(buckets.inspect(tenant, REGION, "made-here"))).isEqualTo(new BucketFacts.Present(encrypted));
            var s3 = local.s3(LocalAws.ACCOUNT, REGION);
            assertPrivate("made-here");
            assertThat(s3.getBucketOwnershipControls(r -> r.bucket("made-here"))
                            .ownershipControls()
                            .rules()
                            .getFirst()
                            .objectOwnershipAsString())
                    .isEqualTo("BucketOwnerEnforced");
        }

        /** As after a crash: somebody else finishes what S3 shows. */
        @Test
        void thatWasOnlyMadeIsMadePrivateAndEncrypted() {
            KeyArn key = key();
            got(buckets.create(tenant, REGION, "half-made"));
            var found = got(buckets.inspect(tenant, REGION, "half-made"));
            assertThat(found).isInstanceOf(BucketFacts.Present.class);

            var writes = writes(tenant, REGION, "half-made", key);
            assertThat(BucketPlan.of(writes.use(), REGION, found))
                    .isInstanceOfSatisfying(BucketPlan.Encrypt.class, plan -> got(writes.encrypt(plan)));

            assertPrivate("half-made");
            assertThat(got(buckets.inspect(tenant, REGION, "half-made")))
                    .isEqualTo(new BucketFacts.Present(new Encryption("aws:kms", key.toString(), true, List.of())));
        }

        @Test
        void isMadeInTheRegionThatIsAskedFor() {
            KeyArn key =
                    KeyArn.parse(local.kms(ELSEWHERE).createKey().keyMetadata().arn());
            got(writes(tenant, ELSEWHERE, "made-elsewhere", key).create());
            assertThat(local.s3(LocalAws.ACCOUNT, ELSEWHERE)
                            .getBucketLocation(r -> r.bucket("made-elsewhere"))
                            .locationConstraintAsString())
                    .isEqualTo(ELSEWHERE);
            assertThat(got(buckets.inspect(tenant, REGION, "made-elsewhere")))
                    .isEqualTo(new BucketFacts.InAnotherRegion(ELSEWHERE));
        }

        @Test
        void createdTwiceStaysWhatItIs() {
            KeyArn key = key();
            KeyArn there =
                    KeyArn.parse(local.kms(ELSEWHERE).createKey().keyMetadata().arn());
            assertThat(got(writes(tenant, REGION, "made-twice", key).create()))
                    .isEqualTo(got(writes(tenant, REGION, "made-twice", key).create()));
            assertThat(got(writes(tenant, ELSEWHERE, "made-twice-there", there).create()))
                    .isEqualTo(got(
                            writes(tenant, ELSEWHERE, "made-twice-there", there).create()));
            assertThat(got(buckets.create(tenant, ELSEWHERE, "made-twice-there")))
                    .isEqualTo(Creation.ALREADY_OURS);
        }

        @Test
        void createdMeanwhileUnderAnotherKeyIsNotTakenOver() {
            for (String region : List.of(REGION, ELSEWHERE)) {
                KeyArn theirs =
                        KeyArn.parse(local.kms(region).createKey().keyMetadata().arn());
                KeyArn ours =
                        KeyArn.parse(local.kms(region).createKey().keyMetadata().arn());
                String bucket = "made-meanwhile-" + region;
                got(writes(tenant, region, bucket, theirs).create());
                failed(
                        AwsError.Rejected.class,
                        writes(tenant, region, bucket, ours).create());
                assertThat(got(buckets.inspect(tenant, region, bucket)))
                        .isEqualTo(
                                new BucketFacts.Present(new Encryption("aws:kms", theirs.toString(), true, List.of())));
            }
        }

        @Test
        void ofAnotherAccountIsDistinguishedFromOneOfOursThatWeMayNotRead() {
            local.s3(LocalAws.OTHER_ACCOUNT, REGION).createBucket(r -> r.bucket("theirs"));
            assertThat(got(buckets.inspect(tenant, REGION, "theirs")))
                    .isEqualTo(new BucketFacts.OwnedByAnotherAccount());
            failed(AwsError.Rejected.class, buckets.create(tenant, REGION, "theirs"));

            var reader = new CredentialScope(local.role(LocalAws.ACCOUNT, "lister", OPERATOR, "", """
                    {"Version": "2012-10-17", "Statement": [
                      {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"""), null);
            local.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket("ours-but-closed"));
            assertThat(failed(AwsError.Denied.class, buckets.inspect(reader, REGION, "ours-but-closed"))
                            .detail()
                            .operation())
                    .isEqualTo("s3:GetBucketEncryption");
            assertThat(got(buckets.inspect(reader, REGION, "theirs")))
                    .isEqualTo(new BucketFacts.OwnedByAnotherAccount());
            failed(AwsError.Denied.class, buckets.inspect(stranger, REGION, "theirs"));
        }

        @Test
        void keepsTheBlockedTypesWhenItIsEncrypted() {
            KeyArn key = key();
            var s3 = local.s3(LocalAws.ACCOUNT, REGION);
            s3.createBucket(r -> r.bucket("no-sse-c"));
            s3.putBucketEncryption(r -> r.bucket("no-sse-c")
                    .serverSideEncryptionConfiguration(c -> c.rules(rule -> rule.applyServerSideEncryptionByDefault(
                                    d -> d.sseAlgorithm(ServerSideEncryption.AES256))
                            .blockedEncryptionTypes(b -> b.encryptionType(EncryptionType.SSE_C)))));
            var before = (BucketFacts.Present) got(buckets.inspect(tenant, REGION, "no-sse-c"));
            assertThat(before.encryption()).isEqualTo(new Encryption("AES256", null, false, List.of("SSE-C")));
            got(buckets.encrypt(tenant, REGION, "no-sse-c", key, before.encryption()));
            assertThat(got(buckets.inspect(tenant, REGION, "no-sse-c")))
                    .isEqualTo(
                            new BucketFacts.Present(new Encryption("aws:kms", key.toString(), true, List.of("SSE-C"))));
        }

        @Test
        void isDeniedToARoleThatMayNotWrite() {
            local.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket("not-for-strangers"));
            failed(
                    AwsError.Denied.class,
                    buckets.encrypt(stranger, REGION, "not-for-strangers", key(), Encryption.NO_RULE));
            failed(AwsError.Denied.class, buckets.blockPublicAccess(stranger, REGION, "not-for-strangers"));
            failed(AwsError.Denied.class, buckets.create(stranger, ELSEWHERE, "not-to-be"));
        }

        @Test
        void costsOneCallToRead() {
            local.s3(LocalAws.ACCOUNT, REGION).createBucket(r -> r.bucket("read-before"));
            got(buckets.inspect(tenant, REGION, "read-before"));
            observer.forget();
            got(buckets.inspect(tenant, REGION, "read-before"));
            assertThat(observer.calls).containsExactly("s3:GetBucketEncryption OK");
            assertThat(observer.attempts).containsExactly("s3:GetBucketEncryption 200");
        }

        @Test
        void withTheOperatorsOwnCredentialsAsksOnceForTheAccount() {
            for (int i = 0; i < 3; i++) {
                failed(AwsError.Denied.class, buckets.inspect(CredentialScope.OWN, REGION, "read-by-the-operator"));
            }
            assertThat(observer.calls).containsOnlyOnce("sts:GetCallerIdentity OK");
        }
    }

    @Test
    void refusedCredentialsAreNoDenial() {
        try (var wrong = SdkSettings.of(local.endpoint(), operator.accessKeyId(), "wrong");
                var other = new AwsClients(AwsSettings.of("it", true), CallListener.NONE)) {
            AwsError failure =
                    failed(AwsError.Unavailable.class, new KmsKeyService(other).describe(CredentialScope.OWN, key()));
            assertThat(failure.detail().message()).doesNotContain("wrong").contains("credentials");
        }
    }
}
