package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.OPERATOR_ROLE;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.docs.MarkdownPage;
import io.cmek.operator.testing.Alone;
import io.cmek.operator.testing.AuditLog;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorProcess;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.SideBySide;
import io.cmek.operator.testing.TestNamespace;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys whose policy only their owner writes: the operator shows what to write, and never writes. */
class PublishIT {

    private static final String PUBLISH = "policyManagement: Publish";

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    private LocalAws aws;
    private TestNamespace team;

    @BeforeEach
    void team() {
        aws = ENVIRONMENT.aws();
        team = ENVIRONMENT.team();
    }

    private final List<String> keys = new ArrayList<>();
    private boolean mayWrite;

    private String createKey() {
        keys.add(aws.createKey(REGION));
        return keys.getLast();
    }

    @AfterEach
    void noPolicyWasWritten() {
        if (!mayWrite) {
            assertThat(ENVIRONMENT.proxy().writesAbout(keys)).isEmpty();
        }
    }

    @SideBySide
    @Test
    void theOwnerPastesTheStatementsAndTheWorkgroupIsEnabled() {
        String key = createKey();
        String before = aws.policy(key).toString();
        team.apply(published("orders", key).toString());

        Condition lacking = team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");
        assertThat(lacking.message())
                .contains(
                        "the statements CmekOperatordefaultDataUse and CmekOperatordefaultDataGrants",
                        "Enable IAM User Permissions",
                        "kubectl get workgroup orders -n " + team.namespace()
                                + " -o jsonpath='{.status.keys[?(@.arn==\"" + key + "\")].suggestedPolicy}'");
        assertThat(aws.policy(key)).hasToString(before);

        paste(key, suggested("orders", "Data"));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(aws.encryption(REGION, team.namespace() + "-orders")
                        .applyServerSideEncryptionByDefault()
                        .kmsMasterKeyID())
                .isEqualTo(key);
    }

