package io.cmek.operator.api.v1alpha1;

import java.util.Collection;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks that a stored object has the fields that the operator requires. The CRD of this version guarantees them, but a newer version can have
 * stored an object under its own CRD.
 */
final class RequiredFields {

    private static final Pattern KEY_ARN = Pattern.compile(CelRules.KEY_ARN);

    private RequiredFields() {}

    /** @throws IllegalArgumentException if a field is missing or invalid; the message names the field */
    static void check(WorkgroupSpec spec) {
        present("spec.region", spec.region());
        if (spec.cmek() != null) {
            keyArn("spec.cmek.dataBucketKeyID", spec.cmek().dataBucketKeyID());
            optionalKeyArn("spec.cmek.backupBucketKeyID", spec.cmek().backupBucketKeyID());
        }
        check(spec.volumes());
        if (spec.replication() != null) {
            present("spec.replication.region", spec.replication().region());
            all("spec.replication.databases", spec.replication().databases());
        }
    }

    /** @throws IllegalArgumentException if a field is missing or invalid; the message names the field */
    static void check(ReplicaCmekSpec spec) {
        present("spec.workgroupRef", spec.workgroupRef());
        present("spec.workgroupRef.name", spec.workgroupRef().name());
        present("spec.region", spec.region());
        keyArn("spec.dataBucketKeyID", spec.dataBucketKeyID());
        optionalKeyArn("spec.backupBucketKeyID", spec.backupBucketKeyID());
        present("spec.buckets", spec.buckets());
        present("spec.buckets.data", spec.buckets().data());
        if (spec.backupBucketKeyID() != null) {
            present("spec.buckets.backup", spec.buckets().backup());
        }
        check(spec.volumes());
    }

    private static void check(@Nullable Volumes volumes) {
        if (volumes != null && volumes.parameters() != null) {
            all("spec.volumes.parameters", volumes.parameters().values());
        }
    }

    /** @throws IllegalArgumentException if a field is missing or invalid; the message names the field */
    static void check(WorkgroupStatus status) {
        checkLists(status);
        if (status.replication() != null) {
            all("status.replication.admitted", status.replication().admitted());
            SecondaryCmek secondary = status.replication().secondary();
            if (secondary != null) {
                present("status.replication.secondary.name", secondary.name());
                keyArn("status.replication.secondary.dataBucketKeyID", secondary.dataBucketKeyID());
                optionalKeyArn("status.replication.secondary.backupBucketKeyID", secondary.backupBucketKeyID());
            }
        }
    }

    /** @throws IllegalArgumentException if a field is missing or invalid; the message names the field */
    static void check(ReplicaCmekStatus status) {
        checkLists(status);
    }

    private static void checkLists(CmekStatus status) {
        for (KeyStatus line : status.keys()) {
            present("status.keys[].arn", line.arn());
            present("status.keys[].suggestedPolicy", line.suggestedPolicy());
        }
        status.buckets().forEach(line -> present("status.buckets[].name", line.name()));
        for (Condition condition : status.conditions()) {
            present("status.conditions[].type", condition.type());
            present("status.conditions[].status", condition.status());
            present("status.conditions[].reason", condition.reason());
            present("status.conditions[].message", condition.message());
            present("status.conditions[].lastTransitionTime", condition.lastTransitionTime());
        }
    }

    private static void present(String field, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException(field + " is missing");
        }
    }

    private static void all(String field, @Nullable Collection<?> values) {
        if (values != null && values.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException(field + " has an empty entry");
        }
    }

    private static void keyArn(String field, @Nullable String value) {
        present(field, value);
        optionalKeyArn(field, value);
    }

    private static void optionalKeyArn(String field, @Nullable String value) {
        if (value != null && !KEY_ARN.matcher(value).matches()) {
            throw new IllegalArgumentException(field + " is '" + value + "', which is no key ARN");
        }
    }
}
