package io.cmek.operator.answerer;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What goes back. */
record Answer(int status, String type, Map<String, String> headers, byte[] body) {

    static Answer json(int status, String body) {
        return new Answer(status, "application/x-amz-json-1.1", Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    static Answer xml(int status, String body) {
        return new Answer(status, "application/xml", Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    static Answer empty(int status, Map<String, String> headers) {
        return new Answer(status, "application/xml", headers, new byte[0]);
    }
}
