package io.cmek.operator.awssdk;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/** Stops reading a response that is larger than any that the operator expects, so that no endpoint can exhaust the memory. */
final class ResponseSizeLimiter implements ExecutionInterceptor {

    /** The largest expected response is a page of bucket names, below 200 KiB. A key policy has at most 32 KiB. */
    static final int LIMIT = 1 << 20;

    @Override
    public Optional<InputStream> modifyHttpResponseContent(
            Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
        return context.responseBody().map(Bounded::new);
    }

    private static final class Bounded extends FilterInputStream {

        private int left = LIMIT;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            if (read >= 0) {
                count(1);
            }
            return read;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = super.read(buffer, offset, length);
            if (read > 0) {
                count(read);
            }
            return read;
        }

        private void count(int read) throws IOException {
            left -= read;
            if (left < 0) {
                throw new AnswerTooLargeException();
            }
        }
    }

    static final class AnswerTooLargeException extends IOException {

        AnswerTooLargeException() {
            super("the response is larger than " + LIMIT + " bytes");
        }
    }
}
