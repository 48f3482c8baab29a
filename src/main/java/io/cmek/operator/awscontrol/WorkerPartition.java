package io.cmek.operator.awscontrol;

/**
 * What fails together in AWS: an account in a region. A partition that hangs delays no other one.
 *
 * @param account the twelve digits of the account, or a name that stands for it while it is not known
 * @param region for example {@code us-east-1}
 */
public record WorkerPartition(String account, String region) {}
