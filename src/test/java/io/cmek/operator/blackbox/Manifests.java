package io.cmek.operator.blackbox;

import io.cmek.operator.testing.OperatorTestExtension;
import java.util.ArrayList;
import java.util.List;

/** A manifest as a user writes it: what is not said is not in it. */
final class Manifests {

    private final String kind;
    private final String name;
    private final List<String> spec = new ArrayList<>();
    private String labels = "";

    private Manifests(String kind, String name) {
        this.kind = kind;
        this.name = name;
    }

    /** A workgroup without CMEK in the region of the tests. */
    static Manifests workgroup(String name) {
        return new Manifests("Workgroup", name).with("region: " + OperatorTestExtension.REGION);
    }

    /** A workgroup with a data key, and a bucket named after it. */
    static Manifests workgroup(String name, String dataKey, String dataBucket) {
        return workgroup(name)
                .with("cmek: {dataBucketKeyID: \"" + dataKey + "\"}")
                .with("buckets: {data: " + dataBucket + "}");
    }

    /** A workgroup of another region than that of the tests. */
    static Manifests workgroupIn(String region, String name, String dataKey, String dataBucket) {
        return new Manifests("Workgroup", name)
                .with("region: " + region)
                .with("cmek: {dataBucketKeyID: \"" + dataKey + "\"}")
                .with("buckets: {data: " + dataBucket + "}");
    }

    /** A workgroup with a data and a backup key. */
    static Manifests workgroup(String name, String dataKey, String dataBucket, String backupKey, String backupBucket) {
        return workgroup(name)
                .with("cmek: {dataBucketKeyID: \"" + dataKey + "\", backupBucketKeyID: \"" + backupKey + "\"}")
                .with("buckets: {data: " + dataBucket + ", backup: " + backupBucket + "}");
    }

    /** A ReplicaCmek of the secondary region of the tests, with a data key. */
    static Manifests replica(String name, String workgroup, String dataKey, String dataBucket) {
        return new Manifests("ReplicaCmek", name)
                .with("workgroupRef: {name: " + workgroup + "}")
                .with("region: " + OperatorTestExtension.SECONDARY_REGION)
                .with("dataBucketKeyID: \"" + dataKey + "\"")
                .with("buckets: {data: " + dataBucket + "}");
    }

    /** A ReplicaCmek of the secondary region of the tests, with a data and a backup key. */
    static Manifests replica(
            String name, String workgroup, String dataKey, String dataBucket, String backupKey, String backupBucket) {
        return new Manifests("ReplicaCmek", name)
                .with("workgroupRef: {name: " + workgroup + "}")
                .with("region: " + OperatorTestExtension.SECONDARY_REGION)
                .with("dataBucketKeyID: \"" + dataKey + "\"")
                .with("backupBucketKeyID: \"" + backupKey + "\"")
                .with("buckets: {data: " + dataBucket + ", backup: " + backupBucket + "}");
    }

    Manifests replicating(String... databases) {
        return with("replication: {region: " + OperatorTestExtension.SECONDARY_REGION + ", databases: ["
                + String.join(", ", databases) + "]}");
    }

    /** @param labels as in {@code cmek.io/shard: a} */
    Manifests labelled(String labels) {
        this.labels = labels;
        return this;
    }

    /** One more line of the spec. */
    Manifests with(String line) {
        spec.add(line);
        return this;
    }

    @Override
    public String toString() {
        return """
                apiVersion: cmek.io/v1alpha1
                kind: %s
                metadata: {name: %s, labels: {%s}}
                spec:
                """.formatted(kind, name, labels)
                + String.join("", spec.stream().map(line -> "  " + line + "\n").toList());
    }
}
