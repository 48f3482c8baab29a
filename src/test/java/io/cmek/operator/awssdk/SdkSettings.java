package io.cmek.operator.awssdk;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** The AWS SDK's standard settings for the time of a test, as system properties; what was set before comes back. */
public final class SdkSettings implements AutoCloseable {

    private final Map<String, String> before = new HashMap<>();

    public static SdkSettings of(URI endpoint, String accessKeyId, String secretAccessKey) {
        var settings = new SdkSettings();
        settings.set("aws.endpointUrl", endpoint.toString());
        settings.set("aws.accessKeyId", accessKeyId);
        settings.set("aws.secretAccessKey", secretAccessKey);
        settings.set("aws.region", "us-east-1");
        settings.set("aws.disableEc2Metadata", "true");
        return settings;
    }

    void set(String name, String value) {
        before.putIfAbsent(name, String.valueOf(System.getProperty(name)));
        System.setProperty(name, value);
    }

    void clear(String name) {
        before.putIfAbsent(name, String.valueOf(System.getProperty(name)));
        System.clearProperty(name);
    }

    @Override
    public void close() {
        before.forEach((name, value) -> {
            if (value.equals("null")) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
    }
}