    @SideBySide
    @Test
    void onlyWhatIsStillMissingIsNamed() {
        String key = createKey();
        team.apply(published("orders", key).toString());
        team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");

        edit(key, statements -> {
            ObjectNode use = statements.addObject();
            use.put("Sid", "CmekOperatordefaultDataUse").put("Effect", "Allow").put("Resource", "*");
            use.putObject("Principal").put("AWS", OperatorTestExtension.DATA_PLANE);
            for (String action : new String[] {"Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "DescribeKey"}) {
                use.withArray("Action").add("kms:" + action);
            }
        });
        team.awaitWorkgroup("orders", "only the grants are missing", s -> {
            String message = TestNamespace.condition(s, "PolicyApplied").message();
            return message.contains("the statement CmekOperatordefaultDataGrants.")
                    && !message.contains("CmekOperatordefaultDataUse");
        });
    }

    @SideBySide
    @Test
    void theOwnerReadsWhichStatementKmsWouldRefuse() {
        String blocked = createKey();
        edit(blocked, statements -> statement(statements, "Left over", "Allow", "kms:*", "AROAEXAMPLEROLEID0001"));
        team.apply(published("orders", blocked).toString());

        assertThat(team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied")
                        .message())
                .contains("KMS refuses the policy", "'Left over'", "AROAEXAMPLEROLEID0001");

        edit(blocked, statements -> remove(statements, "Left over"));
        team.awaitWorkgroup(
                "orders",
                "nothing is in the way any more",
                s -> !TestNamespace.condition(s, "PolicyApplied").message().contains("Left over"));
        paste(blocked, suggested("orders", "Data"));
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
    }

    @SideBySide
    @Test
    void aPolicyThatCannotBeReadIsUnknown() {
        String closed = createKey();
        edit(closed, statements -> statement(statements, "Closed", "Deny", "kms:GetKeyPolicy", OPERATOR_ROLE));
        team.apply(published("orders", closed).toString());

        assertThat(team.awaitReason("orders", "PolicyApplied", "AccessDenied").message())
                .contains("could not be read", "kms:GetKeyPolicy");
    }

    /** A second policyManagement for the same key: from then on the operator writes what it had only shown. */
    @SideBySide
    @Test
    void managedWritesWhatPublishShowed() {
        String key = createKey();
        team.apply(published("orders", key).toString());
        team.awaitReason("orders", "PolicyApplied", "PolicyNotApplied");

        mayWrite = true;
        team.apply(workgroup("orders", key, team.namespace() + "-orders")
                .with("policyManagement: Managed")
                .toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        assertThat(aws.policy(key).toString()).contains("CmekOperatordefaultDataUse");
    }

    /**
     * Whoever has {@code edit} in a namespace makes ConfigMaps with any label. Forty of 1 MB, cached whole, were more than the operator's heap;
     * it must not even ask for them.
     */
    @Alone
    @Test
    void configMapsOfStrangersCostTheOperatorNothing() {
        String key = createKey();
        aws.setPolicy(key, withOurs(key));
        team.apply(published("orders", key).toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        AuditLog audit = ENVIRONMENT.audit();
        ENVIRONMENT.operator().close();
        String filler = "x".repeat(1_000_000);
        for (int i = 0; i < 40; i++) {
            ENVIRONMENT
                    .installation()
                    .client()
                    .resource(new ConfigMapBuilder()
                            .withNewMetadata()
                            .withName("filler-" + i)
                            .withNamespace(team.namespace())
                            .addToLabels("app.kubernetes.io/managed-by", "cmek-operator")
                            .addToLabels("cmek.io/content", "key-policy")
                            .endMetadata()
                            .addToData("filler", filler)
                            .build())
                    .create();
        }
        long mark = audit.mark();

        // The heap of the chart's container: half of its memory limit.
        try (OperatorProcess operator = ENVIRONMENT.launch(Map.of(), "-Xmx256m")) {
            operator.awaitReady();
            aws.disableKey(key);
            team.awaitReason("orders", "KeysUsable", "KeyDisabled");
        } finally {
            ENVIRONMENT.startOperator();
        }
        assertThat(audit.allOfOperatorSince(mark))
                .isNotEmpty()
                .noneMatch(request -> request.resource().equals("configmaps"));

        ENVIRONMENT.installation().kubectl().must(commandOfUpgradePage("kubectl delete configmaps"));
        assertThat(team.kubectl("get", "configmaps", "-o", "name").orThrow().output())
                .doesNotContain("filler");
    }

    @Alone
    @Test
    void aRestartWritesNothing() {
        String key = createKey();
        aws.setPolicy(key, withOurs(key));
        team.apply(published("orders", key).toString());
        team.awaitWorkgroup("orders", EncryptionState.ENABLED);
        AuditLog audit = ENVIRONMENT.audit();

        ENVIRONMENT.operator().close();
        long mark = audit.mark();
        ENVIRONMENT.proxy().resetCounts();
        ENVIRONMENT.startOperator();
        Awaitility.await("the policy was read again")
                .until(() -> ENVIRONMENT.proxy().count("kms:GetKeyPolicy") > 3);
        assertThat(ENVIRONMENT.proxy().writes()).isZero();
        assertThat(audit.ofOperatorSince(mark).stream()
                        .filter(AuditLog.Request::isWrite)
                        .filter(r -> r.name().startsWith(team.namespace() + "/")))
                .isEmpty();
    }

    private Manifests published(String name, String key) {
        return workgroup(name, key, team.namespace() + "-" + name).with(PUBLISH);
    }

    /** As a person gets it: docs/concepts.md. */
    private String suggested(String workgroup, String purpose) {
        return team.kubectl(
                        "get",
                        "wg",
                        workgroup,
                        "-o",
                        "jsonpath={.status.keys[?(@.purpose==\"" + purpose + "\")].suggestedPolicy}")
                .orThrow()
                .output();
    }

    /** As docs/upgrade.md has it: the first version left ConfigMaps with these labels behind. */
    private static String[] commandOfUpgradePage(String start) {
        return MarkdownPage.read(Path.of("docs", "upgrade.md")).blocks().stream()
                .flatMap(block -> block.text().lines())
                .map(String::strip)
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring("kubectl ".length()).split(" "))
                .findFirst()
                .orElseThrow();
    }

    private void paste(String key, String suggestedPolicy) {
        try {
            JsonNode added = new ObjectMapper().readTree("[" + suggestedPolicy + "]");
            edit(key, statements -> added.forEach(statements::add));
        } catch (JsonProcessingException e) {
            throw new AssertionError("suggestedPolicy is not a list of statements: " + suggestedPolicy, e);
        }
    }

    private String withOurs(String key) {
        var policy = aws.policy(key);
        ArrayNode statements = (ArrayNode) policy.get("Statement");
        statement(statements, "The service", "Allow", "kms:*", OperatorTestExtension.DATA_PLANE);
        return policy.toString();
    }

    private void edit(String key, Consumer<ArrayNode> change) {
        var policy = aws.policy(key);
        change.accept((ArrayNode) policy.get("Statement"));
        aws.setPolicy(key, policy.toString());
    }

    private static void statement(ArrayNode statements, String sid, String effect, String action, String principal) {
        statements
                .addObject()
                .put("Sid", sid)
                .put("Effect", effect)
                .put("Action", action)
                .put("Resource", "*")
                .putObject("Principal")
                .put("AWS", principal);
    }

    private static void remove(ArrayNode statements, String sid) {
        for (int i = statements.size() - 1; i >= 0; i--) {
            if (statements.get(i).path("Sid").asText().equals(sid)) {
                statements.remove(i);
            }
        }
    }
}
