package io.cmek.operator.awssdk;

import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * The operator's own credentials, from the AWS SDK's default chain (AWS SDK for Java Developer Guide, "Default credentials provider chain"). If no
 * provider of the chain has any, the chain says only in a text why. If the pod has a web identity token (IRSA), this asks STS once more: its error
 * code is the cause.
 */
final class OwnCredentials implements AwsCredentialsProvider, SdkAutoCloseable {

    private final DefaultCredentialsProvider chain =
            DefaultCredentialsProvider.builder().build();

    @Override
    public AwsCredentials resolveCredentials() {
        try {
            return chain.resolveCredentials();
        } catch (SdkClientException e) {
            if (SdkSystemSetting.AWS_WEB_IDENTITY_TOKEN_FILE.getStringValue().isEmpty()) {
                throw e;
            }
            try (var webIdentity = WebIdentityTokenFileCredentialsProvider.create()) {
                return webIdentity.resolveCredentials();
            }
        }
    }

    @Override
    public void close() {
        chain.close();
    }
}
