package io.cmek.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportedTest {

    private static final WorkgroupStatus OURS = status(EncryptionState.ENABLED);

    private final Reported reported = new Reported();

    @Test
    void whatSaysWhatWasReportedIsNotAltered() {
        reported.stands(workgroup("uid-1", OURS), OURS);

        assertThat(reported.isAltered(workgroup("uid-1", status(EncryptionState.ENABLED))))
                .isFalse();
    }

    @Test
    void aStatusThatWasChangedOrWipedIs() {
        reported.stands(workgroup("uid-1", OURS), OURS);

        assertThat(reported.isAltered(workgroup("uid-1", status(EncryptionState.DISABLED))))
                .isTrue();
        assertThat(reported.isAltered(workgroup("uid-1", null))).isTrue();
    }

    /** Nothing is known of it yet: it is reconciled anyway. */
    @Test
    void whatWasNeverReportedOrIsForgottenIsNot() {
        reported.stands(workgroup("uid-1", OURS), OURS);
        reported.stands(workgroup("uid-2", OURS), OURS);

        reported.keep(Set.of("uid-2"));

        assertThat(reported.isAltered(workgroup("uid-1", null))).isFalse();
        assertThat(reported.isAltered(workgroup("uid-2", null))).isTrue();
        assertThat(reported.isAltered(workgroup("uid-3", OURS))).isFalse();
    }

    @Test
    void aCopyThatAReportWasWrittenOverIsReplacedAndTheOneThatCameOfItIsNot() {
        reported.written(version("3", OURS), OURS, "2");
        reported.written(version("4", OURS), OURS, "3");

        assertThat(List.of("2", "3"))
                .allSatisfy(old ->
                        assertThat(reported.isReplaced(version(old, null))).isTrue());
        assertThat(List.of("1", "4", "5"))
                .allSatisfy(other ->
                        assertThat(reported.isReplaced(version(other, null))).isFalse());
    }

    /** Else the resource would be taken for an old copy for ever. */
    @Test
    void aWriteThatMadeNoNewVersionReplacesNothing() {
        reported.written(version("2", OURS), OURS, "2");
        assertThat(reported.isReplaced(version("2", OURS))).isFalse();

        reported.stands(version("2", OURS), OURS);
        assertThat(reported.isReplaced(version("2", OURS))).isFalse();
    }

    private static Workgroup version(String resourceVersion, @Nullable WorkgroupStatus status) {
        Workgroup workgroup = workgroup("uid-1", status);
        workgroup.getMetadata().setResourceVersion(resourceVersion);
        return workgroup;
    }

    private static WorkgroupStatus status(EncryptionState encryption) {
        return new WorkgroupStatus(1L, encryption, List.of(), List.of(), null, null, null, List.of());
    }

    private static Workgroup workgroup(String uid, @Nullable WorkgroupStatus status) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(
                new ObjectMetaBuilder().withName("orders").withUid(uid).build());
        workgroup.setStatus(status);
        return workgroup;
    }
}
