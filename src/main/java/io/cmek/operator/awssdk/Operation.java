package io.cmek.operator.awssdk;

import java.util.List;
import java.util.Optional;

/**
 * All AWS calls of the operator, with the IAM actions that they need (Service Authorization Reference). A test compares the IAM policy in {@code
 * docs/reference/iam-policy.md} with this list.
 */
public enum Operation {
    DESCRIBE_KEY("kms", "DescribeKey", "kms:DescribeKey"),
    GET_KEY_POLICY("kms", "GetKeyPolicy", "kms:GetKeyPolicy"),
    PUT_KEY_POLICY("kms", "PutKeyPolicy", "kms:PutKeyPolicy"),
    GENERATE_DATA_KEY("kms", "GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext"),
    DECRYPT("kms", "Decrypt", "kms:Decrypt"),
    GET_BUCKET_ENCRYPTION("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    PUT_BUCKET_ENCRYPTION("s3", "PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    CREATE_BUCKET("s3", "CreateBucket", "s3:CreateBucket", "s3:PutBucketOwnershipControls"),
    PUT_PUBLIC_ACCESS_BLOCK("s3", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    LIST_BUCKETS("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    HEAD_BUCKET("s3", "HeadBucket", "s3:ListBucket"),
    RECEIVE_MESSAGE("sqs", "ReceiveMessage", "sqs:ReceiveMessage"),
    DELETE_MESSAGE("sqs", "DeleteMessage", "sqs:DeleteMessage"),
    ASSUME_ROLE("sts", "AssumeRole", "sts:AssumeRole"),
    GET_CALLER_IDENTITY("sts", "GetCallerIdentity", "sts:GetCallerIdentity");

    private final String service;
    private final String call;
    private final List<String> actions;

    Operation(String service, String call, String... actions) {
        this.service = service;
        this.call = call;
        this.actions = List.of(actions);
    }

    /** {@code kms}, {@code s3}, {@code sqs} or {@code sts}. */
    public String service() {
        return service;
    }

    /** The IAM actions that the caller needs. None for {@code sts:GetCallerIdentity}, which cannot be denied. */
    public List<String> actions() {
        return actions;
    }

    /** The name in conditions and metrics, for example {@code kms:DescribeKey}. */
    @Override
    public String toString() {
        return service + ":" + call;
    }

    /** Finds an operation by the SDK's names, for example {@code Kms} and {@code DescribeKey}. Empty for calls that are not the operator's own. */
    static Optional<Operation> of(String serviceId, String call) {
        for (Operation operation : values()) {
            if (operation.service.equalsIgnoreCase(serviceId) && operation.call.equals(call)) {
                return Optional.of(operation);
            }
        }
        return Optional.empty();
    }
}
