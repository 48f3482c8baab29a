package io.cmek.operator.app;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings of this installation. AWS endpoints and credentials use the standard settings of the AWS SDK. */
@ConfigMapping(prefix = "cmek")
public interface Settings {

    /** Part of the Sid of every statement that this installation owns; alphanumeric. Use a different id for each cluster. */
    @WithDefault("default")
    String installationId();

    /** The AWS region of this cluster: only resources of that region get a StorageClass. Unset: every Workgroup gets one. */
    Optional<String> clusterRegion();

    /**
     * The Kubernetes label selector of the resources that this installation serves. Unset: all resources. If several installations share a
     * cluster, each needs its own selector and its own {@link #installationId}.
     */
    Optional<String> selector();

    /** The interval at which each key is polled. */
    @WithDefault("60s")
    Duration resyncInterval();

    /** The interval at which each bucket is polled. */
    @WithDefault("5m")
    Duration bucketResyncInterval();

    /** How long the last successful read stays valid while AWS is unreachable. */
    @WithDefault("5m")
    Duration factsMaxAge();

    /** Which namespaces may use which keys and buckets. A resource in a namespace without a tenant is not accepted. */
    Map<String, TenantSettings> tenants();

    AwsSettings aws();

    EventSettings events();

    LeaderElectionSettings leaderElection();

    /** One tenant. */
    interface TenantSettings {

        /** Namespaces, as patterns in which {@code *} matches any text. If several tenants match, the most specific pattern wins. */
        List<String> namespaces();

        /** Key ARNs, as patterns. */
        @WithDefault("arn:*:kms:*:*:key/*")
        List<String> keys();

        /** Bucket names, as patterns. */
        @WithDefault("*")
        List<String> buckets();

        /** The role that the operator assumes for KMS and S3. Unset: the operator's own credentials. */
        Optional<String> roleArn();

        /** The external id that the trust policy of the role requires. */
        Optional<String> externalId();

        PrincipalSettings principals();

        /** The role that the operator assumes to probe access to the keys. Unset: the operator evaluates the key policy instead. */
        Optional<String> probeRoleArn();
    }

    /** The IAM principals that get access to the keys. */
    interface PrincipalSettings {

        /** ARNs of the roles that read and write data. */
        List<String> data();

        /** ARNs of the roles that read and write backups. Unset: those of {@code data}. */
        Optional<List<String>> backup();

        /** ARNs of the roles that replicate. Unset: those of {@code data}. */
        Optional<List<String>> replication();
    }

    /** Settings for calls to AWS. */
    interface AwsSettings {

        /** Use path-style addresses for buckets, for S3-compatible endpoints without virtual hosts. */
        @WithDefault("false")
        boolean pathStyleAccess();
    }

    /** Event-driven refresh: notifications of changes in AWS before the next poll. */
    interface EventSettings {

        /** The URL of the SQS queue that an EventBridge rule feeds. Unset: the operator finds changes by polling. */
        Optional<String> queueUrl();

        /**
         * Whether to restore the statements of other writers that a write of the operator overwrote, from the CloudTrail events. Anyone who can
         * send messages to the queue can then have the operator add a statement to a key policy.
         */
        @WithDefault("false")
        boolean restoreStatements();
    }

    /** Leader election among the replicas of one installation. */
    interface LeaderElectionSettings {

        /** Whether the replicas elect a leader, by the Lease {@code cmek-operator-<installation id>} in their namespace. */
        @WithDefault("false")
        boolean enabled();

        /** How long after the last renewal by the leader another replica takes over. */
        @WithDefault("15s")
        Duration leaseDuration();
    }
}
