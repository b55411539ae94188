package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Brings one file into the cache, however often the connection breaks. A first request shows whether the server gives parts of files; if
 * so, the rest comes in parts over several connections ({@link PartWindow}), else in one piece.
 */
final class FileTransfer {
    private static final int BUFFER = 64 << 10;

    /** A first part is small, because it comes over one connection. */
    private static final int FIRST_PART = 1 << 20;

    /** So often may a server change its mind before it is asked for the whole file in one piece. */
    private static final int CHANGES = 2;

    private final HubFile file;
    private final FileSource source;
    private final TransferOptions options;
    private final LongConsumer progress;
    private final Consumer<String> notices;
    private int changes;

    /**
     * @param progress hears of bytes that arrived (positive) or were thrown away (negative)
     * @param notices hears of trouble that is being dealt with
     */
    FileTransfer(
            HubFile file, FileSource source, TransferOptions options, LongConsumer progress, Consumer<String> notices) {
        this.file = file;
        this.source = source;
        this.options = options;
        this.progress = progress;
        this.notices = notices;
    }

    /**
     * Completes {@code blob}, going on from what an earlier attempt left.
     *
     * @throws UserError if that is impossible, or the bytes are not those that the hub announced
     */
    void run(Path blob) throws IOException, InterruptedException {
        try (IncompleteBlob incomplete = IncompleteBlob.open(blob, file)) {
            boolean resumed = incomplete.length() > 0;
            if (file.checksum().kind() == Checksum.Kind.NONE) {
                notices.accept("the hub gives no hash of '" + file.path() + "': only its length is checked");
            }
            fill(incomplete);
            boolean right = incomplete.isRight();
            if (!right) {
                // Perhaps what an earlier attempt left was damaged; perhaps a proxy changed something. One more time,
                // then.
                notices.accept("'" + file.path() + "' came with a wrong checksum"
                        + (resumed ? " after an earlier, interrupted download" : "") + "; fetching it again");
                restart(incomplete);
                fill(incomplete);
                right = incomplete.isRight();
            }
            if (!right) {
                restart(incomplete);
                throw UserError.failed(
                        "'" + file.path()
                                + "' has a wrong checksum, twice: the server's bytes are not those the hub lists",
                        "try again later, or another --endpoint; nothing of this file is kept");
            }
            incomplete.complete(blob);
        }
    }

    private void fill(IncompleteBlob blob) throws InterruptedException {
        Backoff backoff = new Backoff(options, "'" + file.path() + "'", notices);
        while (blob.length() < file.size()) {
            try {
                if (changes >= CHANGES) {
                    whole(blob);
                } else if (begin(blob)) {
                    new PartWindow(file, source, options, progress, notices).fill(blob);
                }
            } catch (ContentChangedException e) {
                changes++;
                restart(blob);
                backoff.failed(e, 0);
            } catch (IOException e) {
                backoff.failed(e, blob.length());
            }
        }
    }

    /** Fetches the next part or, where the server gives none, all; returns whether it gives parts. */
    private boolean begin(IncompleteBlob blob) throws IOException, InterruptedException {
        long from = blob.length();
        long to = from + Math.min(file.size() - from, Math.min(FIRST_PART, options.partBytes()));
        boolean simple = from == 0 && to == file.size();
        try (FileSource.Bytes bytes = simple ? source.all() : source.range(from, to)) {
            if (bytes.whole() && from > 0) {
                restart(blob);
                notices.accept(
                        "'" + file.path() + "': the server does not go on in the middle of a file; beginning again");
            }
            copy(bytes, blob, bytes.whole() ? file.size() : to);
            return !bytes.whole();
        }
    }

    private void whole(IncompleteBlob blob) throws IOException, InterruptedException {
        restart(blob);
        try (FileSource.Bytes bytes = source.all()) {
            copy(bytes, blob, file.size());
        }
    }

    /** Copies until {@code blob} is {@code end} bytes long. */
    private void copy(FileSource.Bytes bytes, IncompleteBlob blob, long end) throws IOException {
        byte[] buffer = new byte[BUFFER];
        while (blob.length() < end) {
            int n = bytes.in().read(buffer, 0, (int) Math.min(buffer.length, end - blob.length()));
            if (n < 0) {
                throw new RetryableException(
                        "the connection ended after " + blob.length() + " of " + file.size() + " bytes");
            }
            blob.append(buffer, 0, n);
            progress.accept(n);
        }
    }

    private void restart(IncompleteBlob blob) {
        progress.accept(-blob.length());
        blob.reset();
        source.forget();
    }
}
