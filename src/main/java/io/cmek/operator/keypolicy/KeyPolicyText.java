package io.cmek.operator.keypolicy;

import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;

/**
 * A key policy as {@code kms:GetKeyPolicy} gave it, readable or not. Equal are two that mean the same, in whatever order and shape KMS gave
 * them, and that have the same characters which KMS does not accept; and of two that nobody can read, those with the same text.
 */
public final class KeyPolicyText {

    private final String text;

    /** In place of the canonical text, which would double what is kept of each key. */
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
            // No canonical text begins like this, since each is an object.
            meaning = "unreadable: " + text;
        }
        return new KeyPolicyText(text, digest(meaning));
    }

    /** As it was read. */
    public String text() {
        return text;
    }

    /** @throws UnreadablePolicyException where the text is no key policy */
    public PolicyDocument document() throws UnreadablePolicyException {
        return PolicyDocument.parse(text);
    }

    /** The same for two that are equal, and for no others: for whoever keeps many. */
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
