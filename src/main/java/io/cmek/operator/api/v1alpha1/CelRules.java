package io.cmek.operator.api.v1alpha1;

/**
 * Parts of the CEL rules: patterns, and the part of a message that follows the name and the value of the field. In a message, {@code
 * '{{expression}}'} is replaced by the value of a CEL expression in quotes,
 * and {@code {{expression}}} by the value alone.
 *
 * <p>A rule that compares with the old object is on the parent of the field and uses {@code has()}. On an optional field itself the API server
 * does not evaluate {@code self == oldSelf} when the field is added or removed.
 */
final class CelRules {

    /** The key ARNs that {@link io.cmek.operator.key.KeyArn} parses: every partition, single-region and multi-region keys. */
    static final String KEY_ARN = "^arn:aws[a-z0-9-]*:kms:[a-z]{2}[a-z0-9-]*-[0-9]+:[0-9]{12}:key/"
            + "(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$";

    /** Guards rules that compare regions: a value that is not an ARN of KMS has no region, and another rule rejects it. */
    static final String KMS_ARN = "^arn:aws[a-z0-9-]*:kms:";

    static final String ALIAS = "(^|:)alias/";

    static final String NOT_A_KEY_ARN =
            "must be the ARN of a KMS key, arn:<partition>:kms:<region>:<account>:key/<key id>:"
                    + " copy it from `aws kms describe-key --query KeyMetadata.Arn`, whole and in lower case";

    static final String IS_AN_ALIAS =
            "must not be an alias, because an alias can be pointed at another key at any time: name the"
                    + " key that it stands for, as `aws kms describe-key --key-id <alias> --query KeyMetadata.Arn` prints it";

    static final String KEY_IN_ANOTHER_REGION =
            ", because AWS encrypts only with keys of the same region: name a key (or a replica of a"
                    + " multi-region key) of spec.region";

    static final String REGION = "^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$";

    static final String NOT_A_REGION =
            "must be the code of an AWS region in lower case, such as us-east-1, not a display name and"
                    + " not an availability zone";

    /** S3 User Guide, "General purpose bucket naming rules": characters, length, first and last character. */
    static final String BUCKET_NAME = "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$";

    static final String NOT_A_BUCKET_NAME =
            "must have 3 to 63 characters, only lowercase letters, digits, dots and hyphens, and"
                    + " begin and end with a letter or digit: give the name alone, not a URL or an ARN";

    static final String IP_ADDRESS = "^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$";

    static final String BUCKET_NAME_DOTS =
            "must not have two dots in a row and must not be formatted as an IP address, because S3 rejects such"
                    + " names: use hyphens in place of dots";

    /** S3 User Guide, as above: reserved prefixes and suffixes. */
    static final String RESERVED_BUCKET_NAME =
            "^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$";

    static final String BUCKET_NAME_RESERVED =
            "must not begin with xn--, sthree- or amzn-s3-demo- and must not end with -s3alias, --ol-s3,"
                    + " .mrap, --x-s3 or --table-s3, because S3 reserves these: choose another name";

    static final String DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

    static final String NAME = "self.metadata.name.size() <= 63 && self.metadata.name.matches('" + DNS_LABEL + "')";

    static final String NOT_A_NAME = "must have at most 63 characters, only lowercase letters, digits and hyphens,"
            + " because it becomes part of the name of the StorageClass and the value of labels: choose a shorter name without dots";

    static final String NO_BACKUP_BUCKET =
            "must be named together with backupBucketKeyID, because that key encrypts the backup"
                    + " bucket: set spec.buckets.backup, or leave the backup key out";

    static final String FIXED =
            "and cannot be added, changed or removed afterwards: put them back as they were, or create a new resource"
                    + " under another name";

    /** Parameters of a StorageClass that the operator sets. The EBS CSI driver compares names without case. */
    static final String OUR_PARAMETER = "^(?i)(kmskeyid|encrypted)$";

    /** Parameters with which Kubernetes hands a Secret to a CSI driver. */
    static final String SECRET_PARAMETER = "-secret-name(space)?$";

    static final String PARAMETER = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$";

    static final String DATABASE = "^[A-Za-z_][A-Za-z0-9_-]*$";

    /**
     * Whether a user may still remove the replication of a Workgroup or change its region: no database was admitted, and CMEK of the secondary
     * region is not configured. The status of a Workgroup without CMEK has a region only after a database was admitted.
     */
    static final String REPLICATION_IS_FREE = "!has(oldSelf.status) || !has(oldSelf.status.replication)"
            + " || ((!has(oldSelf.status.replication.admitted) || oldSelf.status.replication.admitted.size() == 0)"
            + " && !has(oldSelf.status.replication.secondary)"
            + " && (has(oldSelf.spec.cmek) || !has(oldSelf.status.replication.region)))";

    /** The fixed region of replication: the region of the configured keys, otherwise the current region. */
    static final String REPLICATION_REGION = "has(oldSelf.status.replication.secondary)"
            + " ? oldSelf.status.replication.secondary.dataBucketKeyID.split(':')[3]"
            + " : has(oldSelf.spec.replication) ? oldSelf.spec.replication.region"
            + " : oldSelf.status.replication.region";

    static final String STOP_REPLICATION = "To stop replication, set databases: []";

    private CelRules() {}
}
