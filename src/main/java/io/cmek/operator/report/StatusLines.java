package io.cmek.operator.report;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.bucket.BucketAssessment;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.KeyUse;
import io.cmek.operator.key.KeyAssessment;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.pipeline.Assessment;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.tenancy.Tenant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts of a status that both kinds have. */
public final class StatusLines {

    private StatusLines() {}

    /** One line per key and purpose (R4), with the statements to add (R3). */
    public static List<KeyStatus> keys(Assessment assessment, PolicyMerge merge, Tenant.Principals principals) {
        return assessment.claim().keys().stream()
                .map(use -> line(use, assessment, merge, principals))
                .toList();
    }

    private static KeyStatus line(KeyUse use, Assessment assessment, PolicyMerge merge, Tenant.Principals principals) {
        KeyAssessment key = assessment.of(use.key());
        KeyFacts facts = key.facts();
        return new KeyStatus(
                use.purpose(),
                use.key().toString(),
                assessment.lineState(use),
                facts == null ? "" : facts.state(),
                facts == null ? null : facts.multiRegion(),
                merge.suggestion(Claim.wants(use, principals)));
    }

    public static List<BucketStatus> buckets(Assessment assessment) {
        return assessment.buckets().stream().map(StatusLines::line).toList();
    }

    private static BucketStatus line(BucketAssessment bucket) {
        Encryption encryption = bucket.encryption();
        return new BucketStatus(
                bucket.use().purpose(),
                bucket.use().name(),
                encryption == null ? null : encryption.algorithm(),
                encryption == null ? null : encryption.kmsKeyId(),
                encryption == null ? null : encryption.bucketKeyEnabled());
    }

    /**
     * The state in one word.
     *
     * @param previous what the status said before: once enabled, data exists under the keys, and whatever is wrong afterwards is
     *     {@code DEGRADED}
     */
    public static EncryptionState encryption(Assessment assessment, @Nullable EncryptionState previous) {
        if (!assessment.claim().hasCmek()) {
            return EncryptionState.DISABLED;
        }
        if (assessment.isEnabled()) {
            return EncryptionState.ENABLED;
        }
        if (previous == EncryptionState.ENABLED || previous == EncryptionState.DEGRADED) {
            return EncryptionState.DEGRADED;
        }
        boolean failed =
                assessment.claim().keys().stream().anyMatch(use -> assessment.lineState(use) == KeyLineState.FAILED);
        return failed ? EncryptionState.FAILED : EncryptionState.PENDING;
    }
}
