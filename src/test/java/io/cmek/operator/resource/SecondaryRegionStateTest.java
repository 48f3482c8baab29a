package io.cmek.operator.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.cmek.operator.api.v1alpha1.BlockedDatabase;
import io.cmek.operator.api.v1alpha1.Buckets;
import io.cmek.operator.api.v1alpha1.Cmek;
import io.cmek.operator.api.v1alpha1.Condition;
import io.cmek.operator.api.v1alpha1.EncryptionState;
import io.cmek.operator.api.v1alpha1.ReplicaCmek;
import io.cmek.operator.api.v1alpha1.ReplicaCmekSpec;
import io.cmek.operator.api.v1alpha1.ReplicaCmekStatus;
import io.cmek.operator.api.v1alpha1.Replication;
import io.cmek.operator.api.v1alpha1.ReplicationStatus;
import io.cmek.operator.api.v1alpha1.SecondaryCmek;
import io.cmek.operator.api.v1alpha1.Workgroup;
import io.cmek.operator.api.v1alpha1.WorkgroupRef;
import io.cmek.operator.api.v1alpha1.WorkgroupSpec;
import io.cmek.operator.api.v1alpha1.WorkgroupStatus;
import io.cmek.operator.condition.Reason;
import io.cmek.operator.index.Authorization;
import io.cmek.operator.index.RequestIndex;
import io.cmek.operator.request.TestRequests;
import io.cmek.operator.tenancy.Tenants;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An admission counts for one region (R6), where the rules of the API server were got around, too; and what the status remembers for them. */
class SecondaryRegionStateTest {

    private static final String WEST = "us-west-2";
    private static final String IRELAND = "eu-west-1";
    private static final String WEST_KEY =
            "arn:aws:kms:us-west-2:111122223333:key/11111111-12ab-34cd-56ef-1234567890ab";
    private static final SecondaryCmek RECORD = new SecondaryCmek("west", WEST_KEY, null, "2026-03-01T00:00:00Z");

    @Test
    void whatIsAdmittedStaysInItsRegionWhileTheSecondaryIsIll() {
        ReplicationStatus status =
                status(true, asked(WEST, "orders"), shown(WEST, List.of("orders"), RECORD), List.of(replica(false)));

        assertThat(status.admitted()).containsExactly("orders");
    }

    @Test
    void aDatabaseThatWasAdmittedToOneRegionIsNotAdmittedToAnother() {
        ReplicationStatus status =
                status(true, asked(IRELAND, "orders"), shown(WEST, List.of("orders"), RECORD), List.of(replica(true)));

        assertThat(status.region()).isEqualTo(IRELAND);
        assertThat(status.admitted()).isEmpty();
        assertThat(status.blocked())
                .containsExactly(new BlockedDatabase("orders", Reason.KeysDifferFromConfigured.name()));
        assertThat(status.secondary()).isEqualTo(RECORD);
    }

    /** As the operator itself wrote it before it knew better. */
    @Test
    void aStatusThatSaysAdmittedForARegionOtherThanTheConfiguredOneIsNotBelieved() {
        ReplicationStatus status = status(
                true, asked(IRELAND, "orders"), shown(IRELAND, List.of("orders"), RECORD), List.of(replica(true)));

        assertThat(status.admitted()).isEmpty();
    }

    /** The record is rebuilt from the ReplicaCmek, and counts at once. */
    @Test
    void norWhereTheRecordWasLost() {
        ReplicationStatus status =
                status(true, asked(IRELAND, "orders"), shown(IRELAND, List.of("orders"), null), List.of(replica(true)));

        assertThat(status.secondary()).isNotNull();
        assertThat(status.admitted()).isEmpty();
    }

    @Test
    void withoutTheRecordAnAdmissionToAnotherRegionCountsForNothing() {
        ReplicationStatus status =
                status(true, asked(IRELAND, "orders"), shown(WEST, List.of("orders"), null), List.of());

        assertThat(status.admitted()).isEmpty();
        assertThat(status.blocked())
                .containsExactly(new BlockedDatabase("orders", Reason.SecondaryCmekRequired.name()));
    }

