package io.cmek.operator.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyArnTest {

    private static final String ID = "1234abcd-12ab-34cd-56ef-1234567890ab";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arn:aws:kms:us-east-1:111122223333:key/" + ID,
                "arn:aws-cn:kms:cn-north-1:111122223333:key/" + ID,
                "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/" + ID,
                "arn:aws-iso:kms:us-iso-east-1:111122223333:key/" + ID,
                "arn:aws-iso-b:kms:us-isob-east-1:111122223333:key/" + ID,
                "arn:aws-iso-e:kms:eu-isoe-west-1:111122223333:key/" + ID,
                "arn:aws-iso-f:kms:us-isof-south-1:111122223333:key/" + ID,
                "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/" + ID,
                "arn:aws:kms:ap-southeast-7:000000000000:key/mrk-1234abcd12ab34cd56ef1234567890ab",
            })
    void comesOutAsItWentIn(String text) {
        KeyArn key = KeyArn.parse(text);

        assertThat(key).hasToString(text);
        assertThat(key.isMultiRegion()).isEqualTo(text.contains("mrk-"));
    }

    @Test
    void hasItsParts() {
        assertThat(KeyArn.parse("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/" + ID))
                .isEqualTo(new KeyArn("aws-us-gov", "us-gov-west-1", "111122223333", ID));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ID,
                "alias/orders",
                "arn:aws:kms:us-east-1:111122223333:alias/orders",
                "arn:aws:kms:us-east-1:111122223333:key/alias/orders",
                "arn:aws:s3:us-east-1:111122223333:key/" + ID,
                "arn:azure:kms:us-east-1:111122223333:key/" + ID,
                "ARN:aws:kms:us-east-1:111122223333:key/" + ID,
                "arn:aws:kms::111122223333:key/" + ID,
                "arn:aws:kms:us-east:111122223333:key/" + ID,
                "arn:aws:kms:us-east-1a:111122223333:key/" + ID,
                "arn:aws:kms:US-EAST-1:111122223333:key/" + ID,
                "arn:aws:kms:us-east-1::key/" + ID,
                "arn:aws:kms:us-east-1:11112222333:key/" + ID,
                "arn:aws:kms:us-east-1:1111222233334:key/" + ID,
                "arn:aws:kms:us-east-1:111122223333:key/",
                "arn:aws:kms:us-east-1:111122223333:key/*",
                "arn:aws:kms:us-east-1:111122223333:key/1234ABCD-12ab-34cd-56ef-1234567890ab",
                "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890a",
                "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890a",
                "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd-12ab-34cd-56ef-1234567890ab",
                "arn:aws:kms:us-east-1:111122223333:key/" + ID + "/",
                "arn:aws:kms:us-east-1:111122223333:key/" + ID + "\n",
                " arn:aws:kms:us-east-1:111122223333:key/" + ID,
                // Digits, but not of ASCII.
                "arn:aws:kms:us-east-1:١١١١٢٢٢٢٣٣٣٣:key/" + ID,
                "arn:aws:kms:us-east-１:111122223333:key/" + ID,
            })
    void isRefusedWithASentence(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyArn.parse(text))
                .withMessageStartingWith("'" + text + "' is not the ARN of a KMS key: expected")
                .withMessageContaining("alias");
    }

    @Property(tries = 300)
    void anyTextIsReadOrRefused(@ForAll("almost") String text) {
        try {
            assertThat(KeyArn.parse(text)).hasToString(text);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining(text);
        }
    }

    @Provide
    Arbitrary<String> almost() {
        String good = "arn:aws:kms:us-east-1:111122223333:key/" + ID;
        return Combinators.combine(
                        Arbitraries.integers().between(0, good.length() - 1),
                        Arbitraries.chars().ascii(),
                        Arbitraries.integers().between(0, 2))
                .as((at, c, how) -> good.substring(0, at)
                        + switch (how) {
                            case 0 -> "";
                            case 1 -> c + good.substring(at);
                            default -> c + good.substring(at + 1);
                        });
    }
}
