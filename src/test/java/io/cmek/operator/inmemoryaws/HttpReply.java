package io.cmek.operator.inmemoryaws;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What goes back. */
record HttpReply(int status, String type, Map<String, String> headers, byte[] body) {

    static HttpReply json(int status, String body) {
        return new HttpReply(status, "application/x-amz-json-1.1", Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    static HttpReply xml(int status, String body) {
        return new HttpReply(status, "application/xml", Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    static HttpReply empty(int status, Map<String, String> headers) {
        return new HttpReply(status, "application/xml", headers, new byte[0]);
    }
}
