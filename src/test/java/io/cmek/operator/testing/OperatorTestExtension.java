package io.cmek.operator.testing;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.services.iam.model.AccessKey;

/**
 * All that a black-box test needs: a cluster with the chart and a local AWS, which the test classes of a JVM share one after the other
 * ({@link TestEnvironment}), and for each class a counting proxy before AWS and the operator as a process. The operator has its ServiceAccount's
 * rights in the cluster, and in AWS those of a user who may only assume the role of the tenant.
 */
public final class OperatorTestExtension implements BeforeAllCallback, AfterAllCallback, AfterTestExecutionCallback {

    public static final String REGION = "us-east-1";
    public static final String SECONDARY_REGION = "us-west-2";
    public static final String OPERATOR_ROLE = "arn:aws:iam::" + LocalAws.ACCOUNT + ":role/cmek-operator";
    public static final String DATA_PLANE = "arn:aws:iam::" + LocalAws.ACCOUNT + ":role/data-plane";

    /** As docs/reference/iam-policy.md has it. */
    private static final String OPERATOR_POLICY = """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"], "Resource": "*"},
              {"Effect": "Allow", "Action": ["s3:CreateBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock",
                "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:ListBucket", "s3:ListAllMyBuckets"],
               "Resource": "*"}]}""";

    private static final String NOTHING = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}""";

    /** To assume roles, and to take events from the queue. */
    private static final String OWN = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:GetCallerIdentity",
              "sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": "*"}]}""";

    private final Map<String, String> settings = new TreeMap<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private boolean startsOperator = true;
    private boolean sharesEnvironment = true;
    private @Nullable TestEnvironment environment;
    private @Nullable AwsProxy proxy;
    private @Nullable AccessKey credentials;
    private @Nullable OperatorProcess operator;

    public OperatorTestExtension() {
        settings.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        settings.put("QUARKUS_HTTP_PORT", "0");
        settings.put("AWS_REGION", REGION);
        settings.put("CMEK_AWS_PATH_STYLE_ACCESS", "true");
        settings.put("CMEK_RESYNC_INTERVAL", "2s");
        settings.put("CMEK_BUCKET_RESYNC_INTERVAL", "2s");
        settings.put("CMEK_TENANTS_DEFAULT_NAMESPACES", "*");
        settings.put("CMEK_TENANTS_DEFAULT_KEYS", "arn:aws:kms:*:" + LocalAws.ACCOUNT + ":key/*");
        settings.put("CMEK_TENANTS_DEFAULT_ROLE_ARN", OPERATOR_ROLE);
        settings.put("CMEK_TENANTS_DEFAULT_PRINCIPALS_DATA", DATA_PLANE);
    }

    /** A setting of every operator that is started from now on, as an environment variable. */
    public OperatorTestExtension with(String variable, String value) {
        settings.put(variable, value);
        return this;
    }

    /** What every operator that is started from now on believes the time to be. */
    public OperatorTestExtension with(SkewedClock clock) {
        jvmOptions.addAll(clock.jvmOptions());
        return this;
    }

    /** The tests of the class start operators themselves. */
    public OperatorTestExtension withoutOperator() {
        startsOperator = false;
        return this;
    }

    /** The tests of the class change what all classes share: the programs of the control plane, CRDs, the operator's rights. */
    public OperatorTestExtension withOwnEnvironment() {
        sharesEnvironment = false;
        return this;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        environment = sharesEnvironment ? TestEnvironment.shared(context) : TestEnvironment.start();
        operatorRole(LocalAws.ACCOUNT, "cmek-operator");
        aws().role(LocalAws.ACCOUNT, "data-plane", "arn:aws:iam::" + LocalAws.ACCOUNT + ":root", "", NOTHING);
        credentials = aws().user("operator-pod", OWN);
        proxy = AwsProxy.before(aws().endpoint());
        if (startsOperator) {
            startOperator();
        }
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent() && operator != null) {
            System.err.println("The operator's last words:\n" + operator.logTail());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (operator != null) {
            operator.close();
        }
        if (proxy != null) {
            proxy.close();
        }
        if (environment != null) {
            if (sharesEnvironment) {
                environment.empty();
            } else {
                environment.close();
            }
        }
    }

    /** The operator of the class; ends with it. */
    public OperatorProcess startOperator() {
        operator = launch(Map.of()).awaitReady();
        return operator;
    }

    /** Another operator, which is the caller's to end. */
    public OperatorProcess launch(Map<String, String> more, String... moreJvmOptions) {
        var variables = new TreeMap<>(settings);
        variables.put(
                "KUBECONFIG",
                installation().operatorKubeconfig().toAbsolutePath().toString());
        variables.put("AWS_ENDPOINT_URL", endpoint().toString());
        variables.put("AWS_ACCESS_KEY_ID", credentials().accessKeyId());
        variables.put("AWS_SECRET_ACCESS_KEY", credentials().secretAccessKey());
        variables.putAll(more);
        var options = new ArrayList<>(jvmOptions);
        options.addAll(List.of(moreJvmOptions));
        return OperatorProcess.launch(variables, options.toArray(String[]::new));
    }

    /** A role that the operator may assume, with all that it needs in the role's account; returns its ARN. */
    public String operatorRole(String account, String name) {
        return aws().role(account, name, "arn:aws:iam::" + LocalAws.ACCOUNT + ":root", "", OPERATOR_POLICY);
    }

    private URI endpoint() {
        return proxy().endpoint();
    }

    private AccessKey credentials() {
        return started(credentials);
    }

    public OperatorProcess operator() {
        return started(operator);
    }

    public Installation installation() {
        return started(environment).installation();
    }

    public LocalAws aws() {
        return started(environment).aws();
    }

    public AwsProxy proxy() {
        return started(proxy);
    }

    /** What the API server was asked. Skips the test where the cluster cannot tell. */
    public AuditLog audit() {
        var audit = installation().cluster().audit();
        org.junit.jupiter.api.Assumptions.assumeTrue(audit.isPresent(), "this cluster keeps no audit log");
        return audit.orElseThrow();
    }

    /** A namespace, and what a team does in it. */
    public TestNamespace team() {
        return new TestNamespace(installation(), installation().namespace());
    }

    private static <T> T started(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("not started yet");
        }
        return part;
    }
}
