package io.cmek.operator.admission;

/** Manifests as a user writes them. */
final class Manifests {

    private Manifests() {}

    /** @param databases as a YAML flow sequence; empty for no replication at all */
    static String workgroup(String name, boolean cmek, String databases) {
        return """
                apiVersion: cmek.io/v1alpha1
                kind: Workgroup
                metadata: {name: %s}
                spec:
                  region: us-east-1
                """.formatted(name)
                + (cmek ? """
                  cmek: {dataBucketKeyID: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
                  buckets: {data: %s-data}
                """.formatted(name) : "")
                + (databases.isEmpty() ? "" : """
                  replication: {region: us-west-2, databases: %s}
                """.formatted(databases));
    }

    static String replica(String name, String workgroup, String region) {
        return """
                apiVersion: cmek.io/v1alpha1
                kind: ReplicaCmek
                metadata: {name: %s}
                spec:
                  workgroupRef: {name: %s}
                  region: %s
                  dataBucketKeyID: arn:aws:kms:%s:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
                  buckets: {data: %s-replica}
                """.formatted(name, workgroup, region, region, name);
    }
}
