package io.cmek.operator.keypolicy;

import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;

/**
 * A key policy as {@code kms:GetKeyPolicy} returned it, readable or not. Two readable texts are equal if they are equivalent and have the same
 * unescaped characters that KMS does not accept. Two unreadable texts are equal if they are identical.
 */
public final class KeyPolicyText {

    private final String text;

    /** In place of the canonical text, which would double the memory for each key. */
    private final String digest;

    private KeyPolicyText(String text, String digest) {
        this.text = text;
        this.digest = digest;
    }

    public static KeyPolicyText of(String text) {
        String meaning;
        try {
            PolicyDocument policy = PolicyDocument.parse(text);
            meaning = policy.canonical() + new TreeSet<>(policy.refusedCharacters());
        } catch (UnreadablePolicyException e) {
            // Canonical texts are JSON objects, so none begins like this.
            meaning = "unreadable: " + text;
        }
        return new KeyPolicyText(text, digest(meaning));
    }

    /** The text as read. */
    public String text() {
        return text;
    }

    /** @throws UnreadablePolicyException if the text is not a key policy */
    public PolicyDocument document() throws UnreadablePolicyException {
        return PolicyDocument.parse(text);
    }

    /** The same for equal texts only. A short key for those who store many. */
    public String digest() {
        return digest;
    }

    private static String digest(String meaning) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(meaning.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyPolicyText that && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
