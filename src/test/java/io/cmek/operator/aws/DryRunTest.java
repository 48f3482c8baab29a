package io.cmek.operator.aws;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static io.cmek.operator.aws.Answers.got;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.cmek.operator.cloud.Identity;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.key.Proof;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each dry run is one request. All answers here are injected. */
class DryRunTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private SdkSettings settings;
    private AwsClients aws;
    private KmsKeyService keys;

    @BeforeEach
    void start() {
        server.start();
        settings = SdkSettings.of(URI.create(server.baseUrl()), "any", "any");
        aws = new AwsClients(AwsSettings.of("test", true), CallObserver.NONE);
        keys = new KmsKeyService(aws);
    }

    @AfterEach
    void stop() {
        aws.close();
        settings.close();
        server.stop();
    }

    private void refuse(String code) {
        server.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withStatus(400)
                        .withHeader("Content-Type", "application/x-amz-json-1.1")
                        .withBody("{\"__type\": \"%s\", \"message\": \"no\"}".formatted(code))));
    }

    private void assertAsked(String operation, String part, @Nullable String not) {
        assertThat(server.getAllServeEvents()).singleElement().satisfies(event -> {
            assertThat(event.getRequest().getHeader("X-Amz-Target")).endsWith("." + operation);
            assertThat(event.getRequest().getBodyAsString()).contains("\"DryRun\":true", part);
            if (not != null) {
                assertThat(event.getRequest().getBodyAsString()).doesNotContain(not);
            }
        });
        server.resetRequests();
    }

    @Test
    void whereKmsKnowsDryRunsNoCiphertextIsMadeAndNoneIsNeeded() {
        refuse(Failures.DRY_RUN);
        assertThat(got(keys.proveEncrypt(Identity.OWN, KEY))).isEqualTo(new Proof(true, null));
        assertAsked("GenerateDataKeyWithoutPlaintext", KEY.toString(), null);
        assertThat(got(keys.proveDecrypt(Identity.OWN, KEY, null))).isEqualTo(new Proof(true, null));
        assertAsked("Decrypt", "\"DryRunModifiers\":[\"IGNORE_CIPHERTEXT\"]", "CiphertextBlob");
    }

    @Test
    void whereItDoesNotWhatItMadeIsDecrypted() {
        server.stubFor(any(anyUrl()).willReturn(okJson("{\"CiphertextBlob\": \"AQID\", \"Plaintext\": \"AA==\"}")));
        Proof encrypted = got(keys.proveEncrypt(Identity.OWN, KEY));
        assertThat(encrypted).isEqualTo(new Proof(true, "AQID"));
        server.resetRequests();
        assertThat(got(keys.proveDecrypt(Identity.OWN, KEY, encrypted.ciphertext()))
                        .allowed())
                .isTrue();
        assertAsked("Decrypt", "\"CiphertextBlob\":\"AQID\"", "DryRunModifiers");
    }

    @Test
    void aDenialOfKmsIsAnAnswer() {
        refuse("AccessDeniedException");
        assertThat(got(keys.proveEncrypt(Identity.OWN, KEY))).isEqualTo(new Proof(false, null));
        assertThat(got(keys.proveDecrypt(Identity.OWN, KEY, null))).isEqualTo(new Proof(false, null));
    }
}
