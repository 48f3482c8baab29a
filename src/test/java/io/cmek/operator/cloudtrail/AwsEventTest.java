package io.cmek.operator.cloudtrail;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.key.KeyArn;
import io.cmek.operator.keypolicy.PolicyWrite;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AwsEventTest {

    private static final String ARN = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    /** As CloudTrail tells of it (KMS Developer Guide, "PutKeyPolicy"), in the envelope of EventBridge. */
    private static final String PUT_KEY_POLICY = """
            {"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.kms",
             "account": "111122223333", "time": "2026-09-01T20:06:16Z", "region": "us-west-2", "resources": [],
             "detail": {"eventVersion": "1.08", "userIdentity": {"type": "IAMUser"}, "eventTime": "2026-09-01T20:06:16Z",
               "eventSource": "kms.amazonaws.com", "eventName": "PutKeyPolicy", "awsRegion": "us-west-2",
               "requestParameters": {"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "policyName": "default",
                 "policy": "{\\"Statement\\": []}", "bypassPolicyLockoutSafetyCheck": false},
               "responseElements": null,
               "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": "%s"}]}}
            """.formatted(ARN);

    @Test
    void aPolicyThatWasWritten() {
        AwsEvent event = AwsEvent.parse(PUT_KEY_POLICY).orElseThrow();
        assertThat(event.keys()).containsExactly(KeyArn.parse(ARN));
        assertThat(event.buckets()).isEmpty();
        assertThat(event.policyWrite())
                .contains(new PolicyWrite(
                        KeyArn.parse(ARN), Instant.parse("2026-09-01T20:06:16Z"), "{\"Statement\": []}"));
    }

    @Test
    void aPolicyThatKmsRefusedWasNotWritten() {
        String refused = PUT_KEY_POLICY.replace("\"eventName\"", "\"errorCode\": \"AccessDenied\", \"eventName\"");
        assertThat(AwsEvent.parse(refused).orElseThrow().policyWrite()).isEmpty();
    }

    @Test
    void aCallOfS3() {
        AwsEvent event = AwsEvent.parse("""
                {"source": "aws.s3", "resources": [], "detail": {"eventName": "DeleteBucketEncryption",
                 "requestParameters": {"bucketName": "orders-data", "encryption": ""},
                 "resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::orders-data"}]}}""").orElseThrow();
        assertThat(event.buckets()).containsExactly("orders-data");
        assertThat(event.keys()).isEmpty();
    }

    /** KMS Developer Guide, "Monitoring KMS keys with Amazon EventBridge". */
    @Test
    void anEventOfKmsItself() {
        AwsEvent event = AwsEvent.parse("""
                {"source": "aws.kms", "detail-type": "KMS CMK Deletion", "resources": ["%s"],
                 "detail": {"key-id": "1234abcd-12ab-34cd-56ef-1234567890ab"}}""".formatted(ARN)).orElseThrow();
        assertThat(event.keys()).containsExactly(KeyArn.parse(ARN));
        assertThat(event.policyWrite()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not JSON",
                "null",
                "[]",
                "{}",
                "\"text\"",
                "{\"detail\": []}",
                "{\"detail\": {",
                "{\"Type\": \"Notification\"}"
            })
    void isNoEvent(String text) {
        assertThat(AwsEvent.parse(text)).isEmpty();
    }

    @Test
    void tooDeepIsNoEvent() {
        assertThat(AwsEvent.parse("{\"detail\":".repeat(10_000) + "1" + "}".repeat(10_000)))
                .isEmpty();
    }

    /** Whatever is where something else should be is nothing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"detail\": {}}",
                "{\"resources\": 1, \"detail\": {\"resources\": \"x\", \"requestParameters\": null}}",
                "{\"resources\": [1, null, {}], \"detail\": {\"resources\": [1, {\"ARN\": []}], \"requestParameters\": []}}",
                "{\"detail\": {\"requestParameters\": {\"keyId\": \"alias/orders\", \"bucketName\": {}}}}",
                "{\"detail\": {\"eventName\": \"PutKeyPolicy\", \"requestParameters\": {\"policy\": \"{}\"}}}"
            })
    void saysNothing(String text) {
        assertThat(AwsEvent.parse(text)).contains(new AwsEvent(Set.of(), Set.of(), Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"eventTime\": \"yesterday\"", "\"eventTime\": 7", "\"other\": 1"})
    void aPolicyThatWasWrittenAtAnUnknownTimeIsAKeyToRead(String time) {
        AwsEvent event = AwsEvent.parse(PUT_KEY_POLICY.replace("\"eventTime\": \"2026-09-01T20:06:16Z\"", time))
                .orElseThrow();
        assertThat(event.policyWrite()).isEmpty();
        assertThat(event.keys()).hasSize(1);
    }
}
