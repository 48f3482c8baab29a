package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single cases of the merge, each with the document that it is about. */
class PolicyMergeTest {

    private static final String DATA = "arn:aws:iam::111122223333:role/data-plane";
    private static final String OTHER = "arn:aws:iam::111122223333:role/other";
    private static final AccessRequirements USE = AccessRequirements.of(StatementKind.DATA_USE, Set.of(DATA));
    private static final AccessRequirements CREATE_GRANTS =
            AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(DATA));

    private final PolicyMerge merge = new PolicyMerge("prod1");

    @Test
    void writesTheStatementsOfTheDesign() {
        PolicyDocument policy = Policies.parse("{\"Version\":\"2012-10-17\",\"Statement\":[]}");

        assertThat(write(merge.grow(policy, USE.plus(CREATE_GRANTS)))).isEqualTo(Policies.parse("""
                {"Version":"2012-10-17","Statement":[
                  {"Sid":"CmekOperatorprod1DataUse","Effect":"Allow",
                   "Principal":{"AWS":"arn:aws:iam::111122223333:role/data-plane"},
                   "Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],
                   "Resource":"*"},
                  {"Sid":"CmekOperatorprod1DataGrants","Effect":"Allow",
                   "Principal":{"AWS":"arn:aws:iam::111122223333:role/data-plane"},
                   "Action":["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"],
                   "Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}}]}
                """));
    }

    @Test
    void saysWhichStatementsChange() {
        MergeResult result = merge.grow(ours("DataUse", OTHER, "kms:Decrypt", ""), USE.plus(CREATE_GRANTS));

        assertThat(((MergeResult.Write) result).changedSids())
                .containsExactly("CmekOperatorprod1DataUse", "CmekOperatorprod1DataGrants");
    }

    @Test
    void namesWhatWasTakenFromOurStatements() {
        AccessRequirements both = AccessRequirements.of(StatementKind.DATA_USE, Set.of(DATA, OTHER))
                .plus(CREATE_GRANTS);
        PolicyDocument narrowed = ours(
                "DataUse",
                DATA,
                "kms:Encrypt\",\"kms:Decrypt\",\"kms:DescribeKey",
                ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}");

        assertThat(merge.losses(narrowed, both))
                .containsExactly(
                        "the statement 'CmekOperatorprod1DataUse' no longer named " + OTHER
                                + " and no longer allowed kms:ReEncrypt*, kms:GenerateDataKey* and had another Condition",
                        "the statement 'CmekOperatorprod1DataGrants' had been removed");
        assertThat(merge.losses(write(merge.grow(narrowed, both)), both)).isEmpty();
        assertThat(merge.losses(narrowed, AccessRequirements.NONE)).isEmpty();
    }

    @Test
    void readsItsOwnSuggestion() {
        AccessRequirements wanted = USE.plus(CREATE_GRANTS);

        assertThat(merge.given(merge.suggestion(wanted))).isEqualTo(wanted);
        assertThat(merge.given("")).isEqualTo(AccessRequirements.NONE);
        assertThat(merge.given("no JSON")).isEqualTo(AccessRequirements.NONE);
        assertThat(merge.given("]}")).isEqualTo(AccessRequirements.NONE);
    }

    @Test
    void givesBackActionsThatSomebodyTookAway() {
        PolicyDocument after = write(merge.grow(ours("DataUse", DATA, "kms:Decrypt", ""), USE));

        assertThat(after.statements().getFirst().strings("Action"))
                .containsExactlyElementsOf(StatementKind.DATA_USE.actions());
    }

    @Test
    void keepsActionsThatSomebodyAdded() {
        PolicyDocument after = write(merge.grow(ours("DataUse", DATA, "kms:TagResource\",\"KMS:DECRYPT", ""), USE));

        assertThat(after.statements().getFirst().strings("Action"))
                .containsAll(StatementKind.DATA_USE.actions())
                .contains("kms:TagResource")
                .hasSize(StatementKind.DATA_USE.actions().size() + 1);
    }

    @Test
    void isContentWithAddedActions() {
        PolicyDocument policy = ours(
                "DataUse", DATA, String.join("\",\"", StatementKind.DATA_USE.actions()) + "\",\"kms:TagResource", "");

        assertThat(merge.grow(policy, USE)).isEqualTo(new MergeResult.InPlace());
    }

    @Test
    void takesAwayAConditionThatNarrowsOurs() {
        PolicyDocument policy = ours(
                "DataUse",
                DATA,
                String.join("\",\"", StatementKind.DATA_USE.actions()),
                ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}");

        assertThat(write(merge.grow(policy, USE)).statements().getFirst().has("Condition"))
                .isFalse();
    }

    @Test
    void givesBackTheConditionOfTheGrants() {
        PolicyDocument policy = ours("DataGrants", DATA, String.join("\",\"", StatementKind.DATA_GRANTS.actions()), "");

        assertThat(PolicyMerge.hasConditionOf(
                        write(merge.grow(policy, CREATE_GRANTS)).statements().getFirst(), StatementKind.DATA_GRANTS))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"Bool\":{\"kms:GrantIsForAWSResource\":\"false\"}}",
                "{\"Bool\":{\"kms:GrantIsForAWSResource\":[]}}",
                "{\"Bool\":{\"kms:GrantIsForAWSResource\":[\"true\",\"false\"]}}",
                "{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\",\"aws:SecureTransport\":\"true\"}}",
                "{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"},\"StringEquals\":{\"kms:ViaService\":\"x\"}}",
                "{\"BoolIfExists\":{\"kms:GrantIsForAWSResource\":\"true\"}}",
                "{\"Bool\":\"kms:GrantIsForAWSResource\"}",
                "[]",
                "\"\"",
                "null",
            })
    void repairsAnyOtherConditionOfTheGrants(String condition) {
        PolicyDocument policy = ours(
                "DataGrants",
                DATA,
                String.join("\",\"", StatementKind.DATA_GRANTS.actions()),
                ",\"Condition\":" + condition);

        assertThat(write(merge.grow(policy, CREATE_GRANTS))
                        .statements()
                        .getFirst()
                        .json()
                        .get("Condition"))
                .hasToString("{\"Bool\":{\"kms:GrantIsForAWSResource\":\"true\"}}");
    }

    @Test
    void dropsDeadPrincipalsFromOursOnlyWhenItWritesAnyway() {
        String dead = "AROAEXAMPLEROLEID0001";
        PolicyDocument policy = write(merge.grow(Policies.parse("{}"), USE));
        PolicyDocument withDead =
                Policies.parse(policy.text().replace("\"" + DATA + "\"", "[\"" + dead + "\",\"" + DATA + "\"]"));

        assertThat(merge.grow(withDead, USE)).isEqualTo(new MergeResult.InPlace());
        assertThat(write(merge.grow(withDead, AccessRequirements.of(StatementKind.DATA_USE, Set.of(OTHER))))
                        .statements()
                        .getFirst()
                        .awsPrincipals("Principal"))
                .containsExactly(DATA, OTHER);
    }

    private static PolicyDocument of(String... statements) {
        return Policies.parse("{\"Statement\":[" + String.join(",", statements) + "]}");
    }

    private static String other(String sid, String action) {
        return "{\"Sid\":\"%s\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":%s,\"Resource\":\"*\"}"
                .formatted(sid, action);
    }

    @Test
    void replaysWhatOthersAddedAndRevisedAndNamesWhatTheyRemoved() {
        String a = other("A", "\"kms:Decrypt\"");
        String b = other("B", "\"kms:Decrypt\"");
        PolicyDocument base = of(a, b);
        PolicyDocument ours = write(merge.grow(base, USE));
        String revised = other("A", "\"kms:Encrypt\"");
        String added = other("C", "\"kms:Decrypt\"");

        PolicyMerge.Replay replay = merge.replay(base, of(revised, added), ours);

        assertThat(replay.restored()).containsExactly("'A'", "'C'");
        assertThat(replay.returned()).containsExactly("'B'");
        assertThat(replay.policy().statements().stream().map(Statement::sid))
                .containsExactly("A", "B", "CmekOperatorprod1DataUse", "C");
        assertThat(replay.policy().statements().getFirst().strings("Action")).containsExactly("kms:Encrypt");
        assertThat(merge.owned(replay.policy())).isEqualTo(USE);
        assertThat(merge.replay(base, of(revised, added), replay.policy()).restored())
                .isEmpty();
    }

    @Test
    void replaysNothingThatItsOwnerHasChangedSinceNorWhatDiffersInShapeAlone() {
        PolicyDocument base = of(other("A", "\"kms:Decrypt\""));
        PolicyDocument theirs = of(other("A", "\"kms:Encrypt\""));
        PolicyDocument since = of(other("A", "\"kms:Verify\""));
        assertThat(merge.replay(base, theirs, since)).isEqualTo(new PolicyMerge.Replay(since, List.of(), List.of()));

        PolicyDocument otherShape = of(other("A", "[\"kms:Decrypt\"]"));
        assertThat(merge.replay(base, otherShape, base)).isEqualTo(new PolicyMerge.Replay(base, List.of(), List.of()));
    }

    /** Our own statements in it are ours to grow. */
    @Test
    void replaysNoStatementOfOurs() {
        PolicyDocument base = of(other("A", "\"kms:Decrypt\""));
        PolicyDocument ours = write(merge.grow(base, USE));
        assertThat(merge.replay(base, write(merge.grow(base, CREATE_GRANTS)), ours))
                .isEqualTo(new PolicyMerge.Replay(ours, List.of(), List.of()));
    }

    /** KMS refuses a document for every dead principal in it, wherever that is. */
    @Test
    void dropsDeadPrincipalsFromAllOfOursWhenItWritesOne() {
        String dead = "AROAEXAMPLEROLEID0001";
        PolicyDocument policy = write(merge.grow(Policies.parse("{}"), USE.plus(CREATE_GRANTS)));
        PolicyDocument withDead =
                Policies.parse(policy.text().replaceFirst("\"" + DATA + "\"", "[\"" + dead + "\",\"" + DATA + "\"]"));
        AccessRequirements more = AccessRequirements.of(StatementKind.BACKUP_USE, Set.of(OTHER));

        PolicyDocument grown = write(merge.grow(withDead, more));
        assertThat(grown.text()).doesNotContain(dead);
        assertThat(merge.owned(grown)).isEqualTo(USE.plus(CREATE_GRANTS).plus(more));
        assertThat(merge.owned(write(merge.release(withDead, CREATE_GRANTS, AccessRequirements.NONE))))
                .isEqualTo(USE);

        PolicyDocument onlyDead = Policies.parse(policy.text().replaceFirst("\"" + DATA + "\"", "\"" + dead + "\""));
        assertThat(merge.owned(write(merge.grow(onlyDead, more)))).isEqualTo(CREATE_GRANTS.plus(more));
    }

    @Test
    void namesAHostileSidInOneLine() {
        PolicyDocument policy = Policies.parse("{\"Statement\":{\"Sid\":\"Read\\nERROR all keys are lost\\u001b[31m"
                + "x".repeat(1000) + "\",\"Effect\":\"Allow\"}}");

        assertThat(merge.grow(policy, USE))
                .isInstanceOfSatisfying(
                        MergeResult.Blocked.class,
                        blocked -> assertThat(blocked.problems().getFirst().message())
                                .contains("'Read?ERROR all keys are lost?[31mxxx")
                                .hasSizeLessThan(400)
                                .doesNotContainPattern("[\\p{Cc}]"));
    }

    @Test
    void replacesADeadPrincipalThatWasTheOnlyOne() {
        PolicyDocument policy = ours("DataUse", "AIDAEXAMPLEUSERID0001", "kms:Decrypt", "");

        assertThat(write(merge.grow(policy, USE)).statements().getFirst().awsPrincipals("Principal"))
                .containsExactly(DATA);
    }

    @Test
    void namesTheStatementThatKmsWouldRefuseByItsPlaceWhereItHasNoSid() {
        PolicyDocument policy = Policies.parse("{\"Statement\":[{},{\"Effect\":\"Allow\"}]}");

        assertThat(merge.grow(policy, USE))
                .isInstanceOfSatisfying(
                        MergeResult.Blocked.class,
                        blocked -> assertThat(blocked.problems())
                                .extracting(PolicyViolation::message)
                                .satisfiesExactly(
                                        first -> assertThat(first)
                                                .contains("number 1 (without Sid)")
                                                .contains("no Effect and no Principal and no Action and no Resource"),
                                        second -> assertThat(second)
                                                .contains("number 2 (without Sid)")
                                                .doesNotContain("Effect")));
    }

    @Test
    void refusesToTakeOverAnEmptyForeignStatementOnRelease() {
        PolicyDocument policy = write(merge.grow(Policies.parse("{}"), USE));
        PolicyDocument withEmpty = policy.plusStatements(List.of(PolicyDocument.JSON.createObjectNode()));

        assertThat(merge.release(withEmpty, USE, AccessRequirements.NONE)).isInstanceOf(MergeResult.Blocked.class);
    }

    @Test
    void reportsASidThatTwoStatementsBear() {
        PolicyDocument once = write(merge.grow(Policies.parse("{}"), USE));
        PolicyDocument twice = once.plusStatements(
                once.statements().stream().map(Statement::json).toList());

        assertThat(merge.grow(twice, USE))
                .isInstanceOfSatisfying(
                        MergeResult.Blocked.class,
                        blocked -> assertThat(blocked.problems())
                                .singleElement()
                                .satisfies(p -> assertThat(p.kind()).isEqualTo(PolicyViolation.Kind.SID_TAKEN)));
    }

    @Test
    void writesCharactersThatKmsDoesNotAcceptAsEscapesAsTheyCame() {
        String tag =
                "{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"kms:*\",\"Resource\":\"*\","
                        + "\"Condition\":{\"StringEquals\":{\"aws:PrincipalTag/team\":\"\\u6771\\uD83D\\uDE00\u00e9\"}}}]}";
        PolicyDocument policy = Policies.parse(tag);

        PolicyDocument after = write(merge.grow(policy, USE));
        assertThat(after.text()).contains("\\u6771\\uD83D\\uDE00\u00e9");
        assertThat(after.statements().getFirst()).isEqualTo(policy.statements().getFirst());
    }

    @Test
    void doesNotWriteADocumentWhoseCharactersKmsDoesNotAccept() {
        PolicyDocument policy = Policies.parse("{\"Id\":\"\u6771\",\"Statement\":[]}");

        assertThat(merge.grow(policy, USE))
                .isInstanceOfSatisfying(
                        MergeResult.Blocked.class,
                        blocked -> assertThat(blocked.problems())
                                .singleElement()
                                .satisfies(p -> assertThat(p.kind()).isEqualTo(PolicyViolation.Kind.CHARACTERS)));
    }

    @Test
    void anAccountAndItsRootAreOnePrincipalForReleaseToo() {
        AccessRequirements root =
                AccessRequirements.of(StatementKind.DATA_USE, Set.of("arn:aws:iam::777788889999:root"));
        AccessRequirements bare = AccessRequirements.of(StatementKind.DATA_USE, Set.of("777788889999"));
        PolicyDocument policy = write(merge.grow(Policies.parse("{}"), root));

        assertThat(merge.grow(policy, bare)).isEqualTo(new MergeResult.InPlace());
        assertThat(write(merge.release(policy, bare, AccessRequirements.NONE)).statements())
                .isEmpty();
        assertThat(merge.release(policy, root, bare)).isEqualTo(new MergeResult.InPlace());
    }

    @Test
    void suggestsStatementsThatCanBePastedIntoAStatementList() throws Exception {
        String suggestion = merge.suggestion(USE.plus(CREATE_GRANTS));

        var pasted = JsonMapper.builder().build().readTree("[" + suggestion + "]");
        assertThat(pasted).hasSize(2);
        assertThat(PolicyAccess.read(
                                Policies.parse("{\"Statement\":[" + suggestion + "]}"),
                                Policies.KEY,
                                USE.plus(CREATE_GRANTS))
                        .isComplete())
                .isTrue();
        assertThat(merge.grow(Policies.parse("{\"Statement\":[" + suggestion + "]}"), USE.plus(CREATE_GRANTS)))
                .isEqualTo(new MergeResult.InPlace());
        assertThat(merge.suggestion(AccessRequirements.NONE)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a-b", "a b", "é", "a.*", "a\n", "123456789012345678901234567890123"})
    void refusesAnInstallationIdThatMakesNoSid(String id) {
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new PolicyMerge(id));
    }

    private static PolicyDocument ours(String suffix, String principal, String actions, String more) {
        return Policies.parse("{\"Statement\":{\"Sid\":\"CmekOperatorprod1" + suffix
                + "\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" + principal + "\"},\"Action\":[\"" + actions
                + "\"],\"Resource\":\"*\"" + more + "}}");
    }

    private static PolicyDocument write(MergeResult result) {
        assertThat(result).isInstanceOf(MergeResult.Write.class);
        return ((MergeResult.Write) result).document();
    }
}
