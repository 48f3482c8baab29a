package io.cmek.operator.act;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.KeyFacts;
import io.cmek.operator.key.KeyService;
import io.cmek.operator.key.Proof;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** KMS with one key, whose policy others may change at any time; counts the calls. */
final class OneKey implements KeyService {

    String policy;
    int reads;
    int writes;

    /** What KMS answers to the next writes, null while it accepts them. */
    @Nullable
    Failure refusal;

    /** What KMS answers to those who read, null while it gives them the policy. */
    @Nullable
    Failure silence;

    /** How KMS gives back what it has: in other words, but with the same meaning. */
    UnaryOperator<String> words = text -> text;

    /** Runs after a write was accepted and before anybody reads: for somebody who writes at the same time. */
    Runnable meanwhile = () -> {};

    /** Runs while somebody reads. */
    Runnable reading = () -> {};

    OneKey(String policy) {
        this.policy = policy;
    }

    @Override
    public Answer<String> readPolicy(Identity identity, KeyArn key) {
        reads++;
        reading.run();
        if (silence != null) {
            return new Answer.Failed<>(silence);
        }
        return new Answer.Got<>(words.apply(policy));
    }

    @Override
    public Answer<String> writePolicy(Identity identity, KeyArn key, String document, String onBehalfOf) {
        writes++;
        if (refusal != null) {
            return new Answer.Failed<>(refusal);
        }
        policy = document;
        meanwhile.run();
        return new Answer.Got<>(document);
    }

    @Override
    public Answer<KeyFacts> describe(Identity identity, KeyArn key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Answer<Proof> proveEncrypt(Identity probe, KeyArn key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Answer<Proof> proveDecrypt(Identity probe, KeyArn key, @Nullable String ciphertext) {
        throw new UnsupportedOperationException();
    }
}
