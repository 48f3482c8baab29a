package io.cmek.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.BucketStatus;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.KeyLineState;
import io.cmek.operator.api.v1alpha1.KeyStatus;
import io.cmek.operator.api.v1alpha1.PolicyManagement;
import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.bucket.BucketFacts.Encryption;
import io.cmek.operator.claim.Claim;
import io.cmek.operator.claim.ClaimsOf;
import io.cmek.operator.claim.Entitlements;
import io.cmek.operator.pipeline.Baseline;
import io.cmek.operator.policy.Grants;
import io.cmek.operator.policy.PolicyMerge;
import io.cmek.operator.policy.StatementKind;
import io.cmek.operator.tenancy.Tenants;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusLinesTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final Grants USE = Grants.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final PolicyMerge MERGE = new PolicyMerge("default");
    private static final Claim CLAIM = ClaimsOf.claim("team-a", "orders", 1, "orders-data");

    private final StatusLines lines =
            new StatusLines(MERGE, new Entitlements(new Tenants(List.of()), ClaimsOf.of()), Clock.systemUTC());

    @ParameterizedTest
    @ValueSource(strings = {"Enabled", "Updating"})
    void theStatusTellsWhatWasInPlace(String keyState) {
        assertThat(lines.baseline(CLAIM, workgroup(1, "True", keyState)))
                .isEqualTo(new Baseline(
                        Map.of(ClaimsOf.KEY, USE),
                        Map.of("orders-data", new Encryption("aws:kms", ClaimsOf.KEY.toString(), true, List.of())),
                        true));
    }

    @Test
    void aStatusOfAnotherSpecTellsNothing() {
        assertThat(lines.baseline(CLAIM, workgroup(0, "True", "Enabled"))).isEqualTo(Baseline.NONE);
        assertThat(lines.baseline(CLAIM, new Workgroup())).isEqualTo(Baseline.NONE);
    }

    @Test
    void aPolicyWasInPlaceOnlyWhereTheOperatorWroteIt() {
        Claim published = ClaimsOf.with(CLAIM, PolicyManagement.Publish, false);

        assertThat(lines.baseline(published, workgroup(1, "True", "Enabled")).granted())
                .isEmpty();
        assertThat(lines.baseline(CLAIM, workgroup(1, "False", "Enabled")).granted())
                .isEmpty();
        assertThat(lines.baseline(CLAIM, workgroup(1, "True", "Disabled")).granted())
                .isEmpty();
    }

    @Test
    void whatSomebodyWroteIntoTheStatusDoesNoHarm() {
        Workgroup workgroup = workgroup(1, "True", "Enabled");
        workgroup.setStatus(new WorkgroupStatus(
                1L,
                EncryptionState.ENABLED,
                List.of(
                        new KeyStatus(Purpose.Data, "no ARN", KeyLineState.ENABLED, "Enabled", null, "{"),
                        new KeyStatus(
                                Purpose.Backup, ClaimsOf.KEY.toString(), KeyLineState.ENABLED, "Enabled", null, "]}")),
                List.of(),
                null,
                null,
                workgroup.getStatus().conditions()));

        assertThat(lines.baseline(CLAIM, workgroup))
                .isEqualTo(new Baseline(Map.of(ClaimsOf.KEY, Grants.NONE), Map.of(), false));
    }

    private static Workgroup workgroup(long observed, String applied, String keyState) {
        var workgroup = new Workgroup();
        workgroup.getMetadata().setGeneration(1L);
        workgroup.setStatus(new WorkgroupStatus(
                observed,
                EncryptionState.ENABLED,
                List.of(new KeyStatus(
                        Purpose.Data,
                        ClaimsOf.KEY.toString(),
                        KeyLineState.ENABLED,
                        keyState,
                        false,
                        MERGE.suggestion(USE))),
                List.of(new BucketStatus(Purpose.Data, "orders-data", "aws:kms", ClaimsOf.KEY.toString(), true)),
                "cmek-team-a-orders",
                null,
                List.of(new Condition("PolicyApplied", applied, "Any", "Any.", observed, "2026-03-01T10:00:00Z"))));
        return workgroup;
    }
}
