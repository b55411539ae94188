package dev.cria.data;

import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;

/** Writes what goes to one split, and counts it. */
final class SplitSink implements SplitRouter.Sink, AutoCloseable {
    private final ShardWriter writer;
    private final Separators separators;
    private long documents;
    private long bytes;
    private long tokens;

    SplitSink(Path directory, String split, Tokenizer tokenizer, PrepareOptions options) {
        this.separators = options.separators();
        this.writer = new ShardWriter(directory, split, tokenizer, separators, options.shardTokens());
    }

    @Override
    public void write(int[] ids, int from, int to, long textBytes) throws IOException {
        writer.add(ids, from, to);
        documents++;
        bytes += textBytes;
        tokens += to - from + separators.perDocument();
    }

    /** Ends the last shard. */
    Manifest.Split finish() throws IOException {
        return new Manifest.Split(documents, bytes, tokens, writer.finish());
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
