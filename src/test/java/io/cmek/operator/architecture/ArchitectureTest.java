package io.cmek.operator.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaStaticInitializer;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.cmek.operator.app.LeaderElection;
import io.cmek.operator.awscontrol.BucketController;
import io.cmek.operator.awscontrol.KeyController;
import io.cmek.operator.awscontrol.LiveRequests;
import io.cmek.operator.bucket.BucketService;
import io.cmek.operator.bucket.BucketWrites;
import io.cmek.operator.cloudtrail.EventConsumer;
import io.cmek.operator.cloudtrail.EventQueue;
import io.cmek.operator.cluster.ClusterApi;
import io.cmek.operator.cluster.StorageClassApi;
import io.cmek.operator.cluster.StorageClassReconciler;
import io.cmek.operator.docs.MarkdownPage;
import io.cmek.operator.key.KeyService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import java.lang.reflect.AccessibleObject;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.Timer;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rules of CONTRIBUTING.md and docs/architecture.md about packages, clocks, names and writes. */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    static final String ROOT = "io.cmek.operator";

    /** They decide; they do no input or output. */
    static final String[] PURE = packages(
            "key",
            "keypolicy",
            "bucket",
            "storageclass",
            "replication",
            "tenancy",
            "condition",
            "request",
            "index",
            "aws");

    /** All that runs on one thread in virtual time when its ports are replaced: the pure packages, the controllers, and what lies between. */
    static final String[] CORE =
            concat(PURE, packages("api", "awscontrol", "controller", "resource", "cloudtrail", "cluster"));

    /** Each method is one request to AWS. */
    private static final Class<?>[] AWS_PORTS = {KeyService.class, BucketService.class, EventQueue.class};

    /** Each method is one request, or several, to AWS or to the API server. */
    private static final Class<?>[] PORTS = {
        KeyService.class,
        BucketService.class,
        EventQueue.class,
        ClusterApi.class,
        StorageClassApi.class,
        LiveRequests.class
    };

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

    /** Or for which no port stands. */
    private static final DescribedPredicate<AccessTarget> IS_LEFT_TO_CHANCE = describe(
            "be left to chance or to the machine",
            call -> call.getOwner().isEquivalentTo(System.class)
                            && call.getName().matches("nanoTime|getenv|getProperty")
                    || call.getOwner().isAssignableTo(Random.class)
                    || call.getOwner().isEquivalentTo(SplittableRandom.class)
                    || call.getOwner().isEquivalentTo(RandomGenerator.class)
                            && call.getName().matches("of|getDefault")
                    || call.getOwner().isEquivalentTo(UUID.class)
                            && call.getName().equals("randomUUID")
                    || call.getOwner().isEquivalentTo(Math.class)
                            && call.getName().equals("random")
                    || call.getOwner().isEquivalentTo(System.class)
                            && call.getName().equals("identityHashCode"));

    private static final DescribedPredicate<AccessTarget> WAITS_OR_USES_OTHER_THREADS = describe(
            "wait, or use another thread",
            call -> call.getName().matches("parallel|parallelStream")
                    || call.getOwner().isEquivalentTo(Object.class)
                            && call.getName().matches("wait|notify|notifyAll"));

    /** Concurrent maps and queues belong to whoever calls, and an Executor is a port. */
    private static final DescribedPredicate<JavaClass> RUNS_OR_LOCKS = describe(
            "runs something on another thread, or locks",
            type -> type.isAssignableTo(Thread.class)
                    || type.isEquivalentTo(ThreadLocal.class)
                    || type.isEquivalentTo(Timer.class)
                    || type.getPackageName().startsWith("java.util.concurrent")
                            && !type.getSimpleName().matches("Concurrent\\w*(Map|Queue)|Executor"));

    private static final Set<String> HASHED = Stream.of(
                    HashMap.class,
                    HashSet.class,
                    IdentityHashMap.class,
                    WeakHashMap.class,
                    Hashtable.class,
                    ConcurrentHashMap.class)
            .map(Class::getName)
            .collect(Collectors.toSet());

    /** Their order depends on hashes: of enums and classes, for example, and of Set.of and Map.of, it is another one in each process. */
    private static final DescribedPredicate<JavaAccess<?>> IS_ORDERED_BY_HASHES = describe(
            "make something that is ordered by hashes",
            call -> isConstructor(call) && HASHED.contains(call.getTargetOwner().getName())
                    || call.getTargetOwner().isEquivalentTo(Collectors.class)
                            && call.getName()
                                    .matches("to(Unmodifiable)?Set|to(Unmodifiable|Concurrent)?Map|groupingBy\\w*")
                            && parametersOf(call).stream().noneMatch(type -> type.isEquivalentTo(Supplier.class))
                            // Of those in constants it is asked whether they contain something.
                            && !(call.getOrigin() instanceof JavaStaticInitializer)
                    || isOfSetOrMap(call) && call.getName().matches("copyOf|ofEntries")
                    || isOfSetOrMap(call)
                            && call.getName().equals("of")
                            && !(call.getOrigin() instanceof JavaStaticInitializer)
                            && !hasOneAtMost(call));

    private static boolean isConstructor(JavaAccess<?> call) {
        return call.getName().equals("<init>");
    }

    private static List<JavaClass> parametersOf(JavaAccess<?> call) {
        return call.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target
                ? target.getRawParameterTypes()
                : List.of();
    }

    private static boolean isOfSetOrMap(JavaAccess<?> call) {
        return call.getTargetOwner().isEquivalentTo(Set.class)
                || call.getTargetOwner().isEquivalentTo(Map.class);
    }

    private static boolean hasOneAtMost(JavaAccess<?> call) {
        List<JavaClass> parameters = parametersOf(call);
        return parameters.size() <= (call.getTargetOwner().isEquivalentTo(Map.class) ? 2 : 1)
                && parameters.stream().noneMatch(JavaClass::isArray);
    }

    private static final DescribedPredicate<JavaField> CHANGES = describe(
            "change",
            field -> field.getModifiers().contains(JavaModifier.STATIC)
                    && !field.getModifiers().contains(JavaModifier.SYNTHETIC)
                    && (!field.getModifiers().contains(JavaModifier.FINAL)
                            || field.getRawType().isArray()
                            || field.getRawType().getPackageName().startsWith("java.util.concurrent")
                            || field.getRawType().isAssignableTo(StringBuilder.class)
                            || isMutableCollection(field.getRawType())));

    private static final DescribedPredicate<JavaAccess<?>> MAKES_A_CONSTANT_THAT_CHANGES = describe(
            "make a constant that can change",
            call -> call.getOrigin() instanceof JavaStaticInitializer
                    && call.getName().equals("<init>")
                    && (isMutableCollection(call.getTargetOwner())
                            || call.getTargetOwner().getPackageName().startsWith("java.util.concurrent")));

    private static boolean isMutableCollection(JavaClass type) {
        return !type.isInterface()
                && type.getPackageName().startsWith("java.util")
                && (type.isAssignableTo(Collection.class) || type.isAssignableTo(Map.class));
    }

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
            .resideOutsideOfPackage(ROOT + ".awssdk..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(AWS_SDK);

    @ArchTest
    static final ArchRule onlyMetricsAndTheWiringKnowMicrometer = noClasses()
            .that()
            .resideOutsideOfPackages(packages("metrics", "app"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..");

    @ArchTest
    static final ArchRule awsKnowsNothingOfKubernetes = noClasses()
            .that()
            .resideInAPackage(ROOT + ".awssdk..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(concat(CONTAINER, OPERATOR_SDK, KUBERNETES_CLIENT));

    @ArchTest
    static final ArchRule onlyRuntimeKnowsTheContainer = noClasses()
            .that()
            .resideOutsideOfPackages(packages("app"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CONTAINER);

    /** In {@code metrics}, what the operator SDK tells of reconciliations. */
    @ArchTest
    static final ArchRule onlyRuntimeAndMetricsKnowTheOperatorSdk = noClasses()
            .that()
            .resideOutsideOfPackages(packages("app", "metrics"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(OPERATOR_SDK);

    /** The base class of the kinds, and how a request fails, are part of the port. */
    @ArchTest
    static final ArchRule onlyActAndRuntimeKnowTheKubernetesClient = noClasses()
            .that()
            .resideOutsideOfPackages(packages("cluster", "app"))
            .should()
            .dependOnClassesThat(resideInAnyPackage(KUBERNETES_CLIENT + "kubernetes.client..")
                    .and(not(equivalentTo(CustomResource.class)))
                    .and(not(equivalentTo(KubernetesClientException.class))));

    @ArchTest
    static final ArchRule onlyTheControllerOfKeysCallsKms = noClasses()
            .that(not(isOrIsIn(KeyController.class)))
            .and(not(isOrIsIn(KeyService.class)))
            .and()
            .resideOutsideOfPackage(ROOT + ".awssdk..")
            .should()
            .accessTargetWhere(isMethodOf(KeyService.class));

    /** By way of the requests that make one write. */
    @ArchTest
    static final ArchRule onlyTheControllerOfBucketsCallsS3 = noClasses()
            .that(not(isOrIsIn(BucketController.class)))
            .and(not(isOrIsIn(BucketService.class)))
            .and(not(isOrIsIn(BucketWrites.class)))
            .and()
            .resideOutsideOfPackage(ROOT + ".awssdk..")
            .should()
            .accessTargetWhere(isMethodOf(BucketService.class))
            .orShould()
            .accessTargetWhere(targetOwner(equivalentTo(BucketWrites.class)));

    @ArchTest
    static final ArchRule onlyTheConsumerOfEventsCallsSqs = noClasses()
            .that(not(isOrIsIn(EventConsumer.class)))
            .and()
            .resideOutsideOfPackage(ROOT + ".awssdk..")
            .should()
            .accessTargetWhere(isMethodOf(EventQueue.class));

    /** They see AWS by snapshots alone. */
    @ArchTest
    static final ArchRule whoJudgesResourcesDoesNotKnowThePortsToAws = noClasses()
            .that()
            .resideInAnyPackage(packages("controller", "resource", "cluster", "index", "request", "storageclass"))
            .should()
            .dependOnClassesThat(belongToAnyOf(AWS_PORTS));

    /** {@code runtime} puts the adapters into the ports. */
    @ArchTest
    static final ArchRule onlyTheWiringKnowsTheAdaptersToAws = noClasses()
            .that()
            .resideOutsideOfPackages(packages("awssdk", "app", "metrics"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".awssdk..");

    /** A lock over a call would have one who waits for AWS hold up all others. */
    @ArchTest
    static void whoLocksCallsNoPort(JavaClasses classes) {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .and(describe("lock", c -> Monitors.isUsedBy(c.reflect())))
                .should()
                .dependOnClassesThat(belongToAnyOf(PORTS))
                .check(classes);
    }

    @ArchTest
    static final ArchRule theCoreHasNoThreads = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat(RUNS_OR_LOCKS)
            .orShould()
            .accessTargetWhere(target(WAITS_OR_USES_OTHER_THREADS));

    @ArchTest
    static final ArchRule theCoreLeavesNothingToChance =
            noClasses().that().resideInAnyPackage(CORE).should().accessTargetWhere(target(IS_LEFT_TO_CHANCE));

    /** {@code StorageClassReconciler} asks its map, and needs a {@code compute} that calls once; it never goes through it. */
    @ArchTest
    static final ArchRule theCoreHasNoOrderOfHashes = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .and()
            .doNotBelongToAnyOf(StorageClassReconciler.class)
            .should()
            .accessTargetWhere(IS_ORDERED_BY_HASHES);

    @ArchTest
    static final ArchRule nothingStaticInTheCoreChanges = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(CORE)
            .should(beSuchThatThey(CHANGES));

    @ArchTest
    static final ArchRule constantsOfTheCoreDoNotChange =
            noClasses().that().resideInAnyPackage(CORE).should().accessTargetWhere(MAKES_A_CONSTANT_THAT_CHANGES);

    /** What the extension (7.7.3) makes of a customized configuration has no Kubernetes client, and builds one for each copy of a resource. */
    @ArchTest
    static final ArchRule theOperatorSdkKeepsItsKubernetesClient =
            noClasses().should().beAssignableTo(ConfigurationServiceCustomizer.class);

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    /** The renewal of the Lease is the operator SDK's to write; its release is not. */
    @ArchTest
    static final ArchRule onlyActWritesToKubernetes = noClasses()
            .that()
            .resideOutsideOfPackages(packages("cluster"))
            .and()
            .areNotAssignableTo(LeaderElection.class)
            .should()
            .accessTargetWhere(target(WRITES_TO_KUBERNETES));

    @ArchTest
    static final ArchRule theClockIsInjected = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".app..")
            .should()
            .accessTargetWhere(target(READS_THE_TIME));

    @ArchTest
    static final ArchRule namesSayWhatAClassIs =
            noClasses().should().haveNameMatching(".*(Utils?|Manager|Helper)(\\$.*)?");

    @ArchTest
    static final ArchRule nothingIsPriedOpen = noClasses().should().accessTargetWhere(target(PRIES_OPEN));

    private static DescribedPredicate<JavaAccess<?>> isMethodOf(Class<?> port) {
        return describe(
                "call " + port.getSimpleName(),
                access -> access.getTargetOwner().isAssignableTo(port)
                        && !access.getTarget().getName().equals("<init>"));
    }

    private static DescribedPredicate<JavaClass> isOrIsIn(Class<?> type) {
        return describe(
                "are " + type.getSimpleName(),
                c -> c.getName().equals(type.getName()) || c.getName().startsWith(type.getName() + "$"));
    }

    private static DescribedPredicate<JavaClass> belongToAnyOf(Class<?>... types) {
        return describe(
                "belong to any of " + Stream.of(types).map(Class::getSimpleName).toList(),
                c -> Stream.of(types).anyMatch(type -> isOrIsIn(type).test(c)));
    }

    private static ArchCondition<JavaField> beSuchThatThey(DescribedPredicate<JavaField> predicate) {
        return new ArchCondition<>(predicate.getDescription()) {
            @Override
            public void check(JavaField field, ConditionEvents events) {
                events.add(new SimpleConditionEvent(
                        field,
                        predicate.test(field),
                        field.getFullName() + " of type " + field.getRawType().getSimpleName()));
            }
        };
    }

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
    }

    private static String[] concat(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }
}
