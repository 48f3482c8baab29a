package io.cmek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotUnderstoodTest {

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private static Workgroup workgroup(String more) {
        return SERIALIZATION.unmarshal("""
                metadata: {name: orders, namespace: team}
                spec: {region: us-east-1%s}
                """.formatted(more), Workgroup.class);
    }

    private static ReplicaCmek replica(String more) {
        return SERIALIZATION.unmarshal("""
                metadata: {name: west, namespace: team}
                spec: {workgroupRef: {name: orders}, region: us-west-2, buckets: {data: d},
                  dataBucketKeyID: "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"%s}
                """.formatted(more), ReplicaCmek.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ", deletionPolicy: Archive|true",
                ", policyManagement: Observe, deletionPolicy: Release|true",
                ", volumes: {reclaimPolicy: Recycle}, deletionPolicy: Release|true",
                ", policyManagement: Observe, deletionPolicy: Retain|false",
                ", policyManagement: Observe|false",
                ", deletionPolicy: Release|false",
                "''|false"
            })
    void itStaysOnlyWhereSomethingWouldHaveToBeTaken(String more, boolean stays) {
        assertThat(NotUnderstood.holds(workgroup(more)).isPresent()).isEqualTo(stays);
        assertThat(NotUnderstood.holds(replica(more), Optional.of(workgroup("")))
                        .isPresent())
                .isEqualTo(stays);
    }

    @Test
    void whatItNeedsAndIsNotUnderstoodIsPendingAndNeverGood() {
        assertThat(NotUnderstood.of(workgroup(", policyManagement: Observe")))
                .get()
                .satisfies(result -> {
                    assertThat(result.status()).isEqualTo(ConditionResult.Status.Unknown);
                    assertThat(result.reason()).isEqualTo(Reason.Pending);
                    assertThat(result.message())
                            .contains("spec.policyManagement is 'Observe'", "Managed, Publish", "can be edited");
                });
        assertThat(NotUnderstood.of(workgroup(", policyManagement: Publish"))).isEmpty();
    }

    @Test
    void aReplicaCmekWaitsForAWorkgroupThatCannotBeRead() {
        Workgroup unreadable = workgroup(", volumes: gp3");
        assertThat(NotUnderstood.isReadable(unreadable)).isFalse();
        assertThat(NotUnderstood.of(replica(""), unreadable)).isPresent();
        assertThat(NotUnderstood.holds(replica(""), Optional.of(unreadable))).isPresent();
        assertThat(NotUnderstood.of(replica(""), null)).isEmpty();
        assertThat(NotUnderstood.holds(replica(""), Optional.empty())).isEmpty();
    }

    @Test
    void manyLongValuesMakeNoLongMessage() {
        String value = "x".repeat(10_000);
        String message = NotUnderstood.holds(workgroup(", policyManagement: " + value + ", deletionPolicy: " + value
                        + ", buckets: {provisioning: " + value + "}, volumes: {reclaimPolicy: " + value + "}"))
                .orElseThrow()
                .message();
        assertThat(message).hasSizeLessThanOrEqualTo(600).contains("And 2 more.");
    }

    /** It would be given a finalizer. */
    @Test
    void anotherObjectHasNoneReconciledThatCannotBeRead() {
        assertThat(NotUnderstood.mayBeReconciled(Optional.of(workgroup(", volumes: gp3"))))
                .isFalse();
        assertThat(NotUnderstood.mayBeReconciled(Optional.of(workgroup("")))).isTrue();
        assertThat(NotUnderstood.mayBeReconciled(Optional.empty())).isTrue();
    }
}
