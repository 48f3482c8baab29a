package io.cmek.operator.storageclass;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.ReclaimPolicy;
import io.cmek.operator.condition.DriftRepair;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import io.cmek.operator.request.VolumeUse;
import io.cmek.operator.storageclass.StorageClassPlan.Create;
import io.cmek.operator.storageclass.StorageClassPlan.KeepAway;
import io.cmek.operator.storageclass.StorageClassPlan.Nothing;
import io.cmek.operator.storageclass.StorageClassPlan.Refuse;
import io.cmek.operator.storageclass.StorageClassPlan.Remembered;
import io.cmek.operator.storageclass.StorageClassPlan.Replace;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StorageClassPlanTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final ResourceRef OWNER = new ResourceRef("Workgroup", "team-a", "orders");
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
        assertThat(plan(null)).isEqualTo(new Create(Set.of()));
    }

    @Test
    void isLeftWhereItIsAsItShouldBe() {
        assertThat(plan(DESIRED)).isEqualTo(new Nothing(DESIRED));
    }

    @ParameterizedTest
    @CsvSource({
        "encrypted, false, ENCRYPTED",
        "encrypted, True, ENCRYPTED",
        "Encrypted, false, ENCRYPTED",
        "kmsKeyId, alias/other, KMS_KEY_ID",
        "KMSKEYID, alias/other, KMS_KEY_ID",
    })
    void isReplacedWhereAParameterDecidesEncryptionOtherwise(String parameter, String value, Repair difference) {
        StorageClassSpec current = with(p -> {
            p.put(parameter, value);
            return p;
        });

        assertThat(DESIRED.decisiveDifferences(current)).containsExactly(difference);
        assertThat(plan(current)).isEqualTo(new Replace(Set.of(difference)));
    }

    @Test
    void isReplacedWhereAParameterThatDecidesIsGoneOrTheProvisionerIsAnother() {
        for (String parameter : new String[] {"encrypted", "kmsKeyId"}) {
            assertThat(plan(with(p -> {
                        p.remove(parameter);
                        return p;
                    })))
                    .isInstanceOf(Replace.class);
        }
        assertThat(plan(otherProvisioner())).isEqualTo(new Replace(Set.of(Repair.PROVISIONER)));
    }

    /** It encrypts the same. */
    @Test
    void isLeftWhereOnlyTheSpellingOfAParameterDiffers() {
        StorageClassSpec current = with(p -> {
            p.put("KmsKeyID", p.remove("kmsKeyId"));
            return p;
        });

        assertThat(plan(current)).isEqualTo(new Nothing(current));
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
        assertThat(plan(theirs)).isInstanceOfSatisfying(Refuse.class, refuse -> {
            assertThat(refuse.why().reason()).isEqualTo(Reason.StorageClassConflict);
            assertThat(refuse.why().message()).contains("cmek-team-a-orders", "does not belong to this resource");
        });
        // Namespace team, name a-orders: the same name of the StorageClass, even with the same key.
        assertThat(plan(StorageClassSpec.desired(
                        new ResourceRef("Workgroup", "team", "a-orders"),
                        new VolumeUse("cmek-team-a-orders", KEY, Map.of("type", "gp3"), ReclaimPolicy.Retain))))
                .isInstanceOf(Refuse.class);
    }

    @Test
    void oneThatWasInPlaceAndIsMissingIsPutBack() {
        assertThat(plan(null, new Remembered(true, false, false, Set.of(), Set.of())))
                .isEqualTo(new Create(Set.of(Repair.MISSING)));
        assertThat(plan(null, new Remembered(false, true, false, Set.of(), Set.of())))
                .isEqualTo(new Create(Set.of(Repair.MISSING)));
    }

    @Test
    void theSecondHalfOfAReplacementIsNoRepairOfItsOwn() {
        var remembered = new Remembered(true, true, true, Set.of(), Set.of(Repair.MISSING, Repair.KMS_KEY_ID));
        assertThat(plan(null, remembered)).isEqualTo(new Create(Set.of()));
    }

    @Test
    void whatWasPutBackTooOftenIsKeptAway() {
        var remembered = new Remembered(true, true, false, Set.of(), Set.of(Repair.PROVISIONER, Repair.MISSING));
        assertThat(plan(otherProvisioner(), remembered)).isEqualTo(new KeepAway(Set.of(Repair.PROVISIONER)));
        assertThat(plan(null, remembered)).isEqualTo(new KeepAway(Set.of(Repair.MISSING)));
        // Each by itself.
        StorageClassSpec unencrypted = with(p -> {
            p.put("encrypted", "false");
            return p;
        });
        assertThat(plan(unencrypted, remembered)).isEqualTo(new Replace(Set.of(Repair.ENCRYPTED)));
        assertThat(plan(DESIRED, remembered)).isEqualTo(new Nothing(DESIRED));
    }

    @Test
    void whatIsContestedIsMadeAgainWhenAllOfItMayBePutBack() {
        Set<Repair> contested = Set.of(Repair.PROVISIONER, Repair.ENCRYPTED);
        assertThat(plan(null, new Remembered(false, true, false, contested, Set.of(Repair.ENCRYPTED))))
                .isEqualTo(new KeepAway(contested));
        assertThat(plan(null, new Remembered(false, true, false, contested, Set.of(Repair.MISSING))))
                .isEqualTo(new Create(contested));
    }

    @Test
    void aChangeIsReportedWhereItHadBeenInPlace() {
        var replace = new Replace(Set.of(Repair.PROVISIONER, Repair.KMS_KEY_ID));
        assertThat(replace.drift("c", new Remembered(false, true, false, Set.of(), Set.of()), " by 'x'"))
                .contains(new DriftRepair(
                        DriftRepair.What.STORAGE_CLASS,
                        "The StorageClass c had been changed by 'x': parameters.kmsKeyId, provisioner. The operator restored it.",
                        false));
        assertThat(replace.drift("c", Remembered.NOTHING, "")).isEmpty();
    }

    /** Between the last status and this process, the operator itself may have deleted it. */
    @Test
    void nobodyIsAccusedOfADeletionThatThisProcessDidNotSee() {
        var create = new Create(Set.of(Repair.MISSING));
        assertThat(create.drift("c", new Remembered(true, false, false, Set.of(), Set.of()), ""))
                .hasValueSatisfying(d -> assertThat(d.note())
                        .isEqualTo("The StorageClass c was missing. The operator created it again; existing volumes"
                                + " do not need it."));
        assertThat(create.drift("c", new Remembered(true, true, false, Set.of(), Set.of()), ""))
                .hasValueSatisfying(d -> assertThat(d.note()).startsWith("The StorageClass c had been deleted. "));
        assertThat(create.drift("c", new Remembered(false, true, false, Set.of(), Set.of()), ""))
                .isEmpty();
    }

    @Test
    void whatPutsNothingBackIsNoDrift() {
        var remembered = new Remembered(true, true, false, Set.of(), Set.of());
        for (StorageClassPlan plan : new StorageClassPlan[] {
            plan(DESIRED), new Create(Set.of()), new KeepAway(Set.of(Repair.MISSING)), plan(otherOwner())
        }) {
            assertThat(plan.drift("c", remembered, "")).as(plan.toString()).isEmpty();
        }
    }

    private static StorageClassPlan plan(@Nullable StorageClassSpec current) {
        return plan(current, Remembered.NOTHING);
    }

    private static StorageClassPlan plan(@Nullable StorageClassSpec current, Remembered remembered) {
        return StorageClassPlan.of(DESIRED, current, remembered);
    }

    private static StorageClassSpec otherOwner() {
        return StorageClassSpec.desired(
                new ResourceRef("Workgroup", "team-b", "orders"),
                new VolumeUse(DESIRED.name(), KEY, Map.of(), ReclaimPolicy.Retain));
    }

    private static StorageClassSpec otherProvisioner() {
        return new StorageClassSpec(
                DESIRED.name(),
                DESIRED.labels(),
                "other.csi",
                DESIRED.parameters(),
                "Retain",
                "WaitForFirstConsumer",
                true);
    }

    @Property(tries = 500)
    void whatDoesNotDecideEncryptionIsLeftWhateverItIs(@ForAll("undecided") StorageClassSpec current) {
        assertThat(plan(current)).isEqualTo(new Nothing(current));
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
