package io.cmek.operator.awssdk;

import java.time.Duration;

/**
 * How AWS is called. Endpoints and credentials are not among these: they are the SDK's own standard settings ({@code AWS_ENDPOINT_URL},
 * {@code AWS_ENDPOINT_URL_KMS}, the default credential chain with IRSA and Pod Identity).
 *
 * @param installationId becomes part of the session name that the account's CloudTrail shows
 * @param pathStyleAccess whether buckets are addressed by path, for S3-compatible endpoints that know no virtual hosts
 * @param attemptTimeout how long one HTTP request may take
 * @param callTimeout how long a call may take with all its repetitions
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
