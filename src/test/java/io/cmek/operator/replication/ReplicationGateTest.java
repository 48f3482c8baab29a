package io.cmek.operator.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.condition.ConditionResult;
import io.cmek.operator.condition.ConditionType;
import io.cmek.operator.condition.Reason;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ReplicationGateTest {

    private static final List<String> DATABASES = List.of("orders", "billing");
    private static final ConditionResult HEALTHY = ConditionResult.ofTrue(Reason.SecondaryReady, "Ready.");
    private static final ConditionResult ILL =
            ConditionResult.ofFalse(Reason.SecondaryNotReady, "The key is disabled.");
    private static final SecondaryState READY = new SecondaryState.Configured("west", HEALTHY, true);

    @Property(tries = 200)
    void everyDatabaseIsEitherAdmittedOrBlockedInTheOrderOfTheSpec(
            @ForAll("databases") List<String> databases,
            @ForAll("databases") List<String> admittedBefore,
            @ForAll("secondaries") SecondaryState secondary,
            @ForAll boolean hasCmek) {
        ReplicationGate gate = ReplicationGate.of(
                new ReplicationGate.Request(hasCmek, "us-west-2", databases, admittedBefore), secondary);

        assertThat(databases).containsAll(gate.admitted()).containsAll(gate.blocked());
        assertThat(gate.admitted())
                .doesNotContainAnyElementsOf(gate.blocked().isEmpty() ? List.of("") : gate.blocked());
        assertThat(gate.admitted().size() + gate.blocked().size()).isEqualTo(databases.size());
        assertThat(databases.stream().filter(gate.admitted()::contains)).isEqualTo(gate.admitted());
        // What replicates goes on, unless the status cannot be right: a region without CMEK.
        if (!hasCmek || !(secondary instanceof SecondaryState.OtherRegion)) {
            assertThat(gate.admitted())
                    .containsAll(
                            databases.stream().filter(admittedBefore::contains).toList());
        }
        if (gate.result().isTrue()) {
            assertThat(gate.blocked()).isEmpty();
        }
        assertThat(gate.result().reason().uses())
                .contains(new Reason.Use(
                        ConditionType.ReplicationAllowed, gate.result().status()));
    }

    @Property(tries = 200)
    void withCmekOnlyAReadySecondaryThatStaysAdmitsMore(
            @ForAll("databases") List<String> databases, @ForAll("secondaries") SecondaryState secondary) {
        ReplicationGate gate =
                ReplicationGate.of(new ReplicationGate.Request(true, "us-west-2", databases, Set.of()), secondary);

        if (!secondary.equals(READY)) {
            assertThat(gate.admitted()).isEmpty();
        } else {
            assertThat(gate.blocked()).isEmpty();
        }
    }

    @Property(tries = 200)
    void withCmekNothingIsAdmittedWhereAnotherRegionIsTheConfiguredOneWhateverTheStatusSays(
            @ForAll("databases") List<String> databases, @ForAll("databases") List<String> admittedBefore) {
        ReplicationGate gate = ReplicationGate.of(
                new ReplicationGate.Request(true, "us-west-2", databases, admittedBefore),
                new SecondaryState.OtherRegion("eu-west-1"));

        assertThat(gate.admitted()).isEmpty();
        assertThat(gate.blocked()).isEqualTo(databases);
    }

    @Test
    void withoutCmekEveryDatabaseReplicates() {
        ReplicationGate gate = ReplicationGate.of(
                new ReplicationGate.Request(false, "us-west-2", DATABASES, List.of()), new SecondaryState.None());

        assertThat(gate.admitted()).isEqualTo(DATABASES);
        assertThat(gate.result().reason()).isEqualTo(Reason.NoCmek);
    }

    @Test
    void theMessageNamesWhoWaitsAndForWhat() {
        assertThat(message(DATABASES, List.of(), new SecondaryState.None()))
                .startsWith("The databases orders, billing wait: ")
                .endsWith("Apply a ReplicaCmek for us-west-2.");
        assertThat(message(DATABASES, List.of("orders"), new SecondaryState.Configured("west", ILL, true)))
                .isEqualTo(
                        "The database billing waits for the ReplicaCmek west: The key is disabled. Still admitted: orders."
                                + " They may be unable to replicate until that is fixed.");
        assertThat(message(DATABASES, List.of(), new SecondaryState.Pending("west", ILL)))
                .isEqualTo("The databases orders, billing wait for the ReplicaCmek west: The key is disabled.");
        assertThat(message(DATABASES, DATABASES, new SecondaryState.Configured("west", HEALTHY, false)))
                .startsWith("New databases wait: the ReplicaCmek west is being deleted.");
        assertThat(message(DATABASES, List.of(), new SecondaryState.OtherRegion("eu-west-1")))
                .contains("Set replication.region to eu-west-1.");
    }

    private static String message(List<String> databases, List<String> before, SecondaryState secondary) {
        return ReplicationGate.of(new ReplicationGate.Request(true, "us-west-2", databases, before), secondary)
                .result()
                .message();
    }

    @Provide
    Arbitrary<List<String>> databases() {
        return Arbitraries.of("orders", "billing", "audit", "users")
                .list()
                .uniqueElements()
                .ofMaxSize(4);
    }

    @Provide
    Arbitrary<SecondaryState> secondaries() {
        return Arbitraries.of(
                new SecondaryState.None(),
                new SecondaryState.Pending("west", ILL),
                new SecondaryState.Pending("west", HEALTHY),
                new SecondaryState.OtherRegion("eu-west-1"),
                READY,
                new SecondaryState.Configured("west", ILL, true),
                new SecondaryState.Configured("west", HEALTHY, false),
                new SecondaryState.Configured("west", ILL, false));
    }
}
