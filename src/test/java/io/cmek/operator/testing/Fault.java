package io.cmek.operator.testing;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import io.cmek.operator.inmemoryaws.AwsRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/** What goes wrong with a request to AWS. */
@FunctionalInterface
public interface Fault {

    /** @param token of the session that signed it, empty for an access key of a user */
    record Asked(AwsRequest request, String region, String token) {}

    /** What comes of a request. */
    sealed interface Effect {

        /** It is answered as AWS does. */
        record None() implements Effect {}

        /** It does not reach AWS. */
        record Instead(ResponseDefinition response) implements Effect {}

        /** It reaches AWS so much later, and is answered then. */
        record Slow(Duration by) implements Effect {}

        /** It reaches AWS, and the answer comes so much later. */
        record Late(Duration by) implements Effect {}

        /** It reaches AWS, and the connection ends before the answer does. */
        record AnswerCut() implements Effect {}
    }

    /** How AWS says no: each service in its own words (the "Common errors" of their API references). */
    enum Refusal {
        THROTTLED(400, "ThrottlingException", 503, "SlowDown", 400, "Throttling"),
        DENIED(400, "AccessDeniedException", 403, "AccessDenied", 403, "AccessDenied"),
        EXPIRED(400, "ExpiredTokenException", 400, "ExpiredToken", 403, "ExpiredToken");

        private final int kmsStatus;
        private final String kms;
        private final int s3Status;
        private final String s3;
        private final int stsStatus;
        private final String sts;

        Refusal(int kmsStatus, String kms, int s3Status, String s3, int stsStatus, String sts) {
            this.kmsStatus = kmsStatus;
            this.kms = kms;
            this.s3Status = s3Status;
            this.s3 = s3;
            this.stsStatus = stsStatus;
            this.sts = sts;
        }

        private ResponseDefinition answer(AwsRequest request) {
            return switch (request.service()) {
                case "kms" -> answer(kmsStatus, "application/x-amz-json-1.1", """
                        {"__type": "%s", "message": "injected"}""".formatted(kms));
                case "s3" -> answer(s3Status, "application/xml", """
                        <?xml version="1.0"?><Error><Code>%s</Code><Message>injected</Message></Error>""".formatted(s3));
                default -> answer(stsStatus, "text/xml", """
                        <ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>injected</Message></Error></ErrorResponse>""".formatted(sts));
            };
        }

        private static ResponseDefinition answer(int status, String type, String body) {
            return new ResponseDefinitionBuilder()
                    .withStatus(status)
                    .withHeader("Content-Type", type)
                    .withBody(body)
                    .build();
        }
    }

    /** Longer than an attempt of the operator may take, and short enough to end with the test. */
    Duration LONG = Duration.ofSeconds(8);

    Effect on(Asked asked);

    /** Nothing is answered before the operator has given up waiting for it. */
    static Fault hanging() {
        return asked -> new Effect.Instead(new ResponseDefinitionBuilder()
                .withStatus(503)
                .withFixedDelay((int) LONG.toMillis())
                .build());
    }

    /** Requests take so much longer to reach AWS. Each takes up a thread of the proxy meanwhile. */
    static Fault slow(Duration by) {
        return asked -> new Effect.Slow(by);
    }

    static Fault status(int status) {
        return asked -> new Effect.Instead(
                new ResponseDefinitionBuilder().withStatus(status).build());
    }

    static Fault refusing(Refusal refusal) {
        return asked -> new Effect.Instead(refusal.answer(asked.request()));
    }

    /** What was asked is done, and who asked does not hear of it in time. */
    static Fault late(Duration by) {
        return asked -> new Effect.Late(by);
    }

    /** Connections end, one half before AWS has heard, the other before its answer was read to the end. */
    static Fault cut() {
        return asked -> ThreadLocalRandom.current().nextBoolean()
                ? new Effect.AnswerCut()
                : new Effect.Instead(new ResponseDefinitionBuilder()
                        .withFault(com.github.tomakehurst.wiremock.http.Fault.CONNECTION_RESET_BY_PEER)
                        .build());
    }

    /**
     * KMS says of these keys that they are in a state that the local AWS does not know. What else is asked of them is answered as AWS does.
     *
     * @param keys ARNs
     */
    static Fault keyState(String state, Set<String> keys) {
        return asked -> {
            String key = asked.request().operation().equals("kms:DescribeKey")
                    ? asked.request().subject()
                    : "";
            return keys.contains(key)
                    ? new Effect.Instead(new ResponseDefinitionBuilder()
                            .withStatus(200)
                            .withHeader("Content-Type", "application/x-amz-json-1.1")
                            .withBody("""
                                    {"KeyMetadata": {"Arn": "%s", "KeyId": "%s", "KeyState": "%s", "KeyManager": "CUSTOMER",
                                      "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
                                      "MultiRegion": %s}}""".formatted(
                                            key, key.substring(key.indexOf('/') + 1), state, key.contains("/mrk-")))
                            .build())
                    : new Effect.None();
        };
    }

    /** KMS lets whoever asks do something with a key, by a dry run. */
    static Fault allowing(String operation, String key) {
        return asked -> asked.request().operation().equals(operation)
                        && asked.request().subject().equals(key)
                ? new Effect.Instead(new ResponseDefinitionBuilder()
                        .withStatus(412)
                        .withHeader("Content-Type", "application/x-amz-json-1.1")
                        .withBody("""
                                {"__type": "DryRunOperationException", "message": "injected"}""")
                        .build())
                : new Effect.None();
    }

    /** These sessions are over; others are not. */
    static Fault expired(Set<String> tokens) {
        Fault refusing = refusing(Refusal.EXPIRED);
        return asked -> tokens.contains(asked.token()) ? refusing.on(asked) : new Effect.None();
    }

    /** Only these requests. */
    default Fault only(Predicate<AwsRequest> requests) {
        return asked -> requests.test(asked.request()) ? on(asked) : new Effect.None();
    }

    /** Only what is asked about these keys and buckets: ARNs, and names of buckets or their beginning. */
    default Fault about(Collection<String> names) {
        return only(request -> names.stream().anyMatch(request.subject()::startsWith));
    }

    default Fault about(String... names) {
        return about(List.of(names));
    }

    /** Only what is asked in this region. */
    default Fault in(String region) {
        return asked -> asked.region().equals(region) ? on(asked) : new Effect.None();
    }

    /** Only so many of a hundred, at random. */
    default Fault percent(int percent) {
        return asked -> ThreadLocalRandom.current().nextInt(100) < percent ? on(asked) : new Effect.None();
    }
}
