package io.cmek.operator.app;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings of this installation. AWS endpoints and credentials are not among them: those are the AWS SDK's own standard settings. */
@ConfigMapping(prefix = "cmek")
public interface Settings {

    /** Part of the Sid of every statement that this installation owns; alphanumeric. Each cluster should have its own. */
    @WithDefault("default")
    String installationId();

    /** The AWS region that this cluster runs in: only resources of that region get a StorageClass. Unset: every Workgroup gets one. */
    Optional<String> clusterRegion();

    /**
     * Which resources this installation serves, as a label selector of Kubernetes. Unset: all. Where several installations share a cluster,
     * each has its own selector and its own {@link #installationId}.
     */
    Optional<String> selector();

    /** How often each key is looked at. */
    @WithDefault("60s")
    Duration resyncInterval();

    /** How often each bucket is looked at. */
    @WithDefault("5m")
    Duration bucketResyncInterval();

    /** How long something seen is relied upon while AWS cannot be reached. */
    @WithDefault("5m")
    Duration factsMaxAge();

    /** Who may use what. Without a tenant that covers its namespace, a resource is refused. */
    Map<String, TenantSettings> tenants();

    AwsSettings aws();

    EventSettings events();

    LeaderElectionSettings leaderElection();

    /** One tenant. */
    interface TenantSettings {

        /** Namespaces, as patterns in which {@code *} stands for any text; the most specific pattern of all tenants wins. */
        List<String> namespaces();

        /** Key ARNs, as patterns. */
        @WithDefault("arn:*:kms:*:*:key/*")
        List<String> keys();

        /** Bucket names, as patterns. */
        @WithDefault("*")
        List<String> buckets();

        /** The role that the operator assumes for KMS and S3. Unset: the operator's own credentials. */
        Optional<String> roleArn();

        /** The external id that the trust policy of the role demands. */
        Optional<String> externalId();

        PrincipalSettings principals();

        /** The role as which access to the keys is proven. Unset: the key policy as read is the proof. */
        Optional<String> probeRoleArn();
    }

    /** Who uses the keys. */
    interface PrincipalSettings {

        /** ARNs of the roles that read and write data. */
        List<String> data();

        /** ARNs of the roles that read and write backups. Unset: those of {@code data}. */
        Optional<List<String>> backup();

        /** ARNs of the roles that replicate. Unset: those of {@code data}. */
        Optional<List<String>> replication();
    }

    /** How AWS is called. */
    interface AwsSettings {

        /** Address buckets by path: for S3-compatible endpoints that know no virtual hosts. */
        @WithDefault("false")
        boolean pathStyleAccess();
    }

    /** What tells of changes in AWS before the next look. */
    interface EventSettings {

        /** The URL of the SQS queue that an EventBridge rule feeds. Unset: changes are found by looking. */
        Optional<String> queueUrl();

        /**
         * Put statements back that a write of the operator's took from others, as the events have them. Then whoever can write to the
         * queue can have a statement added to a key policy.
         */
        @WithDefault("false")
        boolean restoreStatements();
    }

    /** Several processes of one installation, of which one works. */
    interface LeaderElectionSettings {

        /** Whether the process works only while it holds the Lease {@code cmek-operator-<installation id>} of its namespace. */
        @WithDefault("false")
        boolean enabled();

        /** How long after the last word of a leader another process takes over. */
        @WithDefault("15s")
        Duration leaseDuration();
    }
}
