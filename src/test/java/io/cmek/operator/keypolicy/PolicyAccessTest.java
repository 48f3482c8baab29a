package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyAccessTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final AccessRequirements USE = AccessRequirements.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final AccessRequirements CREATE_GRANTS =
            AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(ROLE));
    private static final String ALLOW =
            "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','Resource':'*'}";

    @ParameterizedTest
    @ValueSource(
            strings = {
                ALLOW,
                "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'}",
                "{'Effect':'Allow','Principal':{'AWS':['x','" + ROLE + "']},'Action':['KMS:ENCRYPT','kms:decrypt',"
                        + "'kms:Re*','kms:GenerateDataKey*','kms:Describe?ey'],'Resource':['*']}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'NotAction':'kms:ScheduleKeyDeletion',"
                        + "'Resource':'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                        + "'},'Action':'kms:*','Resource':'arn:aws:kms:*:*:key/*'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','Resource':'*','Condition':{}}",
                // Conditions that every call of the role meets.
                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:CallerAccount':['444455556666','111122223333']}}}",
                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'ArnLike':{'AWS:principalArn':'arn:aws:iam::*:role/data-*'},"
                        + "'StringEquals':{'aws:PrincipalAccount':'111122223333'},'Bool':{'aws:PrincipalIsAWSService':false}}}",
            })
    void isGivenByAnAllowOf(String statement) {
        assertThat(read(USE, statement).isComplete()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Delegation to the account's IAM policies proves nothing about a role.
                "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:root'},'Action':'kms:*','Resource':'*'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:Decrypt','Resource':'*'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'NotAction':'kms:Dec*','Resource':'*'}",
                "{'Effect':'Allow','Principal':{'Service':'" + ROLE + "'},'Action':'kms:*','Resource':'*'}",
                "{'Effect':'Allow','NotPrincipal':{'AWS':'arn:aws:iam::111122223333:role/other'},'Action':'kms:*','Resource':'*'}",
                // A policy copied from the primary key to its replica.
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*',"
                        + "'Resource':'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                        + "'},'Action':'kms:*','Resource':'arn:aws:s3:::bucket'}",
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','NotResource':'*'}",
                // Conditions that no call meets: other callers, other services, another region.
                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:CallerAccount':'444455556666'}}}",
                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringLike':{'kms:ViaService':['rds.*','s3.eu-west-1.amazonaws.com']}}}",
                "{'Effect':'Deny','Principal':{'AWS':'arn:aws:iam::111122223333:role/other'},'Action':'kms:*','Resource':'*'}",
                "{'Effect':'allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','Resource':'*'}",
            })
    void isNotGivenBy(String statement) {
        assertThat(read(USE, statement).missing()).isEqualTo(USE);
    }

    @Test
    void mayComeFromSeveralStatementsTogether() {
        assertThat(read(
                                USE,
                                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                                        + "'},'Action':['kms:Decrypt','kms:DescribeKey'],'Resource':'*'}",
                                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                                        + "'},'Action':['kms:Encrypt','kms:ReEncrypt*','kms:GenerateDataKey*'],'Resource':'*'}")
                        .isComplete())
                .isTrue();
    }

    @Test
    void anAccountIsTheSameAsItsRoot() {
        var root = AccessRequirements.of(StatementKind.DATA_USE, Set.of("arn:aws:iam::111122223333:root"));

        assertThat(read(root, "{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}")
                        .isComplete())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'Bool':{'kms:GrantIsForAWSResource':'true'}} | true",
                "{'Bool':{'kms:GrantIsForAWSResource':true}}   | true",
                "{'Bool':{'kms:GrantIsForAWSResource':['true']}} | true",
                "{'Bool':{'kms:GrantIsForAWSResource':'false'}} | false",
                "{'StringEquals':{'kms:CallerAccount':'111122223333'}} | true",
                "{'StringEquals':{'kms:GrantConstraintType':'EncryptionContextSubset'}} | false",
            },
            quoteCharacter = '`')
    void grantsMayCarryTheConditionThatIsAskedFor(String condition, boolean complete) {
        String statement = "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                + "'},'Action':['kms:CreateGrant','kms:ListGrants','kms:RevokeGrant'],'Resource':'*','Condition':"
                + condition
                + "}";

        assertThat(read(CREATE_GRANTS, statement).isComplete()).isEqualTo(complete);
        assertThat(read(USE, statement.replace("'kms:CreateGrant'", "'kms:*'")).isComplete())
                .as("use of the key is not the making of grants")
                .isEqualTo(condition.contains("CallerAccount"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'Principal':'*'",
                "'Principal':{'AWS':'*'}",
                "'Principal':{'AWS':'" + ROLE + "'}",
                "'Principal':{'AWS':['x','111122223333']}",
                "'Principal':{'AWS':'arn:aws:iam::111122223333:root'}",
                "'NotPrincipal':{'AWS':'arn:aws:iam::111122223333:role/admin'}",
                // The account alone exempts nobody in it.
                "'NotPrincipal':{'AWS':'arn:aws:iam::111122223333:root'}",
                "'NotPrincipal':{'Service':'s3.amazonaws.com'}",
            })
    void isTakenByADenyFor(String principal) {
        PolicyAccess access = read(
                USE,
                ALLOW,
                "{'Sid':'NoDecrypt','Effect':'Deny'," + principal + ",'Action':'kms:Decrypt*','Resource':'*'}");

        assertThat(access.missing()).isEqualTo(AccessRequirements.NONE);
        assertThat(access.isComplete()).isFalse();
        assertThat(access.denials()).containsExactly("The statement 'NoDecrypt' denies " + ROLE + " kms:Decrypt.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'Principal':{'AWS':'arn:aws:iam::444455556666:root'},'Action':'kms:*','Resource':'*'",
                "'Principal':{'Service':'s3.amazonaws.com'},'Action':'kms:*','Resource':'*'",
                "'NotPrincipal':{'AWS':['" + ROLE
                        + "','arn:aws:iam::111122223333:root']},'Action':'kms:*','Resource':'*'",
                "'Principal':'*','Action':'kms:ScheduleKeyDeletion','Resource':'*'",
                "'Principal':'*','NotAction':'kms:*','Resource':'*'",
                "'Principal':'*','Action':'kms:*','NotResource':'*'",
                "'Principal':'*','Action':'kms:*','Resource':'arn:aws:kms:us-west-2:111122223333:key/*'",
                // Conditions that no call meets: all speak TLS, as this role, in this account.
                "'Principal':'*','Action':'kms:*','Resource':'*','Condition':{'Bool':{'aws:SecureTransport':'false'}}",
                "'Principal':'*','Action':'kms:*','Resource':'*','Condition':{'StringNotEquals':{'kms:CallerAccount':'111122223333'}}",
                "'Principal':'*','Action':'kms:*','Resource':'*','Condition':{'ArnNotLike':{'aws:PrincipalArn':['arn:aws:iam::111122223333:role/*']}}",
                "'Principal':'*','Action':'kms:*','Resource':'*','Condition':{'Bool':{'kms:GrantIsForAWSResource':'true'}}",
            })
    void isNotTakenByADenyFor(String rest) {
        assertThat(read(USE, ALLOW, "{'Effect':'Deny'," + rest + "}").isComplete())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}} | kms:ViaService",
                "{'StringEquals':{'kms:ViaService':'ec2.us-east-1.amazonaws.com','kms:CallerAccount':'111122223333'}}"
                        + " | kms:CallerAccount, kms:ViaService",
                "{'StringLike':{'kms:EncryptionContext:aws:s3:arn':'*'}} | kms:EncryptionContext:aws:s3:arn",
                "{'StringEquals':{'aws:PrincipalOrgID':'o-a1b2c3d4e5'}} | aws:PrincipalOrgID",
                "{'ForAnyValue:StringEquals':{'kms:CallerAccount':'111122223333'}} | kms:CallerAccount",
                "{'StringLike':{'aws:PrincipalArn':'arn:aws:iam::${aws:PrincipalAccount}:role/*'}} | aws:PrincipalArn",
                "{'NumericLessThan':{'kms:CallerAccount':5}} | kms:CallerAccount",
            },
            quoteCharacter = '`')
    void isInDoubtWhereItIsUnknownWhetherTheConditionIsMet(String condition, String keys) {
        String conditional =
                "{'Sid':'Maybe','Effect':'Allow','Principal':{'AWS':'*'},'Action':'kms:*','Resource':'*','Condition':"
                        + condition + "}";

        PolicyAccess allowed = read(USE, conditional);
        assertThat(allowed.missing()).isEqualTo(AccessRequirements.NONE);
        assertThat(allowed.isAllowed()).isFalse();
        assertThat(sentences(allowed))
                .containsExactly(
                        "The statement 'Maybe' allows it to " + ROLE + " only under its condition on " + keys + ".");

        PolicyAccess denied = read(USE, ALLOW, conditional.replace("'Allow'", "'Deny'"));
        assertThat(denied.isAllowed()).isTrue();
        assertThat(denied.isComplete()).isFalse();
        assertThat(denied.denials()).isEmpty();
        assertThat(sentences(denied))
                .containsExactly(
                        "The statement 'Maybe' denies it to " + ROLE + " under its condition on " + keys + ".");
    }

    @Test
    void aConditionalAllowIsNoDoubtBesideOneThatIsNot() {
        assertThat(read(
                                USE,
                                ALLOW,
                                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                                        + "'Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}")
                        .isComplete())
                .isTrue();
    }

    @Test
    void whatOnlyPartOfTheActionsIsAllowedForIsMissingAndNotInDoubt() {
        PolicyAccess access = read(
                USE,
                "{'Effect':'Allow','Principal':'*','Action':'kms:Decrypt','Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}");

        assertThat(access.missing()).isEqualTo(USE);
        assertThat(access.unresolvedConditions()).isEmpty();
    }

    @Test
    void grantsAreMadeThroughEc2Only() {
        String viaEc2 =
                "{'Effect':'Allow','Principal':'*','Action':['kms:CreateGrant','kms:ListGrants','kms:RevokeGrant'],"
                        + "'Resource':'*','Condition':{'StringEquals':{'kms:ViaService':'ec2.us-east-1.amazonaws.com'}}}";

        assertThat(read(CREATE_GRANTS, viaEc2).isComplete()).isTrue();
        assertThat(read(CREATE_GRANTS, viaEc2.replace("ec2.", "s3.")).missing()).isEqualTo(CREATE_GRANTS);
    }

    @Test
    void aProofSettlesWhatAllCallsOfTheRoleHaveInCommon() {
        PolicyAccess access = read(
                USE.plus(CREATE_GRANTS),
                ALLOW,
                deny("ByCaller", "kms:*", "'StringNotEquals':{'aws:PrincipalOrgID':'o-a1b2c3d4e5'}"),
                deny("ByService", "kms:Decrypt", "'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}"));

        assertThat(sentences(access)).anyMatch(s -> s.contains("'ByService'")).anyMatch(s -> s.contains("'ByCaller'"));
        // Neither for use nor for grants, and not for EBS's role in the same account, either.
        assertThat(sentences(access.provenFor(ROLE)))
                .anyMatch(s -> s.contains("'ByService'"))
                .noneMatch(s -> s.contains("'ByCaller'"));
        assertThat(access.provenFor("arn:aws:iam::111122223333:role/other")).isEqualTo(access);
    }

    @Test
    void aProofSettlesAConditionalAllow() {
        PolicyAccess access = read(
                USE,
                "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}");

        assertThat(access.provenFor(ROLE).isComplete()).isTrue();
    }

    @Test
    void onlyAConditionThatIsNotAboutTheCallerExcusesARefusal() {
        PolicyAccess access = read(
                USE,
                ALLOW,
                deny("ByCaller", "kms:*", "'StringNotEquals':{'aws:PrincipalOrgID':'o-a1b2c3d4e5'}"),
                deny("ByService", "kms:*", "'StringNotEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}"));

        assertThat(access.inconclusiveFor(ROLE))
                .singleElement()
                .satisfies(d -> assertThat(d.sentence()).contains("'ByService'"));
        assertThat(access.inconclusiveFor("arn:aws:iam::111122223333:role/other"))
                .isEmpty();
    }

    @Test
    void aRoleIsMeantByItsNameAndByItsAccount() {
        assertThat(PolicyAccess.isWantedFor(USE, ROLE)).isTrue();
        assertThat(PolicyAccess.isWantedFor(USE, "arn:aws:iam::111122223333:role/other"))
                .isFalse();
        assertThat(PolicyAccess.isWantedFor(
                        AccessRequirements.of(StatementKind.BACKUP_USE, Set.of("arn:aws:iam::111122223333:root")),
                        ROLE))
                .isTrue();
        assertThat(PolicyAccess.isWantedFor(AccessRequirements.NONE, ROLE)).isFalse();
    }

    private static String deny(String sid, String action, String condition) {
        return "{'Sid':'" + sid + "','Effect':'Deny','Principal':'*','Action':'" + action
                + "','Resource':'*','Condition':{" + condition + "}}";
    }

    private static List<String> sentences(PolicyAccess access) {
        return access.unresolvedConditions().stream()
                .map(PolicyAccess.Doubt::sentence)
                .toList();
    }

    @Test
    void namesWhatIsLeftToTheIamPoliciesOfTheAccountWhereItWouldMatter() {
        String toIam =
                "{'Sid':'To IAM','Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}";

        assertThat(read(USE, toIam).delegations()).containsExactly("'To IAM'");
        assertThat(read(USE, toIam, ALLOW).delegations()).isEmpty();
        assertThat(read(USE, toIam.replace("111122223333", "444455556666")).delegations())
                .isEmpty();
        assertThat(read(USE, toIam.replace("kms:*", "kms:Describe*")).delegations())
                .isEmpty();
    }

    @Test
    void patternsAreNotRegularExpressions() {
        assertThat(read(USE, "{'Effect':'Allow','Principal':'*','Action':'kms:.*','Resource':'*'}")
                        .missing())
                .isEqualTo(USE);
        assertThat(read(USE, "{'Effect':'Allow','Principal':'*','Action':'kms:\\\\E.*(*','Resource':'*'}")
                        .missing())
                .isEqualTo(USE);
    }

    private static PolicyAccess read(AccessRequirements wanted, String... statements) {
        return PolicyAccess.read(
                Policies.parse("{\"Statement\":[" + String.join(",", statements).replace('\'', '"') + "]}"),
                Policies.KEY,
                wanted);
    }
}
