package io.cmek.operator.blackbox;

import static io.cmek.operator.blackbox.Manifests.workgroup;
import static io.cmek.operator.testing.OperatorTestExtension.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.testing.LocalAws;
import io.cmek.operator.testing.OperatorTestExtension;
import io.cmek.operator.testing.TestNamespace;
import io.cmek.operator.testing.Unordered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many workgroups on one key, and many statements of others in its policy. */
class SharedKeyIT {

    private static final int WORKGROUPS = 50;
    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    static final OperatorTestExtension ENVIRONMENT = new OperatorTestExtension();

    @Test
    void fiftyWorkgroupsWriteThePolicyOnceAndTouchNoStatementOfOthers() throws IOException {
        LocalAws aws = ENVIRONMENT.aws();
        TestNamespace team = ENVIRONMENT.team();
        String key = aws.createKey(REGION);
        String original = policyOfOthers();
        aws.setPolicy(key, original);
        ENVIRONMENT.proxy().resetCounts();

        team.apply(IntStream.range(0, WORKGROUPS)
                .mapToObj(i -> workgroup("wg-" + i, key, team.namespace() + "-data-" + i)
                        .toString())
                .collect(Collectors.joining("---\n")));
        for (int i = 0; i < WORKGROUPS; i++) {
            team.awaitWorkgroup("wg-" + i, EncryptionState.ENABLED);
        }

        assertThat(ENVIRONMENT.proxy().count("kms:PutKeyPolicy")).isEqualTo(1);
        assertThat(ENVIRONMENT.proxy().count("s3:CreateBucket")).isEqualTo(WORKGROUPS);
        JsonNode before = JSON.readTree(original);
        JsonNode after = aws.policy(key);
        assertThat(before.get("Statement")).hasSize(20);
        for (int i = 0; i < 20; i++) {
            assertThat(Unordered.of(after.get("Statement").get(i)))
                    .as("statement number " + i)
                    .isEqualTo(Unordered.of(before.get("Statement").get(i)));
        }
        assertThat(after.get("Statement")).hasSize(22);
        assertThat(after.get("Id")).isEqualTo(before.get("Id"));
        assertThat(after.get("Version")).isEqualTo(before.get("Version"));
    }

    /** Twenty statements in every legal shape, the account's own among them, without which nobody could write the policy. */
    private static String policyOfOthers() throws IOException {
        return Files.readString(Path.of("src/test/resources/policies/twenty-statements.json"));
    }
}
