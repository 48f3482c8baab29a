package io.cmek.operator.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.cloud.Answer;
import io.cmek.operator.cloud.Failure;
import io.cmek.operator.cloud.Identity;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A proof of access is made of two dry runs. */
class ProofTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final Answer<Proof> ALLOWED = new Answer.Got<>(new Proof(true, null));
    private static final Answer<Proof> DENIED = new Answer.Got<>(new Proof(false, null));
    private static final Answer<Proof> UNKNOWN =
            new Answer.Failed<>(new Failure.Unavailable(new Failure.Detail("kms:any", "DisabledException", "", null)));

    private final List<String> asked = new ArrayList<>();

    private Answer<Boolean> prove(Answer<Proof> encrypt, Answer<Proof> decrypt) {
        asked.clear();
        return new DryRuns(encrypt, decrypt, asked).proveAccess(Identity.OWN, KEY);
    }

    @Test
    void bothMustBeAllowed() {
        assertThat(prove(ALLOWED, ALLOWED)).isEqualTo(new Answer.Got<>(true));
        assertThat(asked).containsExactly("encrypt", "decrypt null");
        assertThat(prove(ALLOWED, DENIED)).isEqualTo(new Answer.Got<>(false));
    }

    @Test
    void whoMayNotEncryptIsNotAskedToDecrypt() {
        assertThat(prove(DENIED, ALLOWED)).isEqualTo(new Answer.Got<>(false));
        assertThat(asked).containsExactly("encrypt");
    }

    @Test
    void whatIsNotKnownOfOneIsNotKnown() {
        assertThat(prove(UNKNOWN, ALLOWED)).isEqualTo(UNKNOWN);
        assertThat(asked).containsExactly("encrypt");
        assertThat(prove(ALLOWED, UNKNOWN)).isEqualTo(UNKNOWN);
    }

    @Test
    void whatWasReallyEncryptedIsDecrypted() {
        assertThat(prove(new Answer.Got<>(new Proof(true, "AQID")), ALLOWED)).isEqualTo(new Answer.Got<>(true));
        assertThat(asked).containsExactly("encrypt", "decrypt AQID");
    }

    private record DryRuns(Answer<Proof> encrypt, Answer<Proof> decrypt, List<String> asked) implements KeyService {

        @Override
        public Answer<Proof> proveEncrypt(Identity probe, KeyArn key) {
            asked.add("encrypt");
            return encrypt;
        }

        @Override
        public Answer<Proof> proveDecrypt(Identity probe, KeyArn key, @Nullable String ciphertext) {
            asked.add("decrypt " + ciphertext);
            return decrypt;
        }

        @Override
        public Answer<KeyFacts> describe(Identity identity, KeyArn key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Answer<String> readPolicy(Identity identity, KeyArn key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Answer<String> writePolicy(Identity identity, KeyArn key, String document, String onBehalfOf) {
            throw new UnsupportedOperationException();
        }
    }
}
