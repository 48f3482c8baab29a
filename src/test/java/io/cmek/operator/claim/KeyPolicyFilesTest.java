package io.cmek.operator.claim;

import static io.cmek.operator.claim.ClaimsOf.BACKUP_KEY;
import static io.cmek.operator.claim.ClaimsOf.KEY;
import static io.cmek.operator.claim.ClaimsOf.withBackup;
import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.Purpose;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.policy.PolicyDocument;
import io.cmek.operator.policy.PolicyDocument.UnreadablePolicyException;
import io.cmek.operator.policy.Publication;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyPolicyFilesTest {

    private static final KeyArn SECONDARY =
            KeyArn.parse("arn:aws:kms:us-west-2:111122223333:key/aaaabbbb-12ab-34cd-56ef-1234567890ab");
    private static final Claim CLAIM = ClaimsOf.claim("team-a", "orders", 1, "orders-data");
    private static final Publication DOCUMENT = new Publication.Document(document("{\"Statement\":[]}"));
    private static final Publication NONE = new Publication.None("There is no document.");

    @Test
    void eachKeyHasItsDocumentAndTheCommandThatPutsIt() {
        assertThat(KeyPolicyFiles.of(CLAIM, Map.of(KEY, DOCUMENT)).entries())
                .isEqualTo(Map.of(
                        "data.json",
                        "{\n  \"Statement\": []\n}\n",
                        "data.cli",
                        "aws kms put-key-policy --region us-east-1 --key-id " + KEY
                                + " --policy-name default --policy file://data.json\n"));
    }

    @Test
    void oneKeyForTwoPurposesIsOneDocument() {
        assertThat(names(withBackup(CLAIM, KEY, "orders-backup"), Map.of(KEY, DOCUMENT)))
                .containsExactlyInAnyOrder("data-backup.json", "data-backup.cli");
    }

    @Test
    void whereThereIsNoDocumentItSaysWhyAndGivesNoCommand() {
        assertThat(names(withBackup(CLAIM, BACKUP_KEY, "orders-backup"), Map.of(KEY, DOCUMENT, BACKUP_KEY, NONE)))
                .containsExactlyInAnyOrder("data.json", "data.cli", "backup.txt");
    }

    @Test
    void whyThereIsNoDocumentIsKnown() {
        assertThat(KeyPolicyFiles.of(
                                withBackup(CLAIM, BACKUP_KEY, "orders-backup"), Map.of(KEY, DOCUMENT, BACKUP_KEY, NONE))
                        .impossible())
                .containsExactly("There is no document.");
    }

    @Test
    void aReplicaOfTheSameNameHasOtherFiles() {
        Claim replica = replica();

        assertThat(names(replica, Map.of(SECONDARY, DOCUMENT, KEY, DOCUMENT)))
                .containsExactlyInAnyOrder(
                        "replica-data.json", "replica-data.cli", "replica-primary.json", "replica-primary.cli")
                .allSatisfy(name -> {
                    assertThat(KeyPolicyFiles.isOf("ReplicaCmek", name)).isTrue();
                    assertThat(KeyPolicyFiles.isOf("Workgroup", name)).isFalse();
                });
        assertThat(names(withBackup(CLAIM, KEY, null), Map.of(KEY, NONE))).allSatisfy(name -> {
            assertThat(KeyPolicyFiles.isOf("Workgroup", name)).isTrue();
            assertThat(KeyPolicyFiles.isOf("ReplicaCmek", name)).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"notes.md", "data.yaml", "my-data.json", "data", "replica-notes.json", "replica-.txt"})
    void filesOfOthersAreNobodys(String name) {
        assertThat(KeyPolicyFiles.isOf("Workgroup", name)).isFalse();
        assertThat(KeyPolicyFiles.isOf("ReplicaCmek", name)).isFalse();
    }

    @Test
    void theConfigMapIsNamedAfterTheResource() {
        assertThat(KeyPolicyFiles.configMapOf("orders")).isEqualTo("orders-key-policy");
        assertThat(KeyPolicyFiles.resourceOf("orders-key-policy")).contains("orders");
        assertThat(KeyPolicyFiles.resourceOf("orders")).isEmpty();
    }

    @Test
    void aDocumentThatIsTooLongForPeopleIsCompact() throws UnreadablePolicyException {
        String wide = "{\"Statement\":[" + "{\"a\":[1,2,3]},".repeat(1_900) + "{}]}";
        String text = KeyPolicyFiles.of(CLAIM, Map.of(KEY, new Publication.Document(document(wide))))
                .entries()
                .get("data.json");

        assertThat(text.strip()).isEqualTo(wide);
        assertThat(PolicyDocument.parse(text)).isEqualTo(document(wide));
    }

    private static Set<String> names(Claim claim, Map<KeyArn, Publication> publications) {
        return KeyPolicyFiles.of(claim, publications).entries().keySet();
    }

    private static Claim replica() {
        return new Claim(
                new ClaimId("ReplicaCmek", "team-a", "orders"),
                CLAIM.createdAt(),
                "us-west-2",
                List.of(new KeyUse(Purpose.Data, SECONDARY), new KeyUse(Purpose.Primary, KEY)),
                List.of(),
                null,
                List.of(),
                CLAIM.policyManagement(),
                CLAIM.deletionPolicy(),
                false,
                CLAIM.standing());
    }

    private static PolicyDocument document(String text) {
        try {
            return PolicyDocument.parse(text);
        } catch (UnreadablePolicyException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
