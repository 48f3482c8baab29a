package io.cmek.operator.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.key.KeyArn;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VolumePlanTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final ClaimId OWNER = new ClaimId("Workgroup", "team-a", "orders");
    private static final StorageClassSpec DESIRED = desired(Map.of("type", "gp3"), ReclaimPolicy.Retain);

    @Test
    void theStorageClassIsThatOfTheDesign() {
        assertThat(DESIRED)
                .isEqualTo(new StorageClassSpec(
                        "cmek-team-a-orders",
                        "Workgroup team-a/orders",
                        "ebs.csi.aws.com",
                        Map.of("type", "gp3", "encrypted", "true", "kmsKeyId", KEY.toString()),
                        "Retain",
                        "WaitForFirstConsumer",
                        true));
    }

    @Test
    void parametersCannotTurnEncryptionOff() {
        assertThat(desired(Map.of("encrypted", "false", "kmsKeyId", "other"), ReclaimPolicy.Delete)
                        .parameters())
                .isEqualTo(Map.of("encrypted", "true", "kmsKeyId", KEY.toString()));
    }

    @Test
    void parametersInAnotherSpellingCannotEither() {
        // The EBS CSI driver compares names without case.
        assertThat(desired(Map.of("Encrypted", "false", "KMSKEYID", "other", "Type", "gp3"), ReclaimPolicy.Retain)
                        .parameters())
                .isEqualTo(Map.of("Type", "gp3", "encrypted", "true", "kmsKeyId", KEY.toString()));
    }

    @Test
    void isMadeWhereThereIsNone() {
        assertThat(VolumePlan.of(DESIRED, null)).isEqualTo(VolumePlan.Create);
    }

    @Test
    void isLeftWhereItIsAsItShouldBe() {
        assertThat(VolumePlan.of(DESIRED, DESIRED)).isEqualTo(VolumePlan.Nothing);
        assertThat(VolumePlan.Nothing.writes()).isFalse();
    }

    @Test
    void isReplacedWhereWhatCannotBeChangedDiffers() {
        assertThat(VolumePlan.of(DESIRED, desired(Map.of("type", "io2"), ReclaimPolicy.Retain)))
                .isEqualTo(VolumePlan.Replace);
        assertThat(VolumePlan.of(DESIRED, desired(Map.of("type", "gp3"), ReclaimPolicy.Delete)))
                .isEqualTo(VolumePlan.Replace);
        assertThat(VolumePlan.of(DESIRED, like("Workgroup team-a/orders", "other.csi", "WaitForFirstConsumer", true)))
                .isEqualTo(VolumePlan.Replace);
        assertThat(VolumePlan.of(DESIRED, like("Workgroup team-a/orders", "ebs.csi.aws.com", "Immediate", true)))
                .isEqualTo(VolumePlan.Replace);
    }

    @Test
    void isUpdatedWhereOnlyExpansionDiffers() {
        assertThat(VolumePlan.of(
                        DESIRED, like("Workgroup team-a/orders", "ebs.csi.aws.com", "WaitForFirstConsumer", false)))
                .isEqualTo(VolumePlan.Update);
    }

    @Test
    void namesWhatDiffers() {
        assertThat(DESIRED.differences(DESIRED)).isEmpty();
        assertThat(DESIRED.differences(new StorageClassSpec(
                        DESIRED.name(),
                        DESIRED.owner(),
                        "other.csi",
                        Map.of("type", "gp3", "encrypted", "false", "iops", "3000"),
                        "Delete",
                        "Immediate",
                        false)))
                .containsExactly(
                        "provisioner",
                        "parameters.encrypted",
                        "parameters.iops",
                        "parameters.kmsKeyId",
                        "reclaimPolicy",
                        "volumeBindingMode",
                        "allowVolumeExpansion");
    }

    @Test
    void isRefusedWhereItIsSomebodyElses() {
        assertThat(VolumePlan.of(DESIRED, like("", "ebs.csi.aws.com", "WaitForFirstConsumer", true)))
                .isEqualTo(VolumePlan.Refuse);
        // Namespace team, name a-orders: the same name of the StorageClass.
        assertThat(VolumePlan.of(
                        DESIRED, like("Workgroup team/a-orders", "ebs.csi.aws.com", "WaitForFirstConsumer", true)))
                .isEqualTo(VolumePlan.Refuse);
        assertThat(VolumePlan.Refuse.writes()).isFalse();
    }

    private static StorageClassSpec desired(Map<String, String> parameters, ReclaimPolicy reclaimPolicy) {
        return StorageClassSpec.desired(OWNER, new VolumeUse("cmek-team-a-orders", KEY, parameters, reclaimPolicy));
    }

    private static StorageClassSpec like(String owner, String provisioner, String binding, boolean expansion) {
        return new StorageClassSpec(
                DESIRED.name(), owner, provisioner, DESIRED.parameters(), DESIRED.reclaimPolicy(), binding, expansion);
    }
}
