package io.cmek.operator.awscontrol;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyRules;
import io.cmek.operator.keypolicy.AccessRequirements;
import io.cmek.operator.keypolicy.KeyPolicyText;
import io.cmek.operator.keypolicy.PolicyAccess;
import io.cmek.operator.keypolicy.PolicyDocument.UnreadablePolicyException;
import java.time.Duration;
import java.time.Instant;

/**
 * A key, as seen with one set of credentials at one moment.
 *
 * @param maxAge how long the last good read stays valid while reads fail
 */
record KeyReading(
        KeyArn key, Observation<KeyFacts> facts, Observation<KeyPolicyText> policy, Instant now, Duration maxAge) {

    boolean isUsable() {
        return usable().isTrue();
    }

    /** Whether the key can never be used. */
    boolean isUnfit() {
        return KeyRules.PERMANENTLY_UNUSABLE.contains(usable().reason());
    }

    private ConditionResult usable() {
        return KeyJudge.usable("The key " + key, facts, now, maxAge);
    }

    /** Whether the key is usable and its policy gives the required access. Then a role may prove it. */
    boolean shows(AccessRequirements needed) {
        return isUsable() && gives(needed);
    }

    private boolean gives(AccessRequirements needed) {
        if (!(policy.at(now, maxAge) instanceof Observation.Known.Fresh<KeyPolicyText>(KeyPolicyText text))) {
            return false;
        }
        try {
            return PolicyAccess.read(text.document(), key, needed).missing().isEmpty();
        } catch (UnreadablePolicyException e) {
            return false;
        }
    }
}