    @Test
    void theRecordStaysWhenNoDatabaseIsListedAndWhenReplicationIsGone() {
        ReplicationStatus before = shown(WEST, List.of("orders"), RECORD);

        assertThat(status(true, asked(WEST), before, List.of()))
                .isEqualTo(new ReplicationStatus(WEST, List.of(), List.of(), RECORD));
        assertThat(status(true, null, before, List.of()))
                .isEqualTo(new ReplicationStatus(null, List.of(), List.of(), RECORD));
    }

    /** What the rules of the CRD go by: it has no record. */
    @Test
    void withoutCmekTheRegionIsShownFromTheFirstAdmissionOnAndStays() {
        assertThat(status(false, asked(WEST), null, List.of())).isNull();
        ReplicationStatus admitted = status(false, asked(WEST, "orders"), null, List.of());
        assertThat(admitted).isEqualTo(shown(WEST, List.of("orders"), null));

        assertThat(status(false, asked(WEST), admitted, List.of())).isEqualTo(shown(WEST, List.of(), null));
    }

    /** Its keys may be in use though its conditions were lost, or say otherwise since. */
    @ParameterizedTest
    @EnumSource
    void aReplicaCmekThatWasEnabledOnceWasConfigured(EncryptionState encryption) {
        ReplicaCmek replica = replica(false);
        replica.setStatus(new ReplicaCmekStatus(1L, encryption, List.of(), List.of(), null, null, List.of()));

        assertThat(ReplicaCmekRequest.candidate(replica, false).wasEnabled()).isEqualTo(encryption.isEnabledOnce());
    }

    private static @Nullable ReplicationStatus status(
            boolean hasCmek,
            @Nullable Replication replication,
            @Nullable ReplicationStatus before,
            List<ReplicaCmek> replicas) {
        var workgroup = new Workgroup();
        workgroup.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team")
                .withName("orders")
                .withGeneration(2L)
                .build());
        workgroup.setSpec(new WorkgroupSpec(
                "us-east-1",
                hasCmek ? new Cmek(TestRequests.KEY.toString(), null) : null,
                hasCmek ? new Buckets("orders-data", null, null) : null,
                null,
                null,
                null,
                replication));
        workgroup.setStatus(new WorkgroupStatus(1L, null, List.of(), List.of(), null, before, null, List.of()));
        var authorization = new Authorization(
                new Tenants(List.of(TestRequests.tenant("t", "arn:aws:iam::111122223333:role/service", "*", "*"))));
        var resources = new Resources(new RequestIndex(authorization), Optional.empty(), ResourceSelector.ALL);
        return SecondaryRegionState.of(
                        workgroup,
                        replicas,
                        replica -> resources.requestOf(replica, Optional.of(workgroup)),
                        authorization,
                        request -> true,
                        Instant.parse("2026-03-01T10:00:00Z"))
                .status();
    }

    private static Replication asked(String region, String... databases) {
        return new Replication(region, List.of(databases));
    }

    private static ReplicationStatus shown(String region, List<String> admitted, @Nullable SecondaryCmek record) {
        return new ReplicationStatus(region, admitted, List.of(), record);
    }

    private static ReplicaCmek replica(boolean ready) {
        var replica = new ReplicaCmek();
        replica.setMetadata(new ObjectMetaBuilder()
                .withNamespace("team")
                .withName("west")
                .withGeneration(1L)
                .withCreationTimestamp("2026-03-01T00:00:00Z")
                .build());
        replica.setSpec(new ReplicaCmekSpec(
                new WorkgroupRef("orders"), WEST, WEST_KEY, null, new Buckets("west", null, null), null, null, null));
        replica.setStatus(new ReplicaCmekStatus(
                1L,
                ready ? EncryptionState.ENABLED : EncryptionState.DEGRADED,
                List.of(),
                List.of(),
                null,
                null,
                List.of(condition("Accepted", true), condition("Ready", ready))));
        return replica;
    }

    private static Condition condition(String type, boolean good) {
        return new Condition(type, good ? "True" : "False", type, "Tested.", 1L, "2026-03-01T00:00:00Z");
    }
}
