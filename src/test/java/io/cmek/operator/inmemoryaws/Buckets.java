package io.cmek.operator.inmemoryaws;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** S3: a bucket's encryption is what was last put, word for word. */
final class Buckets {

    private static final String UNENCRYPTED = """
            <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>\
            <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
            <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>""";

    private record Bucket(String region, String encryption) {}

    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    void make(String name, String region) {
        buckets.put(name, new Bucket(region, UNENCRYPTED));
    }

    void clear() {
        buckets.clear();
    }

    HttpReply answer(String operation, String name, byte[] body, String region) {
        if (operation.equals("ListBuckets")) {
            var names = new StringBuilder();
            buckets.keySet()
                    .forEach(n -> names.append("<Bucket><Name>").append(n).append("</Name></Bucket>"));
            return HttpReply.xml(
                    200, "<ListAllMyBucketsResult><Buckets>" + names + "</Buckets></ListAllMyBucketsResult>");
        }
        Bucket bucket = buckets.get(name);
        if (operation.equals("CreateBucket")) {
            if (bucket != null) {
                return error(409, "BucketAlreadyOwnedByYou");
            }
            make(name, region);
            return HttpReply.empty(200, Map.of("Location", "/" + name));
        }
        if (bucket == null) {
            return operation.equals("HeadBucket") ? HttpReply.empty(404, Map.of()) : error(404, "NoSuchBucket");
        }
        Map<String, String> home = Map.of("x-amz-bucket-region", bucket.region());
        if (!bucket.region().equals(region)) {
            return new HttpReply(
                    301,
                    "application/xml",
                    home,
                    error(301, "PermanentRedirect").body());
        }
        return switch (operation) {
            case "GetBucketEncryption" -> HttpReply.xml(200, bucket.encryption());
            case "PutBucketEncryption" -> {
                buckets.put(name, new Bucket(bucket.region(), new String(body, StandardCharsets.UTF_8)));
                yield HttpReply.empty(200, Map.of());
            }
            case "PutPublicAccessBlock", "HeadBucket" -> HttpReply.empty(200, home);
            default -> error(501, "NotImplemented");
        };
    }

    private static HttpReply error(int status, String code) {
        return HttpReply.xml(status, "<Error><Code>" + code + "</Code><Message>" + code + "</Message></Error>");
    }
}
