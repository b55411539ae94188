package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks the hub, and follows it to where it keeps its files. Redirects are followed here and not by the JDK: the token goes to the hub
 * alone and to no other host, and never from an encrypted to an open connection.
 */
final class HubClient implements AutoCloseable {
    private static final int MAXIMUM_REDIRECTS = 8;
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final HubSettings settings;
    private final HttpClient http;
    private final StallWatch watch;
    private final Duration patience;

    HubClient(HubSettings settings, TransferOptions options, Map<String, String> environment) {
        this.settings = settings;
        this.patience = options.stall();
        this.watch = new StallWatch(options.stall());
        // HTTP/1.1, because parts of a file are to come over connections of their own.
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT)
                .proxy(EnvironmentProxies.selector(environment))
                .build();
    }

    HubSettings settings() {
        return settings;
    }

    /** The address of something at the hub. */
    URI at(String path) {
        return URI.create(settings.endpoint() + path);
    }

    /** Asks for {@code uri}. The status may be any but a redirect. */
    HubAnswer get(URI uri, Map<String, String> headers) throws IOException, InterruptedException {
        return follow("GET", uri, headers, true);
    }

    /** Asks the hub what it says of {@code uri}, without going where it keeps it. The status may be a redirect. */
    HubAnswer head(URI uri) throws IOException, InterruptedException {
        return follow("HEAD", uri, Map.of(), false);
    }

    private HubAnswer follow(String method, URI start, Map<String, String> headers, boolean everywhere)
            throws IOException, InterruptedException {
        URI uri = start;
        @Nullable HttpHeaders hub = null;
        for (int hop = 0; hop <= MAXIMUM_REDIRECTS; hop++) {
            HttpResponse<InputStream> response = http.send(request(method, uri, headers), BodyHandlers.ofInputStream());
            HttpHeaders answered = response.headers();
            // The first answer that names the file is the hub's own word; one before it only says where the model has
            // moved to.
            hub = hub == null || hub.firstValue("X-Repo-Commit").isEmpty() && isHub(uri) ? answered : hub;
            Optional<URI> next = redirect(uri, response);
            if (next.isEmpty() || !everywhere && !isHub(next.get())) {
                return new HubAnswer(response.statusCode(), answered, uri, hub, watch.guard(response.body()));
            }
            response.body().close();
            uri = next.get();
        }
        throw UserError.failed(
                "the hub sends us round in circles from " + RepositoryPaths.printable(start.toString()),
                "try again later, or another --endpoint");
    }

    private HttpRequest request(String method, URI uri, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(patience)
                .header("User-Agent", "cria");
        headers.forEach(request::header);
        if (isHub(uri)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    private static Optional<URI> redirect(URI from, HttpResponse<InputStream> response) throws IOException {
        Optional<String> location = response.headers().firstValue("Location");
        boolean moved = switch (response.statusCode()) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
        if (!moved || location.isEmpty()) {
            return Optional.empty();
        }
        URI to;
        try {
            to = from.resolve(location.get());
        } catch (IllegalArgumentException e) {
            response.body().close();
            throw new RetryableException("the server redirects to no address");
        }
        String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
        boolean allowed = scheme.equals("https") || scheme.equals("http") && "http".equals(from.getScheme());
        if (!allowed || to.getHost() == null) {
            response.body().close();
            throw UserError.failed(
                    "the hub sends us from " + from.getHost() + " to '" + RepositoryPaths.printable(to.toString())
                            + "', which is not safe to follow",
                    "try again later, or another --endpoint");
        }
        return Optional.of(to);
    }

    /** Whether {@code uri} is of the very host, port and scheme that the token was meant for. */
    private boolean isHub(URI uri) {
        URI endpoint = settings.endpoint();
        return endpoint.getScheme().equalsIgnoreCase(uri.getScheme())
                && endpoint.getHost().equalsIgnoreCase(uri.getHost())
                && port(endpoint) == port(uri);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    @Override
    public void close() {
        watch.close();
        http.shutdownNow();
    }
}
