package io.cmek.operator.keypolicy;

import java.util.List;

/** The statements that the service needs in a key's policy. Each has the Sid {@code CmekOperator<installation id><suffix>}. */
public enum StatementKind {
    /** Encrypt and decrypt with the data key. */
    DATA_USE("DataUse", Actions.USE, false),
    /** Let AWS services create grants on the data key. EBS needs that to attach volumes (KMS Developer Guide, "Grants in AWS KMS"). */
    DATA_GRANTS("DataGrants", List.of("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"), true),
    /** Encrypt and decrypt with the backup key. */
    BACKUP_USE("BackupUse", Actions.USE, false),
    /** Use of the primary's data key for replication (R9, the second policy). */
    REPLICATION_USE("ReplicationUse", Actions.USE, false);

    /** The actions of a key user (KMS Developer Guide, "Allows key users to use the KMS key"). */
    private static final class Actions {
        static final List<String> USE =
                List.of("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey");
    }

    private final String suffix;
    private final List<String> actions;
    private final boolean onlyForAwsResources;

    StatementKind(String suffix, List<String> actions, boolean onlyForAwsResources) {
        this.suffix = suffix;
        this.actions = actions;
        this.onlyForAwsResources = onlyForAwsResources;
    }

    /** The Sid of this statement for an installation. It is unique for each installation and kind. */
    public String sid(String installationId) {
        return "CmekOperator" + installationId + suffix;
    }

    public List<String> actions() {
        return actions;
    }

    /** Whether the statement has the condition {@code Bool kms:GrantIsForAWSResource true}. */
    public boolean onlyForAwsResources() {
        return onlyForAwsResources;
    }
}
