package io.cmek.operator.awssdk;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.stubbing.Scenario.STARTED;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.cmek.operator.aws.AwsError;
import io.cmek.operator.aws.AwsResult;
import io.cmek.operator.aws.CredentialScope;
import io.cmek.operator.key.KeyArn;
import io.cmek.operator.request.ResourceRef;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is reported to an observer of calls. All answers here are injected. */
class CallReportsTest {

    private static final KeyArn KEY =
            KeyArn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    private static final CredentialScope ROLE = new CredentialScope("arn:aws:iam::111122223333:role/tenant", null);
    private static final String POLICY = "{\"Policy\": \"{}\", \"PolicyName\": \"default\"}";

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private final List<String> reported = new CopyOnWriteArrayList<>();
    private final CallListener observer = new CallListener() {
        @Override
        public void called(Operation operation, String outcome, Duration took) {
            reported.add(operation + " " + outcome);
        }

        @Override
        public void attempted(Operation operation, String outcome, Duration took) {
            reported.add("request " + operation + " " + outcome);
        }

        @Override
        public void failed(Operation operation, String subject, AwsError failure) {
            reported.add("failed " + operation + " on " + subject + " "
                    + failure.detail().code() + " " + failure.detail().requestId());
        }
    };

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private void read(CredentialScope identity) {
        call(keys -> keys.readPolicy(identity, KEY));
    }

    private void call(Consumer<KmsKeyService> call) {
        try (var settings = SdkSettings.of(URI.create(server.baseUrl()), "any", "any");
                var aws = new AwsClients(AwsSettings.of("test", true), observer)) {
            call.accept(new KmsKeyService(aws));
        }
    }

    private static ResponseDefinitionBuilder error(String code) {
        return aResponse()
                .withStatus(400)
                .withHeader("Content-Type", "application/x-amz-json-1.1")
                .withHeader("x-amzn-RequestId", "7c3a1b2c-0d4e-4f5a-9b6c-1234567890ab")
                .withBody("{\"__type\": \"%s\", \"message\": \"no\"}".formatted(code));
    }

    @Test
    void aFailureIsReportedWithKeyAndRequestId() {
        server.stubFor(any(anyUrl()).willReturn(error("AccessDeniedException")));
        read(CredentialScope.OWN);
        assertThat(reported)
                .containsExactlyInAnyOrder(
                        "kms:GetKeyPolicy AccessDeniedException",
                        "request kms:GetKeyPolicy 400",
                        "failed kms:GetKeyPolicy on " + KEY
                                + " AccessDeniedException 7c3a1b2c-0d4e-4f5a-9b6c-1234567890ab");
    }

    /** KMS throttles with status 400: it must not be counted as any other refusal. */
    @Test
    void throttlingIsReportedThoughTheCallSucceeds() {
        server.stubFor(any(anyUrl())
                .inScenario("throttled once")
                .whenScenarioStateIs(STARTED)
                .willReturn(error("ThrottlingException"))
                .willSetStateTo("enough"));
        server.stubFor(any(anyUrl())
                .inScenario("throttled once")
                .whenScenarioStateIs("enough")
                .willReturn(okJson(POLICY)));
        read(CredentialScope.OWN);
        assertThat(reported)
                .containsExactlyInAnyOrder(
                        "kms:GetKeyPolicy OK", "request kms:GetKeyPolicy Throttling", "request kms:GetKeyPolicy 200");
    }

    /** A repetition would write over what others wrote since the policy was read. */
    @Test
    void aPolicyIsWrittenOnceHoweverItEnds() {
        server.stubFor(any(anyUrl()).willReturn(error("ThrottlingException")));
        call(keys -> keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"));
        server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(500)));
        call(keys -> keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"));
        assertThat(reported)
                .filteredOn(line -> line.startsWith("request"))
                .containsExactly("request kms:PutKeyPolicy Throttling", "request kms:PutKeyPolicy 500");
    }

