package io.cmek.operator.keypolicy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Policies in the form of AWS's documentation (KMS, EBS, S3, CloudTrail and CloudWatch Logs guides): what the merge makes of each is checked in
 * beside it, so that a change of the outcome is seen in review. With {@code -Dcmek.generate=true} the outcomes are written instead.
 */
class RealPoliciesTest {

    private static final Path FOLDER = Path.of("src/test/resources/policies");
    private static final Set<String> DATA_PLANE = Set.of("arn:aws:iam::111122223333:role/data-plane");
    private static final AccessRequirements WANTED = new AccessRequirements(Map.of(
            StatementKind.DATA_USE, new TreeSet<>(DATA_PLANE),
            StatementKind.DATA_GRANTS, new TreeSet<>(DATA_PLANE)));

    /** Use only through EC2, only through S3; and a Deny to everybody outside of an organization, on use, on grants and to EBS. */
    private static final Map<String, Integer> DOUBTS = Map.of("ebs", 1, "s3", 1, "organization", 3);

    private final PolicyMerge merge = new PolicyMerge("default");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api-default",
                "console-default",
                "ebs",
                "s3",
                "cloudtrail",
                "cloudwatch-logs",
                "cross-account",
                "organization",
                "twenty-statements",
                "already-there",
            })
    void merging(String name) throws IOException {
        PolicyDocument policy = Policies.parse(Files.readString(FOLDER.resolve(name + ".json")));
        // None of these proves access to a role of the service: all is delegated, conditional or for others.
        PolicyAccess access = PolicyAccess.read(policy, Policies.KEY, WANTED);
        assertThat(access.missing())
                .isEqualTo(
                        switch (name) {
                            case "already-there" -> AccessRequirements.of(StatementKind.DATA_USE, DATA_PLANE);
                            case "twenty-statements", "ebs", "s3" ->
                                AccessRequirements.of(StatementKind.DATA_GRANTS, DATA_PLANE);
                            default -> WANTED;
                        });
        assertThat(access.unresolvedConditions()).hasSize(DOUBTS.getOrDefault(name, 0));

        PolicyDocument merged = Policies.after(policy, merge.grow(policy, WANTED));

        Path golden = FOLDER.resolve("merged").resolve(name + ".json");
        if (Boolean.getBoolean("cmek.generate")) {
            Files.createDirectories(golden.getParent());
            Files.writeString(golden, merged.prettyText() + "\n");
        }
        assertThat(merged.prettyText() + "\n")
                .as(
                        "The merge gives another outcome than %s. If that is meant: mvn test -Dtest=RealPoliciesTest -Dcmek.generate=true",
                        golden)
                .isEqualTo(Files.readString(golden));
        assertThat(PolicyAccess.read(merged, Policies.KEY, WANTED).isAllowed()).isTrue();
        assertThat(PolicyAccess.read(merged, Policies.KEY, WANTED).isComplete())
                .isEqualTo(!name.equals("organization"));
        assertThat(merge.grow(merged, WANTED)).isEqualTo(new MergeResult.InPlace());
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-default", "console-default", "organization", "twenty-statements"})
    void releasingGivesTheStatementsBackAsTheyWere(String name) throws IOException {
        PolicyDocument policy = Policies.parse(Files.readString(FOLDER.resolve(name + ".json")));
        PolicyDocument merged = Policies.after(policy, merge.grow(policy, WANTED));

        PolicyDocument released = Policies.after(merged, merge.release(merged, WANTED, AccessRequirements.NONE));

        assertThat(released.statements()).isEqualTo(policy.statements());
        assertThat(merge.release(policy, WANTED, AccessRequirements.NONE)).isEqualTo(new MergeResult.InPlace());
    }
}
