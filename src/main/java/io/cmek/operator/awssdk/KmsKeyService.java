package io.cmek.operator.awssdk;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.key.Proof;
import java.util.Base64;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.model.DecryptResponse;
import software.amazon.awssdk.services.kms.model.DryRunModifierType;
import software.amazon.awssdk.services.kms.model.GenerateDataKeyWithoutPlaintextResponse;
import software.amazon.awssdk.services.kms.model.GetKeyPolicyResponse;
import software.amazon.awssdk.services.kms.model.KeyMetadata;

/** {@link KeyService} on AWS KMS. */
public final class KmsKeyService implements KeyService {

    /** The only policy name that a key's owner can write. AWS RAM uses another one. */
    private static final String POLICY = "default";

    private final AwsClients aws;

    public KmsKeyService(AwsClients aws) {
        this.aws = aws;
    }

    @Override
    public AwsResult<KeyFacts> describe(CredentialScope identity, KeyArn key) {
        return aws.of(identity, key.region())
                .kms(Operation.DESCRIBE_KEY, key, kms -> kms.describeKey(r -> r.keyId(key.toString())))
                .answer(Operation.DESCRIBE_KEY, response -> facts(key, response.keyMetadata()));
    }

    private static @Nullable KeyFacts facts(KeyArn key, @Nullable KeyMetadata reported) {
        if (reported == null) {
            return null;
        }
        String state = reported.keyStateAsString();
        String spec = reported.keySpecAsString();
        String usage = reported.keyUsageAsString();
        String manager = reported.keyManagerAsString();
        String origin = reported.originAsString();
        if (state == null || spec == null || usage == null || manager == null || origin == null) {
            return null;
        }
        return new KeyFacts(
                key,
                state,
                spec,
                usage,
                manager,
                origin,
                Boolean.TRUE.equals(reported.multiRegion()),
                reported.deletionDate(),
                reported.validTo());
    }

    @Override
    public AwsResult<String> readPolicy(CredentialScope identity, KeyArn key) {
        return aws.of(identity, key.region())
                .kms(
                        Operation.GET_KEY_POLICY,
                        key,
                        kms -> kms.getKeyPolicy(r -> r.keyId(key.toString()).policyName(POLICY)))
                .answer(Operation.GET_KEY_POLICY, GetKeyPolicyResponse::policy);
    }

    /**
     * The KMS lockout safety check stays on: KMS rejects a policy that would lock out its writer.
     *
     * <p>The user agent names the resource, and CloudTrail records the user agent (CloudTrail User Guide, "CloudTrail record contents"). The session
     * name would need a session for each resource.
     */
    @Override
    public AwsResult<String> writePolicy(CredentialScope identity, KeyArn key, String document, String onBehalfOf) {
        return aws.of(identity, key.region())
                .kmsWrite(
                        Operation.PUT_KEY_POLICY,
                        key,
                        kms -> kms.putKeyPolicy(r -> r.keyId(key.toString())
                                .policyName(POLICY)
                                .policy(document)
                                .overrideConfiguration(o ->
                                        o.addApiName(agent -> agent.name("for").version(onBehalfOf)))))
                .answer(Operation.PUT_KEY_POLICY, response -> document);
    }

    /**
     * {@code GenerateDataKeyWithoutPlaintext} shows that the role can encrypt new data. A KMS implementation without dry runs creates a data key, and
     * returns it only encrypted.
     *
     * <p>There is no dry run of CreateGrant. The statement for it has the condition {@code kms:GrantIsForAWSResource}. That is true only when an AWS
     * service creates the grant on the role's behalf (KMS Developer Guide, "AWS KMS condition keys"). A correct policy denies the role's own call,
     * even as a dry run. So the operator reads the permission for grants from the policy, and a proof never leaves a grant on a key.
     */
    @Override
    public AwsResult<Proof> proveEncrypt(CredentialScope probe, KeyArn key) {
        SdkCallResult<GenerateDataKeyWithoutPlaintextResponse> reply = aws.of(probe, key.region())
                .kms(
                        Operation.GENERATE_DATA_KEY,
                        key,
                        kms -> kms.generateDataKeyWithoutPlaintext(
                                r -> r.keyId(key.toString()).numberOfBytes(32).dryRun(true)));
        return proof(reply, GenerateDataKeyWithoutPlaintextResponse::ciphertextBlob);
    }

    /**
     * {@code Decrypt} shows that the role can read encrypted data. The dry run uses the modifier {@code IGNORE_CIPHERTEXT} and no ciphertext (KMS API
     * Reference, "Decrypt"). KMS might reject a made-up ciphertext before it checks the permission. If a KMS implementation has created a data key,
     * Decrypt uses that.
     */
    @Override
    public AwsResult<Proof> proveDecrypt(CredentialScope probe, KeyArn key, @Nullable String ciphertext) {
        SdkCallResult<DecryptResponse> reply = aws.of(probe, key.region())
                .kms(
                        Operation.DECRYPT,
                        key,
                        kms -> kms.decrypt(r -> {
                            r.keyId(key.toString()).dryRun(true);
                            if (ciphertext == null) {
                                r.dryRunModifiers(DryRunModifierType.IGNORE_CIPHERTEXT);
                            } else {
                                r.ciphertextBlob(SdkBytes.fromByteArray(
                                        Base64.getDecoder().decode(ciphertext)));
                            }
                        }));
        return proof(reply, response -> null);
    }

    /**
     * A dry run always ends in an error. An implementation without dry runs executes the call. Both show that the call is allowed.
     *
     * @param ciphertext of a response, null if it has none
     */
    private static <T> AwsResult<Proof> proof(SdkCallResult<T> reply, Function<T, @Nullable SdkBytes> ciphertext) {
        return switch (reply) {
            case SdkCallResult.Ok<T>(T response) -> {
                SdkBytes made = ciphertext.apply(response);
                yield new AwsResult.Success<>(new Proof(
                        true, made == null ? null : Base64.getEncoder().encodeToString(made.asByteArrayUnsafe())));
            }
            case SdkCallResult.Refused<T> refused
            when refused.code().equals(ErrorClassifier.DRY_RUN) -> new AwsResult.Success<>(new Proof(true, null));
            // A failed AssumeRole of the probe role says nothing about the key.
            case SdkCallResult.Refused<T>(AwsError failure, var error)
            when failure instanceof AwsError.Denied && isOfKms(failure) ->
                new AwsResult.Success<>(new Proof(false, null));
            case SdkCallResult.Refused<T>(AwsError failure, var error) -> new AwsResult.Error<>(failure);
        };
    }

    private static boolean isOfKms(AwsError failure) {
        return failure.detail().operation().startsWith("kms:");
    }
}
