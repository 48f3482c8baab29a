package io.cmek.operator.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Conditions;
import io.cmek.operator.condition.Reason;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LoadState;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.compiler.LuaC;
import org.luaj.vm2.lib.BaseLib;
import org.luaj.vm2.lib.PackageLib;
import org.luaj.vm2.lib.TableLib;

/** docs/argocd/health.lua, run as Argo CD runs it, over statuses that the operator's own code derives. */
class ArgoHealthTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long GENERATION = 3;
    private static final ConditionResult ALL_GOOD =
            ConditionResult.ofTrue(Reason.Ready, "Buckets and volumes are encrypted.");

    /** What Argo CD reads from the table that the script returns. */
    private record Health(String status, String message) {}

    @Test
    void aResourceWithoutStatusIsProgressing() throws IOException {
        var unreported = new Health("Progressing", "The operator has not reported a status yet.");
        assertThat(healthOf(workgroup(null))).isEqualTo(unreported);
        var empty = new WorkgroupStatus(null, null, List.of(), List.of(), null, null, null, List.of());
        assertThat(healthOf(workgroup(empty))).isEqualTo(unreported);
        var withoutConditions = new WorkgroupStatus(
                GENERATION, EncryptionState.PENDING, List.of(), List.of(), null, null, null, List.of());
        assertThat(healthOf(workgroup(withoutConditions))).isEqualTo(unreported);
    }

    @Test
    void aStatusThatHasNotSeenTheLastEditIsProgressing() throws IOException {
        for (long other : List.of(GENERATION - 1, GENERATION + 1)) {
            var stale = new WorkgroupStatus(
                    other, EncryptionState.ENABLED, List.of(), List.of(), null, null, null, conditions(Map.of()));
            assertThat(healthOf(workgroup(stale)))
                    .isEqualTo(new Health("Progressing", "The operator has not seen the last edit yet."));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = EncryptionState.class,
            names = {"ENABLED", "DISABLED"})
    void readyIsHealthy(EncryptionState encryption) throws IOException {
        assertThat(healthOf(workgroup(status(encryption, Map.of()))))
                .isEqualTo(new Health("Healthy", ALL_GOOD.message()));
        assertThat(healthOf(replica(encryption, Map.of()))).isEqualTo(new Health("Healthy", ALL_GOOD.message()));
    }

    static Stream<Reason> reasonsOfBadNews() {
        return Arrays.stream(Reason.values())
                .filter(r -> r.uses().stream().anyMatch(use -> use.status() != Status.True));
    }

    @ParameterizedTest
    @MethodSource("reasonsOfBadNews")
    void whatNeedsAPersonIsDegradedAndAllElseProgressing(Reason reason) throws IOException {
        for (Reason.Use use : reason.uses()) {
            if (use.status() != Status.True && use.type() != ConditionType.Deletable) {
                var bad = Map.of(use.type(), new ConditionResult(use.status(), reason, "Why."));
                var expected = new Health(reason.requiresUserAction() ? "Degraded" : "Progressing", "Why.");
                assertThat(healthOf(workgroup(status(EncryptionState.PENDING, bad))))
                        .isEqualTo(expected);
                if (use.type().onBothKinds()) {
                    assertThat(healthOf(replica(EncryptionState.PENDING, bad))).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aDatabaseThatWaitsForAReplicaCmekIsWaitedFor() throws IOException {
        var waiting = Map.of(
                ConditionType.ReplicationAllowed,
                ConditionResult.ofFalse(Reason.SecondaryCmekRequired, "The database crm waits."),
                ConditionType.FailoverReady,
                ConditionResult.ofFalse(Reason.SecondaryCmekRequired, "The service cannot run there."));
        assertThat(healthOf(workgroup(status(EncryptionState.ENABLED, waiting))))
                .isEqualTo(new Health("Progressing", "The database crm waits."));
    }

    @ParameterizedTest
    @EnumSource(
            value = EncryptionState.class,
            names = {"DEGRADED", "FAILED"})
    void whatWasEnabledAndIsWrongNowIsDegradedEvenIfItMayRecover(EncryptionState encryption) throws IOException {
        var unreachable = Map.of(
                ConditionType.KeysUsable,
                ConditionResult.ofUnknown(Reason.AwsUnavailable, "AWS could not be reached."));
        assertThat(healthOf(workgroup(status(encryption, unreachable))))
                .isEqualTo(new Health("Degraded", "AWS could not be reached."));
        assertThat(healthOf(replica(encryption, unreachable)))
                .isEqualTo(new Health("Degraded", "AWS could not be reached."));
    }

    @Test
    void whatWasEnabledAndCannotBeReadIsUnknownUnlessAPersonHasToAct() throws IOException {
        var unreachable = Map.of(
                ConditionType.KeysUsable,
                ConditionResult.ofUnknown(Reason.AwsUnavailable, "AWS could not be reached."));
        var unknown = new Health("Unknown", "AWS could not be reached.");
        assertThat(healthOf(workgroup(status(EncryptionState.UNKNOWN, unreachable))))
                .isEqualTo(unknown);
        assertThat(healthOf(replica(EncryptionState.UNKNOWN, unreachable))).isEqualTo(unknown);

        var contested =
                Map.of(ConditionType.VolumesEncrypted, ConditionResult.ofFalse(Reason.Contested, "It is contested."));
        assertThat(healthOf(workgroup(status(EncryptionState.UNKNOWN, contested))))
                .isEqualTo(new Health("Degraded", "It is contested."));
    }

    @Test
    void aResourceThatIsBeingDeletedIsProgressingWhateverItsStatusSays() throws IOException {
        Workgroup leaving = workgroup(status(EncryptionState.ENABLED, Map.of()));
        leaving.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertThat(healthOf(leaving)).isEqualTo(new Health("Progressing", "The resource is being deleted."));

        var inUse = Map.of(ConditionType.Deletable, ConditionResult.ofFalse(Reason.InUse, "The ReplicaCmek stays."));
        ReplicaCmek held = replica(EncryptionState.ENABLED, inUse);
        held.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertThat(healthOf(held)).isEqualTo(new Health("Progressing", "The ReplicaCmek stays."));

        Workgroup unseen = workgroup(null);
        unseen.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertThat(healthOf(unseen)).extracting(Health::status).isEqualTo("Progressing");
    }

    private static List<Condition> conditions(Map<ConditionType, ConditionResult> results) {
        return Conditions.of(List.of(), results, ALL_GOOD, GENERATION, Instant.EPOCH);
    }

    private static WorkgroupStatus status(EncryptionState encryption, Map<ConditionType, ConditionResult> results) {
        return new WorkgroupStatus(GENERATION, encryption, List.of(), List.of(), null, null, null, conditions(results));
    }

    private static Workgroup workgroup(WorkgroupStatus status) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(new ObjectMetaBuilder()
                .withName("orders")
                .withGeneration(GENERATION)
                .build());
        workgroup.setStatus(status);
        return workgroup;
    }

    private static ReplicaCmek replica(EncryptionState encryption, Map<ConditionType, ConditionResult> results) {
        var replica = new ReplicaCmek();
        replica.setMetadata(new ObjectMetaBuilder()
                .withName("orders-us-west-2")
                .withGeneration(GENERATION)
                .build());
        replica.setStatus(
                new ReplicaCmekStatus(GENERATION, encryption, List.of(), List.of(), null, null, conditions(results)));
        return replica;
    }

    /** Argo CD opens the base, package and table libraries, sets {@code obj}, and accepts these statuses. */
    private static Health healthOf(HasMetadata resource) throws IOException {
        var lua = new Globals();
        lua.load(new BaseLib());
        lua.load(new PackageLib());
        lua.load(new TableLib());
        LoadState.install(lua);
        LuaC.install(lua);
        lua.set("obj", lua(JSON.valueToTree(resource)));
        LuaValue answer = lua.load(Files.readString(Path.of("docs", "argocd", "health.lua")), "health.lua")
                .call();
        var health = new Health(
                answer.get("status").checkjstring(), answer.get("message").checkjstring());
        assertThat(health.status()).isIn("Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown");
        return health;
    }

    private static LuaValue lua(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> {
                var table = new LuaTable();
                ((ObjectNode) node).properties().forEach(member -> table.set(member.getKey(), lua(member.getValue())));
                yield table;
            }
            case ARRAY -> {
                var table = new LuaTable();
                node.forEach(element -> table.set(table.length() + 1, lua(element)));
                yield table;
            }
            case BOOLEAN -> LuaValue.valueOf(node.booleanValue());
            case NUMBER -> LuaValue.valueOf(node.doubleValue());
            case STRING -> LuaValue.valueOf(node.textValue());
            default -> LuaValue.NIL;
        };
    }
}
