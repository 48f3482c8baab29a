package io.cmek.operator.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.claim.ClaimId;
import io.cmek.operator.claim.VolumeUse;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.volume.StorageClassSpec.Decisive;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                        Map.of(
                                "app.kubernetes.io/managed-by", "cmek-operator",
                                "cmek.io/owner-kind", "Workgroup",
                                "cmek.io/owner-namespace", "team-a",
                                "cmek.io/owner-name", "orders"),
                        "ebs.csi.aws.com",
                        Map.of("type", "gp3", "encrypted", "true", "kmsKeyId", KEY.toString()),
                        "Retain",
                        "WaitForFirstConsumer",
                        true));
        assertThat(DESIRED.owner()).contains(OWNER);
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

    @ParameterizedTest
    @CsvSource({
        "encrypted, false, ENCRYPTED",
        "encrypted, True, ENCRYPTED",
        "Encrypted, false, ENCRYPTED",
        "kmsKeyId, alias/other, KMS_KEY_ID",
        "KMSKEYID, alias/other, KMS_KEY_ID",
    })
    void isReplacedWhereAParameterDecidesEncryptionOtherwise(String parameter, String value, Decisive difference) {
        StorageClassSpec current = with(p -> {
            p.put(parameter, value);
            return p;
        });

        assertThat(DESIRED.decisiveDifferences(current)).containsExactly(difference);
        assertThat(VolumePlan.of(DESIRED, current)).isEqualTo(VolumePlan.Replace);
    }

    @Test
    void isReplacedWhereAParameterThatDecidesIsGoneOrTheProvisionerIsAnother() {
        for (String parameter : new String[] {"encrypted", "kmsKeyId"}) {
            assertThat(VolumePlan.of(DESIRED, with(p -> {
                        p.remove(parameter);
                        return p;
                    })))
                    .isEqualTo(VolumePlan.Replace);
        }
        assertThat(VolumePlan.of(
                        DESIRED,
                        new StorageClassSpec(
                                DESIRED.name(),
                                DESIRED.labels(),
                                "other.csi",
                                DESIRED.parameters(),
                                "Retain",
                                "WaitForFirstConsumer",
                                true)))
                .isEqualTo(VolumePlan.Replace);
    }

    /** It encrypts the same. */
    @Test
    void isLeftWhereOnlyTheSpellingOfAParameterDiffers() {
        StorageClassSpec current = with(p -> {
            p.put("KmsKeyID", p.remove("kmsKeyId"));
            return p;
        });

        assertThat(VolumePlan.of(DESIRED, current)).isEqualTo(VolumePlan.Nothing);
        assertThat(DESIRED.differences(current)).containsExactly("parameters.KmsKeyID", "parameters.kmsKeyId");
    }

    @Test
    void namesWhatDiffers() {
        var labels = new HashMap<>(DESIRED.labels());
        labels.put("team", "x");
        labels.remove("app.kubernetes.io/managed-by");

        assertThat(DESIRED.differences(DESIRED)).isEmpty();
        assertThat(DESIRED.differences(new StorageClassSpec(
                        DESIRED.name(),
                        labels,
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
                        "allowVolumeExpansion",
                        "labels.app.kubernetes.io/managed-by",
                        "labels.team");
    }

    @Test
    void isRefusedWhereItIsSomebodyElses() {
        StorageClassSpec theirs =
                new StorageClassSpec(DESIRED.name(), Map.of(), "theirs.csi", Map.of(), "Delete", "Immediate", false);
        assertThat(VolumePlan.of(DESIRED, theirs)).isEqualTo(VolumePlan.Refuse);
        // Namespace team, name a-orders: the same name of the StorageClass, even with the same key.
        assertThat(VolumePlan.of(
                        DESIRED,
                        StorageClassSpec.desired(
                                new ClaimId("Workgroup", "team", "a-orders"),
                                new VolumeUse("cmek-team-a-orders", KEY, Map.of("type", "gp3"), ReclaimPolicy.Retain))))
                .isEqualTo(VolumePlan.Refuse);
        assertThat(VolumePlan.Refuse.writes()).isFalse();
    }

    @Property(tries = 500)
    void whatDoesNotDecideEncryptionIsLeftWhateverItIs(@ForAll("undecided") StorageClassSpec current) {
        assertThat(VolumePlan.of(DESIRED, current)).isEqualTo(VolumePlan.Nothing);
        assertThat(DESIRED.differences(current).isEmpty()).isEqualTo(DESIRED.equals(current));
    }

    @Provide
    static Arbitrary<StorageClassSpec> undecided() {
        Arbitrary<Map<String, String>> parameters = Arbitraries.maps(
                Arbitraries.of("type", "iops", "tagSpecification_1", "fsType", "blockExpress", "x y"),
                Arbitraries.strings().ofMaxLength(5));
        Arbitrary<Map<String, String>> labels = Arbitraries.maps(
                Arbitraries.of("team", "app.kubernetes.io/managed-by", "argocd.argoproj.io/instance"),
                Arbitraries.strings().alpha().ofMaxLength(5));
        return Combinators.combine(
                        parameters,
                        labels,
                        Arbitraries.of("Retain", "Delete", ""),
                        Arbitraries.of("WaitForFirstConsumer", "Immediate", ""),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false))
                .as((p, l, reclaim, binding, expansion, labelled) -> {
                    var all = new HashMap<>(p);
                    all.put("encrypted", "true");
                    all.put("kmsKeyId", KEY.toString());
                    var named = new HashMap<>(labelled ? DESIRED.labels() : Map.<String, String>of());
                    named.putAll(l);
                    return new StorageClassSpec(
                            DESIRED.name(), named, "ebs.csi.aws.com", all, reclaim, binding, expansion);
                });
    }

    private static StorageClassSpec with(UnaryOperator<Map<String, String>> change) {
        return new StorageClassSpec(
                DESIRED.name(),
                DESIRED.labels(),
                DESIRED.provisioner(),
                change.apply(new HashMap<>(DESIRED.parameters())),
                DESIRED.reclaimPolicy(),
                DESIRED.volumeBindingMode(),
                DESIRED.allowVolumeExpansion());
    }

    private static StorageClassSpec desired(Map<String, String> parameters, ReclaimPolicy reclaimPolicy) {
        return StorageClassSpec.desired(OWNER, new VolumeUse("cmek-team-a-orders", KEY, parameters, reclaimPolicy));
    }
}
