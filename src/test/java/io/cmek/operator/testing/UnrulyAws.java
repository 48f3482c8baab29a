package io.cmek.operator.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * What makes an AWS of the tests as untidy as the real one ({@code dev/local/unruly.py}). It stands between each operator of an integration
 * test and its AWS; {@link LocalAws} has its own.
 */
public final class UnrulyAws implements AutoCloseable {

    /** What only it answers. */
    static final String PRESENCE = "/_unruly";

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final ChildProcess process;

    private UnrulyAws(ChildProcess process) {
        this.process = process;
    }

    public static UnrulyAws before(URI aws) {
        return new UnrulyAws(ChildProcess.start("dev/local/aws.py", "--before", aws.toString()));
    }

    public URI endpoint() {
        return URI.create(process.ready().split(" ")[0]);
    }

    /**
     * @param endpoint where an operator is to find its AWS, also by way of an {@link AwsProxy}
     * @throws IllegalStateException where the way there does not lead through this
     */
    static void requireBefore(URI endpoint) {
        try {
            HttpResponse<String> answer = HTTP.send(
                    HttpRequest.newBuilder(URI.create(endpoint + PRESENCE))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200 || !answer.body().contains("shuffled-lists")) {
                throw new IllegalStateException(
                        "The AWS at " + endpoint
                                + " is tidier than the real one. An integration test asks it by way of LocalAws.endpoint() or UnrulyAws.before(…).");
            }
        } catch (IOException e) {
            throw new IllegalStateException("There is no AWS at " + endpoint, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