    /** KMS: "Signature not yet current", with its own time in the answer. Nothing was done. */
    @Test
    void aPolicyIsSignedAnewWhenTheClockWasWrong() {
        String day = DateTimeFormatter.BASIC_ISO_DATE.format(LocalDate.now(ZoneOffset.UTC));
        ResponseDefinitionBuilder skewed = error("InvalidSignatureException")
                .withHeader(
                        "Date",
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                ZonedDateTime.now(ZoneOffset.UTC).minusDays(2)));
        server.stubFor(any(anyUrl())
                .inScenario("clock")
                .whenScenarioStateIs(STARTED)
                .willReturn(skewed)
                .willSetStateTo("learned"));
        server.stubFor(
                any(anyUrl()).inScenario("clock").whenScenarioStateIs("learned").willReturn(okJson("{}")));
        call(keys -> keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"));
        assertThat(reported)
                .filteredOn(line -> line.startsWith("request"))
                .containsExactly("request kms:PutKeyPolicy 400", "request kms:PutKeyPolicy 200");
        assertThat(server.getAllServeEvents())
                .extracting(event -> event.getRequest().getHeader("X-Amz-Date"))
                .satisfiesExactly(
                        learned -> assertThat(learned).isLessThan(day),
                        wrong -> assertThat(wrong).isGreaterThan(day));
    }

    /** CloudTrail shows the user agent. */
    @Test
    void theUserAgentOfAWriteNamesTheResource() {
        server.stubFor(any(anyUrl()).willReturn(okJson("{}")));
        call(keys -> keys.writePolicy(
                CredentialScope.OWN, KEY, "{}", new ResourceRef("Workgroup", "team-a", "orders").dotted()));
        assertThat(server.getAllServeEvents())
                .singleElement()
                .extracting(event -> event.getRequest().getHeader("User-Agent"))
                .asString()
                .contains(" for/workgroup.team-a.orders", " app/cmek-operator");
    }

    /** The same words of KMS for credentials that are wrong at any time. */
    @Test
    void aPolicyIsNotSentAgainWithWrongCredentials() {
        server.stubFor(any(anyUrl()).willReturn(error("InvalidSignatureException")));
        call(keys -> keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"));
        assertThat(reported).filteredOn(line -> line.startsWith("request")).hasSize(1);
    }

    @Test
    void aRoleThatCannotBeAssumedIsReportedOnceAndAsThat() {
        server.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withStatus(403)
                        .withHeader("x-amzn-RequestId", "7c3a1b2c-0d4e-4f5a-9b6c-1234567890ab")
                        .withBody("<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                                + "<RequestId>7c3a1b2c-0d4e-4f5a-9b6c-1234567890ab</RequestId></ErrorResponse>")));
        read(ROLE);
        assertThat(reported)
                .filteredOn(line -> line.startsWith("failed"))
                .containsExactly(
                        "failed sts:AssumeRole on " + ROLE + " AccessDenied 7c3a1b2c-0d4e-4f5a-9b6c-1234567890ab");
    }

    /** Of a call that is repeated until its time is over, of one that is not repeated, and of the assuming of a role inside a call. */
    @Test
    void anAnswerThatDoesNotComeIsATimeOut() {
        server.stubFor(any(anyUrl()).willReturn(okJson(POLICY).withFixedDelay(2_000)));
        var answers = new ArrayList<AwsResult<?>>();
        try (var settings = SdkSettings.of(URI.create(server.baseUrl()), "any", "any");
                var aws = new AwsClients(
                        new AwsSettings("test", true, Duration.ofMillis(200), Duration.ofMillis(500)), observer)) {
            var keys = new KmsKeyService(aws);
            answers.add(keys.readPolicy(CredentialScope.OWN, KEY));
            answers.add(keys.writePolicy(CredentialScope.OWN, KEY, "{}", "workgroup.team-a.orders"));
            answers.add(keys.readPolicy(ROLE, KEY));
        }
        assertThat(Thread.interrupted())
                .as("the thread goes on to work for others")
                .isFalse();
        assertThat(answers)
                .allSatisfy(
                        answer -> assertThat(Answers.failed(answer).isTimeOut()).isTrue());
    }
}
