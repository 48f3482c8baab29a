package io.cmek.operator.aws;

import io.cmek.operator.cloud.Identity;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

public class AwsClients {
    record Key(Identity identity, String region) {}

    final ConcurrentHashMap<Key, KmsClient> kms = new ConcurrentHashMap<>();
    final ConcurrentHashMap<Key, S3Client> s3 = new ConcurrentHashMap<>();

    AwsCredentialsProvider creds(Identity i, String region) {
        if (i.roleArn() == null) return DefaultCredentialsProvider.builder().build();
        var sts = StsClient.builder().region(Region.of(region)).build();
        return StsAssumeRoleCredentialsProvider.builder()
                .stsClient(sts)
                .refreshRequest(r ->
                        r.roleArn(i.roleArn()).roleSessionName("cmek-operator").externalId(i.externalId()))
                .build();
    }

    KmsClient kms(Identity i, String region) {
        return kms.computeIfAbsent(
                new Key(i, region),
                k -> KmsClient.builder()
                        .region(Region.of(region))
                        .credentialsProvider(creds(i, region))
                        .build());
    }

    S3Client s3(Identity i, String region) {
        return s3.computeIfAbsent(
                new Key(i, region),
                k -> S3Client.builder()
                        .forcePathStyle(true)
                        .region(Region.of(region))
                        .credentialsProvider(creds(i, region))
                        .build());
    }
}
