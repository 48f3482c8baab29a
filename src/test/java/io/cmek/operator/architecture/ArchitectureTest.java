package io.cmek.operator.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.cmek.operator.docs.MarkdownPage;
import io.cmek.operator.runtime.Leadership;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import java.lang.reflect.AccessibleObject;
import java.nio.file.Path;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rules of CONTRIBUTING.md and docs/architecture.md about packages, clocks, names and writes. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    static final String ROOT = "io.cmek.operator";

    /** They decide; they do no input or output. */
    static final String[] PURE =
            packages("key", "policy", "bucket", "volume", "replication", "tenancy", "condition", "claim", "cloud");

    private static final String AWS_SDK = "software.amazon..";
    private static final String OPERATOR_SDK = "io.javaoperatorsdk..";
    private static final String KUBERNETES_CLIENT = "io.fabric8..";
    private static final String[] CONTAINER = {
        "io.quarkus..", "io.quarkiverse..", "io.smallrye..", "jakarta..", "org.eclipse.microprofile.."
    };

    private static final DescribedPredicate<AccessTarget> READS_THE_TIME = describe(
            "read the time of the machine",
            call -> call.getOwner().getPackageName().equals("java.time")
                            && call.getName().matches("now|system\\w*|tick\\w*")
                    || call.getOwner().isEquivalentTo(System.class)
                            && call.getName().equals("currentTimeMillis")
                    || call.getOwner().isEquivalentTo(Date.class));

    /** The verbs of the fabric8 client that change something in the cluster. */
    private static final DescribedPredicate<AccessTarget> WRITES_TO_KUBERNETES = describe(
            "write to Kubernetes",
            call -> call.getOwner().getPackageName().startsWith("io.fabric8.kubernetes.client")
                    && call.getName()
                            .matches(
                                    "create(Or\\w+)?|(update|replace|patch|edit|delete)\\w*|serverSideApply|accept|scale|evict"));

    private static final DescribedPredicate<AccessTarget> PRIES_OPEN = describe(
            "pry open what is private",
            call -> call.getOwner().isAssignableTo(AccessibleObject.class)
                    && call.getName().matches("setAccessible|trySetAccessible"));

    /** Also, no rule below holds because there is nothing to hold it. */
    @ArchTest
    static void docsArchitectureHasEveryPackage(JavaClasses classes) {
        List<List<String>> rows = MarkdownPage.read(Path.of("docs", "architecture.md")).tableRows().stream()
                .filter(row -> row.getFirst().matches("`[a-z]+`"))
                .toList();
        assertThat(rows.stream().map(row -> row.getFirst().replace("`", "")))
                .containsExactlyInAnyOrderElementsOf(classes.stream()
                        .map(c -> c.getPackageName().substring(ROOT.length()))
                        .filter(name -> !name.isEmpty())
                        .map(name -> name.split("\\.")[1])
                        .collect(Collectors.toSet()));
        assertThat(rows.stream()
                        .filter(row -> row.get(1).equals("yes"))
                        .map(row -> row.getFirst().replace("`", "")))
                .map(name -> packages(name)[0])
                .containsExactlyInAnyOrder(PURE);
    }

    @ArchTest
    static final ArchRule purePackagesKnowNoFramework = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(concat(CONTAINER, AWS_SDK, OPERATOR_SDK, KUBERNETES_CLIENT, "org.jboss.."));

    @ArchTest
    static final ArchRule purePackagesKnowNoResourcesOfTheCluster =
            noClasses().that().resideInAnyPackage(PURE).should().dependOnClassesThat(assignableTo(HasMetadata.class));

    @ArchTest
    static final ArchRule purePackagesDoNoInputOrOutput = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net..", "java.nio.file..", "java.util.concurrent..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(java.io.File.class, java.io.InputStream.class, java.io.OutputStream.class, Thread.class);

    @ArchTest
    static final ArchRule purePackagesDependOnPurePackagesOnly = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(resideInAnyPackage(ROOT + "..")
                    .and(DescribedPredicate.not(resideInAnyPackage(concat(PURE, ROOT + ".api..")))));

    @ArchTest
    static final ArchRule onlyAwsKnowsTheAwsSdk = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".aws..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(AWS_SDK);

    @ArchTest
    static final ArchRule onlyMetricsAndTheWiringKnowMicrometer = noClasses()
            .that()
            .resideOutsideOfPackages(packages("metrics", "runtime"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..");

    @ArchTest
    static final ArchRule awsKnowsNothingOfKubernetes = noClasses()
            .that()
            .resideInAPackage(ROOT + ".aws..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(concat(CONTAINER, OPERATOR_SDK, KUBERNETES_CLIENT));

    @ArchTest
    static final ArchRule onlyRuntimeAndReconcilersKnowTheContainer = noClasses()
            .that()
            .resideOutsideOfPackages(packages("runtime", "workgroup", "replicacmek"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CONTAINER);

    /** What the extension (7.7.3) makes of a customized configuration has no Kubernetes client, and builds one for each copy of a resource. */
    @ArchTest
    static final ArchRule theOperatorSdkKeepsItsKubernetesClient =
            noClasses().should().beAssignableTo(ConfigurationServiceCustomizer.class);

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    /** The finalizer and the renewal of the Lease are the operator SDK's to write; the Lease's release is not. */
    @ArchTest
    static final ArchRule onlyActAndReportWriteToKubernetes = noClasses()
            .that()
            .resideOutsideOfPackages(packages("act", "report"))
            .and()
            .areNotAssignableTo(Leadership.class)
            .should()
            .accessTargetWhere(target(WRITES_TO_KUBERNETES));

    @ArchTest
    static final ArchRule theClockIsInjected = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".runtime..")
            .should()
            .accessTargetWhere(target(READS_THE_TIME));

    @ArchTest
    static final ArchRule namesSayWhatAClassIs =
            noClasses().should().haveNameMatching(".*(Utils?|Manager|Helper)(\\$.*)?");

    @ArchTest
    static final ArchRule nothingIsPriedOpen = noClasses().should().accessTargetWhere(target(PRIES_OPEN));

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
    }

    private static String[] concat(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }
}
