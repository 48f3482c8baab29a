package io.cmek.operator.awssdk;

import java.time.Duration;

/**
 * Settings for AWS calls. Endpoints and credentials are the SDK's own standard settings: {@code AWS_ENDPOINT_URL}, {@code AWS_ENDPOINT_URL_KMS}, and
 * the default credential chain with IRSA and Pod Identity.
 *
 * @param installationId part of the session name in CloudTrail
 * @param pathStyleAccess whether to address buckets by path, for S3-compatible endpoints without virtual hosts
 * @param attemptTimeout timeout of one HTTP request
 * @param callTimeout timeout of a call with all its retries
 */
public record AwsSettings(
        String installationId, boolean pathStyleAccess, Duration attemptTimeout, Duration callTimeout) {

    public AwsSettings {
        if (attemptTimeout.compareTo(callTimeout) > 0) {
            throw new IllegalArgumentException("the attempt timeout " + attemptTimeout
                    + " is longer than the call timeout " + callTimeout + ": a call consists of attempts");
        }
    }

    /** 5 s for an attempt, 20 s for a call. */
    public static AwsSettings of(String installationId, boolean pathStyleAccess) {
        return new AwsSettings(installationId, pathStyleAccess, Duration.ofSeconds(5), Duration.ofSeconds(20));
    }
}
