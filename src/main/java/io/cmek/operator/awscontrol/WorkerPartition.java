package io.cmek.operator.awscontrol;

/**
 * Unit of failure isolation in AWS: an account in a region. A hanging partition does not delay the others.
 *
 * @param account the twelve digits of the account, or a placeholder while it is unknown
 * @param region for example {@code us-east-1}
 */
public record WorkerPartition(String account, String region) {}
