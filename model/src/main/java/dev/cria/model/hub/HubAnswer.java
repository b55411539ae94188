package dev.cria.model.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's answer, redirects followed.
 *
 * @param status HTTP status
 * @param headers of the last server asked
 * @param location where that was
 * @param hub the headers of the hub itself, which describe the file before it sends us elsewhere
 * @param body to be read, and closed
 */
record HubAnswer(int status, HttpHeaders headers, URI location, HttpHeaders hub, InputStream body)
        implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

    /**
     * The part of a file that an answer with status 206 holds.
     *
     * @param first first byte
     * @param last last byte
     * @param total bytes of the whole file
     */
    record Range(long first, long last, long total) {}

    Optional<Range> range() {
        Matcher matcher = RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
        return matcher.matches()
                ? Optional.of(new Range(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Long.parseLong(matcher.group(3))))
                : Optional.empty();
    }

    /** The content's tag as the hub gives it, without quotes and the mark of weakness; empty where there is none. */
    String hubTag() {
        String tag =
                hub.firstValue("X-Linked-Etag").or(() -> hub.firstValue("ETag")).orElse("");
        return tag.replaceFirst("^W/", "").replace("\"", "");
    }

    /** The tag of who serves the bytes; empty where there is none. */
    String servedTag() {
        return headers.firstValue("ETag").orElse("");
    }

    /** The size of the file as the hub gives it; -1 where it does not. */
    long hubSize() {
        String text = hub.firstValue("X-Linked-Size")
                .or(() -> hub.firstValue("Content-Length"))
                .orElse("");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : HubFile.UNKNOWN;
    }

    @Override
    public void close() throws IOException {
        body.close();
    }
}
