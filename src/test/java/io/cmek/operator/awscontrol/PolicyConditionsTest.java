package io.cmek.operator.awscontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.aws.AwsError;
import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionResult.Status;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.PolicyAccess;
import io.cmek.operator.keypolicy.PolicyDocument;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.keypolicy.PolicyOutcome;
import io.cmek.operator.keypolicy.StatementKind;
import io.cmek.operator.request.TestRequests;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyConditionsTest {

    private static final String ROLE = "arn:aws:iam::111122223333:role/data-plane";
    private static final AccessRequirements USE = AccessRequirements.of(StatementKind.DATA_USE, Set.of(ROLE));
    private static final String ALLOW =
            "{'Effect':'Allow','Principal':{'AWS':'" + ROLE + "'},'Action':'kms:*','Resource':'*'}";
    private static final String VIA_S3 = "{'Sid':'Use through S3','Effect':'Allow','Principal':'*','Action':'kms:*',"
            + "'Resource':'*','Condition':{'StringEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}";
    private static final String OUTSIDERS =
            "{'Sid':'Nobody from outside','Effect':'Deny','Principal':'*','Action':'kms:*',"
                    + "'Resource':'*','Condition':{'StringNotEquals':{'aws:PrincipalOrgID':'o-a1b2c3d4e5'}}}";
    private static final String ONLY_VIA_S3 =
            "{'Sid':'Only through S3','Effect':'Deny','Principal':'*','Action':'kms:*',"
                    + "'Resource':'*','Condition':{'StringNotEquals':{'kms:ViaService':'s3.us-east-1.amazonaws.com'}}}";

    private static final String PRINT = "kubectl get workgroup orders -n team-a";

    @Test
    void aPolicyThatAllowsOnlyUnderConditionsIsNotKnownToBeAppliedNorToBeLacking() {
        PolicyDocument policy = policy(VIA_S3);
        ConditionResult applied = PolicyConditions.of(
                "The data key K", PRINT, new PolicyOutcome.NotManaged(access(policy), List.of(), List.of()));

        assertSays(applied, ConditionType.PolicyApplied, Status.Unknown, Reason.NotProbed);
        assertThat(applied.message())
                .startsWith("The data key K ")
                .contains("'Use through S3'", "kms:ViaService", "`" + PRINT + "`");

        ConditionResult verified = PolicyConditions.access("The data key K", access(policy));
        assertSays(verified, ConditionType.AccessVerified, Status.Unknown, Reason.NotProbed);
        assertThat(verified.message()).contains("'Use through S3'", "kms:ViaService", "probe-role-arn");
    }

    @Test
    void whatIsMissingIsNamedByStatement() {
        PolicyDocument delegating = policy("{'Sid':'To IAM','Effect':'Allow','Principal':{'AWS':'111122223333'},"
                + "'Action':'kms:*','Resource':'*'}");
        ConditionResult applied = PolicyConditions.of(
                "The data key K",
                PRINT,
                new PolicyOutcome.NotManaged(access(delegating), List.of("CmekOperatordefaultDataUse"), List.of()));

        assertSays(applied, ConditionType.PolicyApplied, Status.False, Reason.PolicyNotApplied);
        assertThat(applied.message())
                .startsWith("The data key K lacks in its policy the statement CmekOperatordefaultDataUse. ")
                .contains(
                        "The statement 'To IAM' delegates to the IAM policies of the account",
                        "The key's owner must add what this prints: `" + PRINT + "`.")
                .hasSizeLessThanOrEqualTo(600);
    }

    @Test
    void aDenyThatMayApplyIsUnknownUnlessTheRoleProvesOtherwise() {
        PolicyAccess access = access(policy(ALLOW, OUTSIDERS));

        assertSays(
                PolicyConditions.access("K", access), ConditionType.AccessVerified, Status.Unknown, Reason.NotProbed);
        assertSays(
                PolicyConditions.proven("K", ROLE, access),
                ConditionType.AccessVerified,
                Status.True,
                Reason.AccessProven);
    }

    @Test
    void aRefusalOfACallOfItsOwnSaysNothingOfCallsThroughAService() {
        for (String conditional : new String[] {VIA_S3, ALLOW + "," + ONLY_VIA_S3}) {
            ConditionResult refused = PolicyConditions.refused("K", ROLE, access(policy(conditional)));

            assertSays(refused, ConditionType.AccessVerified, Status.Unknown, Reason.NotProbed);
            assertThat(refused.message()).contains("hrough S3'", "kms:ViaService", ROLE);
        }
    }

    @Test
    void aRefusalByAConditionOnTheCallerIsARefusal() {
        ConditionResult refused = PolicyConditions.refused("K", ROLE, access(policy(ALLOW, OUTSIDERS)));

        assertSays(refused, ConditionType.AccessVerified, Status.False, Reason.AccessDenied);
        assertThat(refused.message()).contains("'Nobody from outside'", "aws:PrincipalOrgID");
    }

    @Test
    void aRefusalThatThePolicyDoesNotExplainPointsBeyondThePolicy() {
        ConditionResult refused = PolicyConditions.refused("K", ROLE, access(policy(ALLOW)));

        assertSays(refused, ConditionType.AccessVerified, Status.False, Reason.AccessDenied);
        assertThat(refused.message()).contains("permissions boundary").doesNotContain("The statement");
    }

    @Test
    void aDenyWithoutConditionIsADenialWhateverWasProven() {
        PolicyAccess access = access(
                policy(
                        ALLOW,
                        "{'Sid':'No data keys','Effect':'Deny','Principal':'*','Action':'kms:GenerateDataKeyPair','Resource':'*'}"));

        for (ConditionResult result : new ConditionResult[] {
            PolicyConditions.access("K", access),
            PolicyConditions.proven("K", ROLE, access),
            PolicyConditions.refused("K", ROLE, access)
        }) {
            assertSays(result, ConditionType.AccessVerified, Status.False, Reason.AccessDenied);
            assertThat(result.message()).contains("'No data keys'");
        }
    }

    @Test
    void aDenyThatExemptsOnlyTheServiceKeepsVolumesAwayWhateverWasProven() {
        AccessRequirements wanted = USE.plus(AccessRequirements.of(StatementKind.DATA_GRANTS, Set.of(ROLE)));
        String ebs = "arn:aws:iam::111122223333:role/aws:ec2-infrastructure";
        PolicyAccess access = PolicyAccess.read(
                policy(
                        ALLOW,
                        "{'Sid':'Only readers','Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*',"
                                + "'Condition':{'ArnNotLike':{'aws:PrincipalArn':'" + ROLE + "'}}}"),
                TestRequests.KEY,
                wanted);

        for (ConditionResult result :
                new ConditionResult[] {PolicyConditions.access("K", access), PolicyConditions.proven("K", ROLE, access)
                }) {
            assertSays(result, ConditionType.AccessVerified, Status.False, Reason.AccessDenied);
            assertThat(result.message())
                    .startsWith(
                            "K cannot be used for volumes. The statement 'Only readers' denies kms:Decrypt to EBS, ")
                    .contains("Exempt " + ebs + " and " + ebs + "/* in it")
                    .hasSizeLessThanOrEqualTo(600);
        }
    }

    @Test
    void aConditionOnTheSessionIsInDoubtWhetherTheProofPassesOrIsRefused() {
        PolicyAccess access = access(policy(
                ALLOW,
                "{'Sid':'Instances','Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*',"
                        + "'Condition':{'StringNotLike':{'aws:userid':'AROAEXAMPLEID:i-*'}}}"));

        for (ConditionResult result : new ConditionResult[] {
            PolicyConditions.proven("K", ROLE, access), PolicyConditions.refused("K", ROLE, access)
        }) {
            assertSays(result, ConditionType.AccessVerified, Status.Unknown, Reason.NotProbed);
            assertThat(result.message()).contains("'Instances'", "aws:userid");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The new key policy will not allow you to update the key policy in the future | WriteDenied | without a condition",
                "Policy contains a statement with one or more invalid principals | ForeignStatementRejected | another statement names",
                "The statement is not to our liking | ForeignStatementRejected | another statement names",
            })
    void aRefusalOfKmsIsQuotedWithItsRemedy(String said, Reason reason, String remedy) {
        var refused = new AwsError.Rejected(
                new AwsError.Detail("kms:PutKeyPolicy", "MalformedPolicyDocumentException", said, null));
        for (AccessRequirements added : new AccessRequirements[] {USE, AccessRequirements.NONE}) {
            ConditionResult result =
                    PolicyConditions.of("The data key K", PRINT, new PolicyOutcome.WriteFailed(refused, added));

            assertSays(result, ConditionType.PolicyApplied, Status.False, reason);
            assertThat(result.message())
                    .startsWith("The data key K: its policy was not written: kms:PutKeyPolicy: "
                            + "MalformedPolicyDocumentException: " + said + ". ")
                    .contains(remedy);
            // Where nothing of ours is new, ours cannot be at fault.
            assertThat(result.message().contains(ROLE))
                    .isEqualTo(!added.isEmpty() && reason == Reason.ForeignStatementRejected);
        }
    }

    private static void assertSays(ConditionResult result, ConditionType type, Status status, Reason reason) {
        assertThat(result.status()).isEqualTo(status);
        assertThat(result.reason()).isEqualTo(reason);
        assertThat(reason.uses()).contains(new Reason.Use(type, status));
        assertThat(result.message()).endsWith(".").doesNotContain("..", "  ");
    }

    private static PolicyAccess access(PolicyDocument policy) {
        return PolicyAccess.read(policy, TestRequests.KEY, USE);
    }

    private static PolicyDocument policy(String... statements) {
        try {
            return PolicyDocument.parse(
                    "{\"Statement\":[" + String.join(",", statements).replace('\'', '"') + "]}");
        } catch (UnreadablePolicyException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
