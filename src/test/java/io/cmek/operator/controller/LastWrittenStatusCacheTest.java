package io.cmek.operator.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LastWrittenStatusCacheTest {

    private static final WorkgroupStatus OURS = status(EncryptionState.ENABLED);

    private final LastWrittenStatusCache written = new LastWrittenStatusCache();

    @Test
    void whatSaysWhatWasWrittenIsNoNews() {
        written.stands(version("1", OURS), OURS);

        assertThat(written.isLast(version("2", OURS), status(EncryptionState.ENABLED)))
                .isTrue();
    }

    @Test
    void aStatusThatWasChangedOrWipedIs() {
        written.stands(version("1", OURS), OURS);

        assertThat(written.isLast(version("2", null), status(EncryptionState.DISABLED)))
                .isFalse();
        assertThat(written.isLast(version("2", null), null)).isFalse();
    }

    @Test
    void whatWasNeverWrittenOrIsForgottenIsNewsAndNotOld() {
        written.wrote(version("1", null), OURS, "3");
        written.wrote(workgroup("uid-2", OURS), OURS, "5");
        written.forget("uid-1");

        assertThat(written.isLast(version("3", OURS), OURS)).isFalse();
        assertThat(written.isNewerThan(version("2", null))).isFalse();
        assertThat(written.isLast(workgroup("uid-2", OURS), OURS)).isTrue();
        assertThat(written.isEmpty()).isFalse();
        written.forget("uid-2");
        assertThat(written.isEmpty()).isTrue();
    }

    @Test
    void aCopyThatIsOlderThanTheLastWriteIsNotComputedFrom() {
        written.wrote(version("2", null), OURS, "3");
        written.wrote(version("3", OURS), OURS, "10");

        assertThat(List.of("2", "3", "9"))
                .allSatisfy(old ->
                        assertThat(written.isNewerThan(version(old, null))).isTrue());
        assertThat(List.of("10", "11"))
                .allSatisfy(other ->
                        assertThat(written.isNewerThan(version(other, null))).isFalse());
    }

    @Test
    void whatSomebodyElseWroteOverOursIsOverwritten() {
        assertThat(written.isOverwritten(version("1", OURS), OURS)).isFalse();

        written.wrote(version("1", null), OURS, "3");

        assertThat(written.isOverwritten(version("3", OURS), OURS)).isFalse();
        assertThat(written.isOverwritten(version("4", null), null)).isTrue();
        assertThat(written.isOverwritten(version("4", null), status(EncryptionState.DISABLED)))
                .isTrue();
    }

    /** Else the resource would be taken for an old copy for ever. */
    @Test
    void aWriteThatMadeNoNewVersionIsNotNewer() {
        written.wrote(version("2", OURS), OURS, "2");
        assertThat(written.isNewerThan(version("2", OURS))).isFalse();

        written.stands(version("2", OURS), OURS);
        assertThat(written.isNewerThan(version("2", OURS))).isFalse();
    }

    /** What stands is no write: the copy that the last one was made over is as old as before. */
    @Test
    void whatStandsLeavesTheVersionOfTheLastWrite() {
        WorkgroupStatus next = status(EncryptionState.DEGRADED);
        written.wrote(version("2", null), OURS, "3");
        written.stands(version("7", next), next);

        assertThat(written.isNewerThan(version("2", null))).isTrue();
        assertThat(written.isNewerThan(version("3", null))).isFalse();
        assertThat(written.isLast(version("7", next), next)).isTrue();
        assertThat(written.isLast(version("3", OURS), OURS)).isFalse();
    }

    /** The API server refuses a status over a version that is not the newest. */
    @Test
    void versionsThatAreNoNumbersCannotBeCompared() {
        written.wrote(version("2", null), OURS, "abc");
        assertThat(written.isNewerThan(version("1", null))).isFalse();

        written.wrote(version("2", null), OURS, "3");
        assertThat(written.isNewerThan(version("abc", null))).isFalse();
    }

    /** Of the same name, but not the same. */
    @Test
    void anotherResourceHasNothingOfItsPredecessor() {
        written.wrote(version("2", null), OURS, "30");

        assertThat(written.isNewerThan(workgroup("uid-2", null))).isFalse();
        assertThat(written.isLast(workgroup("uid-2", OURS), OURS)).isFalse();
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
        workgroup.setMetadata(new ObjectMetaBuilder()
                .withName("orders")
                .withUid(uid)
                .withResourceVersion("1")
                .build());
        workgroup.setStatus(status);
        return workgroup;
    }
}
