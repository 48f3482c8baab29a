package io.cmek.operator.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.testing.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a log holds, the bundle made of it holds no credential; by a {@code kubectl} that shows the log of a pod. */
class BundleRedactionTest {

    private static final String HEX = "0123456789abcdef";
    private static final String BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /** As HTTP, JSON, XML, YAML, URLs, properties and {@code toString} write a name and its value. */
    private static final List<String> FORMS = List.of(
            "DEBUG [wire] http-outgoing-0 >> \"%s: %s[\\r][\\n]\"",
            "{\"%s\":\"%s\",\"Expiration\":1.7E9}",
            "{\"message\":\"{\\\"%s\\\": \\\"%s\\\"}\"}",
            "<Credentials><%s>%s</x><Expiration>2026</Expiration></Credentials>",
            "request?a=b&%s=%s&c=d HTTP/1.1",
            "%s=%s",
            "  %s: '%s'",
            "headers={Host=[sts], %s=[%s], Accept=[*/*]}");

    private static final List<String> NAMES = List.of(
            "X-Amz-Security-Token",
            "x-amz-security-token",
            "X-Amz-Signature",
            "SecretAccessKey",
            "secretAccessKey",
            "aws_secret_access_key",
            "AWS_SECRET_ACCESS_KEY",
            "SessionToken",
            "AWS_SESSION_TOKEN",
            "WebIdentityToken",
            "ExternalId",
            "password",
            "Authorization");

    @TempDir
    Path folder;

    @Test
    void noCredentialOfALogIsInTheBundle() throws IOException {
        var random = new Random(11);
        var secrets = new ArrayList<String>();
        var log = new ArrayList<String>();
        log.add(
                "INFO [io.cmek.operator.Ordinary] kms:PutKeyPolicy for arn:aws:kms:us-east-1:111122223333:key/1234abcd (request id 7c3a1b2c)");
        for (int i = 0; i < 20; i++) {
            for (String form : FORMS) {
                for (String name : NAMES) {
                    String secret = text(random, BASE64, 40);
                    secrets.add(secret);
                    log.add(form.formatted(name, secret));
                }
            }
            String signature = text(random, HEX, 64);
            String access = "ASIA" + text(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
            String session = "IQoJb3JpZ2luX2VjE" + text(random, BASE64, 300) + "==";
            String jwt = jwt(random);
            secrets.addAll(List.of(signature, access, session, jwt, jwt.substring(jwt.lastIndexOf('.') + 1)));
            log.add("http-outgoing-1 >> Authorization: AWS4-HMAC-SHA256 Credential=" + access
                    + "/20260301/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature);
            log.add("headers={Authorization=[AWS4-HMAC-SHA256 Credential=" + access
                    + "/20260301/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=" + signature + "]}");
            log.add("a session " + session + " out of nowhere");
            log.add("authorization: Bearer " + jwt);
            log.add("a token " + jwt + " out of nowhere");
            log.add("AwsSessionCredentials(accessKeyId=" + access + ", providerName=x)");
        }
        String key = text(random, BASE64, 64);
        secrets.add(key);
        log.add("{\"message\":\"-----BEGIN PRIVATE KEY-----\\n" + key + "\\n-----END PRIVATE KEY-----\"}");
        log.add("what comes after it");
        log.addAll(
                List.of("-----BEGIN RSA PRIVATE KEY-----", key, "-----END RSA PRIVATE KEY-----", "and the last line"));
        Path file = Files.write(folder.resolve("operator.log"), log);

        Map<String, String> bundle = Bundle.of(kubectl(file), Map.of(), folder);

        String shown = bundle.get("operator.log");
        assertThat(shown)
                .contains("kms:PutKeyPolicy for arn:aws:kms:us-east-1:111122223333:key/1234abcd (request id 7c3a1b2c)")
                .contains("Expiration", "what comes after it", "and the last line", "[hidden]")
                .hasLineCount(log.size() - 2);
        List<String> left = secrets.stream().filter(shown::contains).toList();
        assertThat(left)
                .as(() -> shown.lines()
                        .filter(line -> left.stream().anyMatch(line::contains))
                        .limit(10)
                        .collect(Collectors.joining("\n")))
                .isEmpty();
    }

    /** The metrics, the states and the resources are as they were. */
    @Test
    void whatIsNoCredentialStays() throws IOException {
        List<String> log = List.of(
                "WARN kms:DescribeKey for arn:aws:kms:us-east-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef: AccessDeniedException",
                "cmek_aws_calls_total{operation=\"kms:DescribeKey\",outcome=\"ExpiredTokenException\"} 12.0",
                "message: 'The statement \"No signatures\" denies arn:aws:iam::111122223333:role/data-plane kms:Decrypt.'",
                "image: registry/cmek-operator@sha256:" + HEX.repeat(4));
        Path file = Files.write(folder.resolve("operator.log"), log);

        assertThat(Bundle.of(kubectl(file), Map.of(), folder)
                        .get("operator.log")
                        .lines())
                .containsExactlyElementsOf(log);
    }

    private Path kubectl(Path log) throws IOException {
        Path kubectl = folder.resolve("kubectl");
        Files.writeString(kubectl, """
                #!/usr/bin/env bash
                case "$*" in
                  *"get pods"*"-o name") echo pod/operator ;;
                  logs*--previous) exit 1 ;;
                  logs*) cat '%s' ;;
                  *) echo "kind: List" ;;
                esac
                """.formatted(log));
        assertThat(kubectl.toFile().setExecutable(true)).isTrue();
        return kubectl;
    }

    private static String jwt(Random random) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"RS256\"}".getBytes())
                + "." + Base64.getUrlEncoder().withoutPadding().encodeToString("{\"sub\":\"system\"}".getBytes())
                + "." + text(random, BASE64.replace('+', '-').replace('/', '_'), 86);
    }

    private static String text(Random random, String alphabet, int length) {
        return random.ints(length, 0, alphabet.length())
                .mapToObj(i -> String.valueOf(alphabet.charAt(i)))
                .collect(Collectors.joining());
    }
}
