package io.cmek.operator.key;

import io.cmek.operator.condition.Judgement;
import io.cmek.operator.condition.Reason;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** R2: a key is symmetric, customer managed and enabled. That it is in the right region is decided at admission, from its ARN. */
public final class KeyRules {

    private KeyRules() {}

    /**
     * @param label how the message names the key, for example "The data key arn:…"
     * @param now from which days left are counted
     */
    public static Judgement judge(String label, KeyFacts key, Instant now) {
        if (!key.manager().equals("CUSTOMER")) {
            return Judgement.bad(
                    Reason.KeyNotCustomerManaged,
                    label
                            + " is managed by AWS, which lets nobody change its policy. Create a customer-managed key and a new resource that"
                            + " names it.");
        }
        if (!key.spec().equals("SYMMETRIC_DEFAULT") || !key.usage().equals("ENCRYPT_DECRYPT")) {
            return Judgement.bad(
                    Reason.KeyNotSymmetric,
                    label + " has the key spec " + key.spec() + " for " + key.usage()
                            + "; S3 and EBS need SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT. Create such a key and a new resource that names it.");
        }
        return switch (key.state()) {
            case "Enabled" -> Judgement.good(Reason.KeysUsable, label + " is enabled." + expiry(key, now));
            case "Disabled" ->
                Judgement.bad(
                        Reason.KeyDisabled,
                        label
                                + " is disabled. Until it is enabled again (aws kms enable-key), nothing can be encrypted or decrypted with"
                                + " it; attached volumes keep working until they are detached.");
            case "PendingDeletion", "PendingReplicaDeletion" ->
                Judgement.bad(
                        Reason.KeyPendingDeletion,
                        label + " is scheduled for deletion" + deadline(key.deletionDate(), now)
                                + ". After that, everything encrypted with it is lost. Cancel the deletion (aws kms cancel-key-deletion) and"
                                + " enable the key.");
            case "PendingImport" ->
                Judgement.bad(
                        Reason.KeyPendingImport,
                        label + " has no key material. Import it (aws kms import-key-material).");
            default ->
                Judgement.bad(
                        Reason.KeyUnavailable,
                        label + " cannot be used right now: KMS says " + key.state()
                                + ". If it is in a custom key store, check that the store is connected.");
        };
    }

    private static String expiry(KeyFacts key, Instant now) {
        return key.validTo() == null ? "" : " Its imported key material expires" + deadline(key.validTo(), now) + ".";
    }

    /** Whole days, so that the message, and with it the status, changes once a day and not with every look. */
    private static String deadline(@Nullable Instant at, Instant now) {
        if (at == null) {
            return "";
        }
        long days = Math.max(0, Duration.between(now, at).toDays());
        return " on " + at + " (" + (days == 1 ? "1 day" : days + " days") + " left)";
    }
}
