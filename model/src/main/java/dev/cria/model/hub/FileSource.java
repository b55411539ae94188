package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes of one file come from. The hub sends us to a server of its own choice by an address that expires; it is asked once, and
 * again when that address no longer works. Safe for use by several threads.
 */
final class FileSource {
    private final HubClient client;
    private final HubErrors errors;
    private final HubFile file;
    private final URI address;
    private @Nullable URI served;
    private @Nullable String tag;

    FileSource(HubClient client, HubErrors errors, HubFile file, URI address) {
        this.client = client;
        this.errors = errors;
        this.file = file;
        this.address = address;
    }

    /**
     * Bytes of the file.
     *
     * @param whole whether they begin at the file's first byte, though another was asked for
     * @param in the bytes
     */
    record Bytes(boolean whole, InputStream in) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** The whole file. */
    Bytes all() throws IOException, InterruptedException {
        return open(Map.of(), 0, file.size());
    }

    /**
     * The bytes from {@code from} to before {@code to}, or the whole file where the server gives no parts.
     *
     * @throws ContentChangedException if the server has another file by now than before
     */
    Bytes range(long from, long to) throws IOException, InterruptedException {
        return open(Map.of("Range", "bytes=" + from + "-" + (to - 1)), from, to);
    }

    /** Forgets which content was seen, because all of it was thrown away. */
    synchronized void forget() {
        tag = null;
        served = null;
    }

    private Bytes open(Map<String, String> headers, long from, long to) throws IOException, InterruptedException {
        URI known = served();
        HubAnswer answer = client.get(known, headers);
        if (!known.equals(address) && answer.status() >= 400 && answer.status() < 500 && answer.status() != 429) {
            answer.close();
            forgetAddress();
            answer = client.get(address, headers); // the other address has expired
        }
        boolean accepted = false;
        try {
            if (answer.status() == 416) {
                throw new ContentChangedException("the server's file is shorter than the hub says");
            }
            errors.check(answer, "'" + file.path() + "'");
            requireIdentity(answer);
            boolean whole = requireRange(answer, from, to);
            remember(answer);
            accepted = true;
            return new Bytes(whole, answer.body());
        } finally {
            if (!accepted) {
                answer.close();
            }
        }
    }

    /** Checks what the answer claims to hold; returns whether it is the whole file. */
    private boolean requireRange(HubAnswer answer, long from, long to) throws IOException {
        String encoding = answer.headers().firstValue("Content-Encoding").orElse("identity");
        if (!encoding.equalsIgnoreCase("identity")) {
            throw new RetryableException(
                    "the server sends the file " + RepositoryPaths.printable(encoding) + "-encoded");
        }
        if (answer.status() == 206) {
            Optional<HubAnswer.Range> range = answer.range();
            if (range.isEmpty() || range.get().first() != from || range.get().last() != to - 1) {
                throw new ContentChangedException("the server sends another part than was asked for");
            }
            requireSize(range.get().total());
            return from == 0 && to == file.size();
        }
        long length = answer.headers().firstValueAsLong("Content-Length").orElse(HubFile.UNKNOWN);
        if (length >= 0) {
            requireSize(length);
        }
        return true;
    }

    private void requireSize(long size) {
        if (size != file.size()) {
            throw UserError.failed(
                    "'" + file.path() + "' is " + file.size() + " bytes by the hub's list, and " + size
                            + " by the server that holds it",
                    "try again later, or another --endpoint");
        }
    }

    private synchronized void requireIdentity(HubAnswer answer) throws ContentChangedException {
        String now = answer.servedTag();
        if (tag != null && !tag.isEmpty() && !now.isEmpty() && !tag.equals(now)) {
            throw new ContentChangedException("the server has another file by now");
        }
    }

    private synchronized void remember(HubAnswer answer) {
        tag = answer.servedTag();
        served = answer.location();
    }

    private synchronized URI served() {
        return served == null ? address : served;
    }

    private synchronized void forgetAddress() {
        served = null;
    }
}
