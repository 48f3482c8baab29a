package io.cmek.operator.key;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What {@code kms:DescribeKey} returns about a key, in the terms of KMS (KMS API Reference, "KeyMetadata").
 *
 * @param state KeyState, for example {@code Enabled}, {@code PendingDeletion}
 * @param spec KeySpec; {@code SYMMETRIC_DEFAULT} is the only symmetric encryption key
 * @param usage KeyUsage, for example {@code ENCRYPT_DECRYPT}, {@code GENERATE_VERIFY_MAC}
 * @param manager KeyManager, {@code CUSTOMER} or {@code AWS}
 * @param origin Origin, for example {@code AWS_KMS}, {@code EXTERNAL}, {@code AWS_CLOUDHSM}
 * @param multiRegion whether it is the primary or a replica of a multi-Region key
 * @param deletionDate when KMS will delete the key, set while deletion is pending
 * @param validTo when imported key material expires, if it does
 */
public record KeyFacts(
        KeyArn arn,
        String state,
        String spec,
        String usage,
        String manager,
        String origin,
        boolean multiRegion,
        @Nullable Instant deletionDate,
        @Nullable Instant validTo) {}
