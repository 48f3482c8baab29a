package io.cmek.operator.awssdk;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an error says where the operator has no credentials of its own. All answers here are injected. */
class OwnCredentialsTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());

    @TempDir
    private Path folder;

    private SdkSettings settings;

    @BeforeEach
    void start() {
        server.start();
        settings = SdkSettings.of(URI.create("http://127.0.0.1:" + server.port()), "", "");
        settings.clear("aws.accessKeyId");
        settings.clear("aws.secretAccessKey");
    }

    @AfterEach
    void stop() {
        settings.close();
        server.stop();
    }

    private void webIdentity(String code) throws IOException {
        settings.set("aws.roleArn", "arn:aws:iam::111122223333:role/cmek-operator");
        settings.set(
                "aws.webIdentityTokenFile",
                Files.writeString(folder.resolve("token"), "token").toString());
        server.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withStatus(400)
                        .withHeader("Content-Type", "text/xml")
                        .withBody("""
                                <ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>Not at 1700000000</Message></Error>
                                </ErrorResponse>""".formatted(code))));
    }

    private AwsError failure() {
        try (var aws = new AwsClients(AwsSettings.of("test", true), new CountingObserver())) {
            AwsResult<?> described = new KmsKeyService(aws).describe(CredentialScope.OWN, KEY);
            return ((AwsResult.Error<?>) described).failure();
        }
    }

    @Test
    void anExpiredWebIdentityTokenIsNamedAsThat() throws IOException {
        webIdentity("ExpiredTokenException");

        AwsError failure = failure();

        assertThat(failure).isInstanceOf(AwsError.Unavailable.class);
        assertThat(failure.detail())
                .hasToString(
                        "sts:AssumeRoleWithWebIdentity: ExpiredTokenException: STS rejected the web identity token of the"
                                + " operator's pod; the operator reads it again at each try. If this stays, check the clock of the node"
                                + " and the volume of the token");
    }

    @Test
    void aRoleThatDoesNotTrustTheTokenIsDenied() throws IOException {
        webIdentity("AccessDenied");

        AwsError failure = failure();

        assertThat(failure).isInstanceOf(AwsError.Denied.class);
        assertThat(failure.detail().operation()).isEqualTo("sts:AssumeRoleWithWebIdentity");
    }

    @Test
    void whereNothingIsConfiguredThatIsSaid() {
        AwsError failure = failure();

        assertThat(failure).isInstanceOf(AwsError.Unavailable.class);
        assertThat(failure.detail().code()).isEqualTo(ErrorClassifier.NO_CREDENTIALS);
        assertThat(failure.detail().message()).contains("give the operator's pod a role (IRSA or EKS Pod Identity)");
    }
}
