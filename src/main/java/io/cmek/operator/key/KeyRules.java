package io.cmek.operator.key;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** R2: a key is symmetric and customer managed, and in a state in which it can be used. Admission checks the region, from the key's ARN. */
public final class KeyRules {

    /** Reasons for which a key can never be used. The operator does not change the policy of such a key, and configures no resource with it. */
    public static final Set<Reason> PERMANENTLY_UNUSABLE =
            Set.of(Reason.KeyNotFound, Reason.KeyNotSymmetric, Reason.KeyNotCustomerManaged);

    private static final String ENABLED = "Enabled";

    /**
     * The state of the old and the new primary for some seconds after {@code UpdatePrimaryRegion}, the call of a failover. "While the key state is
     * Updating, you can use the keys in cryptographic operations" (KMS Developer Guide, "Change the primary key in a set of multi-Region keys").
     */
    private static final String UPDATING = "Updating";

    private KeyRules() {}

    /**
     * Whether KMS encrypts and decrypts with keys in this state (KMS Developer Guide, "Key states of AWS KMS keys"). False for unknown states.
     *
     * @param state KeyState, as KMS returns it
     */
    public static boolean isUsable(String state) {
        return state.equals(ENABLED) || state.equals(UPDATING);
    }

    /**
     * @param label how the message names the key, for example "The data key arn:…"
     * @param now time from which to count the days left
     */
    public static ConditionResult judge(String label, KeyFacts key, Instant now) {
        if (!key.manager().equals("CUSTOMER")) {
            return ConditionResult.ofFalse(
                    Reason.KeyNotCustomerManaged,
                    label
                            + " is an AWS managed key, whose policy cannot be changed. Create a customer-managed key and a new resource that"
                            + " names it.");
        }
        if (!key.spec().equals("SYMMETRIC_DEFAULT") || !key.usage().equals("ENCRYPT_DECRYPT")) {
            return ConditionResult.ofFalse(
                    Reason.KeyNotSymmetric,
                    label + " has the key spec " + key.spec() + " for " + key.usage()
                            + "; S3 and EBS need SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT. Create such a key and a new resource that names it.");
        }
        return switch (key.state()) {
            case ENABLED -> ConditionResult.ofTrue(Reason.KeysUsable, label + " is enabled." + expiry(key, now));
            case UPDATING ->
                ConditionResult.ofTrue(
                        Reason.KeysUsable,
                        label
                                + " can be used while the primary region of the multi-region key is being changed (KMS says Updating)."
                                + expiry(key, now));
            case "Creating" ->
                ConditionResult.pending(
                        label + " is being created (KMS says Creating). The operator waits until it is enabled.");
            case "Disabled" ->
                ConditionResult.ofFalse(
                        Reason.KeyDisabled,
                        label
                                + " is disabled. Until it is enabled again, nothing can be encrypted or decrypted with it: `"
                                + command("enable-key", key) + "`.");
            case "PendingDeletion", "PendingReplicaDeletion" ->
                ConditionResult.ofFalse(
                        Reason.KeyPendingDeletion,
                        label + " is scheduled for deletion" + deadline(key.deletionDate(), now)
                                + ", and cannot be used any more. When it is deleted, everything encrypted with it is lost. Cancel the"
                                + " deletion and enable the key: `" + command("cancel-key-deletion", key)
                                + " && " + command("enable-key", key) + "`.");
            case "PendingImport" ->
                ConditionResult.ofFalse(
                        Reason.KeyPendingImport,
                        label + " has no key material. Import it (aws kms import-key-material).");
            default ->
                ConditionResult.ofFalse(
                        Reason.KeyUnavailable,
                        label + " cannot be used right now: KMS says " + key.state()
                                + ". If it is in a custom key store, check that the store is connected.");
        };
    }

    /** What a person can paste (AWS CLI Command Reference, "kms"). */
    private static String command(String name, KeyFacts key) {
        return "aws kms " + name + " --region " + key.arn().region() + " --key-id "
                + key.arn().keyId();
    }

    private static String expiry(KeyFacts key, Instant now) {
        return key.validTo() == null
                ? ""
                : " Its imported key material expires" + deadline(key.validTo(), now)
                        + ". Import it again before that (aws kms import-key-material), or nothing can be encrypted or decrypted with it.";
    }

    /** When the imported key material of a usable key expires. Empty if it does not. */
    public static Optional<Instant> expiry(@Nullable KeyFacts key) {
        return key != null && isUsable(key.state()) ? Optional.ofNullable(key.validTo()) : Optional.empty();
    }

    /** When the condition result for the same facts changes, because one day less is left. Empty if no days are counted. */
    public static Optional<Instant> nextChange(KeyFacts key, Instant now) {
        Optional<Instant> deadline =
                switch (key.state()) {
                    case "PendingDeletion", "PendingReplicaDeletion" -> Optional.ofNullable(key.deletionDate());
                    default -> expiry(key);
                };
        return deadline.filter(at -> at.isAfter(now))
                .map(at -> at.minus(Duration.ofDays(daysLeft(at, now))))
                // At exactly n days left, the message still says n days.
                .map(turn -> turn.plusMillis(1));
    }

    private static long daysLeft(Instant deadline, Instant now) {
        return Math.max(0, Duration.between(now, deadline).toDays());
    }

    /** Whole days, so that the message and the status change once a day and not with every poll. */
    private static String deadline(@Nullable Instant at, Instant now) {
        if (at == null) {
            return "";
        }
        long days = daysLeft(at, now);
        return " on " + at + " (" + (days == 1 ? "1 day" : days + " days") + " left)";
    }
}
