package io.cmek.operator.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyAccessTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final Grants USE = Grants.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final Grants CREATE_GRANTS = Grants.of(StatementKind.DATA_GRANTS, Set.of(ROLE));
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
                "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}",
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
        var root = Grants.of(StatementKind.DATA_USE, Set.of("arn:aws:iam::111122223333:root"));

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
                "{'StringEquals':{'kms:CallerAccount':'111122223333'}} | false",
            },
            quoteCharacter = '`')
    void grantsMayCarryTheConditionThatIsAskedFor(String condition, boolean complete) {
        String statement = "{'Effect':'Allow','Principal':{'AWS':'" + ROLE
                + "'},'Action':['kms:CreateGrant','kms:ListGrants','kms:RevokeGrant'],'Resource':'*','Condition':"
                + condition
                + "}";

        assertThat(read(CREATE_GRANTS, statement).isComplete()).isEqualTo(complete);
        assertThat(read(USE, statement.replace("'kms:CreateGrant'", "'kms:*'")).isComplete())
                .isFalse();
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

        assertThat(access.missing()).isEqualTo(Grants.NONE);
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
                // Whether a condition applies is not for the policy alone to say.
                "'Principal':'*','Action':'kms:*','Resource':'*','Condition':{'Bool':{'aws:SecureTransport':'false'}}",
            })
    void isNotTakenByADenyFor(String rest) {
        assertThat(read(USE, ALLOW, "{'Effect':'Deny'," + rest + "}").isComplete())
                .isTrue();
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

    private static PolicyAccess read(Grants wanted, String... statements) {
        return PolicyAccess.read(
                Policies.parse("{\"Statement\":[" + String.join(",", statements).replace('\'', '"') + "]}"),
                Policies.KEY,
                wanted);
    }
}
