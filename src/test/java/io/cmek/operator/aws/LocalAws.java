package io.cmek.operator.aws;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.iam.model.AccessKey;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3Client;

/** The local AWS of {@code dev/local}, and its accounts' roots, whom no policy binds. */
final class LocalAws implements AutoCloseable {

    static final String ACCOUNT = "111122223333";
    static final String OTHER_ACCOUNT = "444455556666";

    private static final Path FOLDERS = Path.of("target", "aws");

    private final Process process;
    private final URI endpoint;

    private LocalAws(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    static LocalAws start() throws IOException {
        Files.createDirectories(FOLDERS);
        Process process = new ProcessBuilder(
                        "python3",
                        "dev/local/aws.py",
                        Files.createTempDirectory(FOLDERS, "local-").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String endpoint = new BufferedReader(process.inputReader(StandardCharsets.UTF_8)).readLine();
        if (endpoint == null) {
            throw new IllegalStateException("dev/local/aws.py did not start; its own words are above");
        }
        return new LocalAws(process, URI.create(endpoint));
    }

    URI endpoint() {
        return endpoint;
    }

    KmsClient kms(String region) {
        return asRoot(KmsClient.builder(), ACCOUNT, region).build();
    }

    S3Client s3(String account, String region) {
        return asRoot(S3Client.builder(), account, region).forcePathStyle(true).build();
    }

    IamClient iam(String account) {
        return asRoot(IamClient.builder(), account, "aws-global").build();
    }

    /** The local AWS takes twelve digits for the access key of that account's root. */
    private <B extends AwsClientBuilder<B, C>, C> B asRoot(B builder, String account, String region) {
        return builder.endpointOverride(endpoint)
                .region(Region.of(region))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(account, "test")));
    }

    /** A user that may do only what is said. */
    AccessKey user(String name, String policy) {
        IamClient iam = iam(ACCOUNT);
        iam.createUser(r -> r.userName(name));
        iam.putUserPolicy(r -> r.userName(name).policyName("only").policyDocument(policy));
        return iam.createAccessKey(r -> r.userName(name)).accessKey();
    }

    /** A role of an account that the other named ones may assume, with this external id where it is not empty. */
    String role(String account, String name, String trusted, String externalId, String policy) {
        IamClient iam = iam(account);
        String condition = externalId.isEmpty()
                ? ""
                : ", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"" + externalId + "\"}}";
        iam.createRole(r -> r.roleName(name).assumeRolePolicyDocument("""
                {"Version": "2012-10-17", "Statement": [
                  {"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "sts:AssumeRole"%s}]}""".formatted(trusted, condition)));
        iam.putRolePolicy(r -> r.roleName(name).policyName("only").policyDocument(policy));
        return "arn:aws:iam::" + account + ":role/" + name;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
