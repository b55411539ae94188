package dev.cria.data;

import dev.cria.base.UserError;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * From files of text to a data set of token shards. The calling thread reads documents and writes tokens, in the input's order; workers
 * tokenise batches in between. So the shards are the same, byte for byte, whatever the number of threads, and the text in memory is bounded
 * by the batches under way, whatever the input's length.
 */
public final class DataPreparation {
    /** Characters of text in a batch, unless one document alone has more. */
    private static final int BATCH_CHARACTERS = 1 << 18;

    private static final int BATCH_DOCUMENTS = 1024;
    /** A character under way costs about 5 bytes with a good tokenizer and 20 with one that makes a token of each byte. */
    private static final int BYTES_PER_CHARACTER = 32;

    private final PrepareOptions options;
    private final Tokenizer tokenizer;
    private final ProgressListener listener;
    private final long startNanos = System.nanoTime();
    private final Deque<Future<EncodedBatch>> underWay = new ArrayDeque<>();
    private final Deque<Long> charactersUnderWay = new ArrayDeque<>();
    /** Characters under way at most, one batch more or less: what the heap has room for. The result does not depend on it. */
    private final long maximumCharacters =
            Math.clamp(Runtime.getRuntime().maxMemory() / BYTES_PER_CHARACTER, 1L << 20, 1L << 26);

    private final SeenDocuments seen;
    private final long[][] perInput; // documents, bytes, tokens
    private long characters;
    private long bytesEncoded;
    private long documents;
    private long tokens;
    private long duplicates;
    private long unchecked;
    private long lastReport;
    private String lastSource = "";

    private DataPreparation(PrepareOptions options, Tokenizer tokenizer, ProgressListener listener) {
        this.options = options;
        this.tokenizer = tokenizer;
        this.listener = listener;
        this.seen = new SeenDocuments(options.maximumKnownDocuments());
        this.perInput = new long[options.inputs().size()][3];
    }

    /**
     * Prepares a data set. The output counts as one only when this returns; whatever a dead run left behind, the next run clears away.
     *
     * @throws UserError when there is nothing to train on, the output is taken, an input is missing or damaged, or the disk is full
     */
    public static PrepareResult run(PrepareOptions options, ProgressListener listener) {
        Tokenizer tokenizer = Tokenizers.load(options.tokenizer());
        return run(options, tokenizer, listener);
    }

    /** Prepares with a tokenizer that is already loaded; {@link PrepareOptions#tokenizer} is only copied, where it exists. */
    public static PrepareResult run(PrepareOptions options, Tokenizer tokenizer, ProgressListener listener) {
        refuseOutputWithinInput(options);
        try (DocumentStream documents = DocumentReaders.open(options.inputs(), options.read());
                OutputDirectory output = OutputDirectory.take(options.output(), options.overwrite())) {
            return new DataPreparation(options, tokenizer, listener).run(documents, output);
        } catch (IOException e) {
            throw UserError.failed(
                    "writing to " + options.output() + " failed: " + e.getMessage(),
                    "check that the disk has room; nothing counts as prepared, run it again");
        }
    }

    private static void refuseOutputWithinInput(PrepareOptions options) {
        Path output = options.output().toAbsolutePath().normalize();
        for (Path input : options.inputs()) {
            if (Files.isDirectory(input)
                    && output.startsWith(input.toAbsolutePath().normalize())) {
                throw new UserError(
                        "the output " + options.output() + " lies within the input " + input,
                        "choose an output elsewhere: the data set would become its own input");
            }
        }
    }

    private PrepareResult run(DocumentStream stream, OutputDirectory output) throws IOException {
        Manifest.SplitRule rule = new Manifest.SplitRule(options.validationFraction(), options.splitSeed());
        try (SplitSink train = sink(output, Manifest.TRAIN);
                SplitSink validation = sink(output, Manifest.VALIDATION);
                ExecutorService workers = Executors.newFixedThreadPool(options.threads(), DataPreparation::worker)) {
            SplitRouter router = new SplitRouter(rule, train, validation);
            try {
                encodeAll(stream, workers, router);
            } finally {
                workers.shutdownNow();
            }
            router.finish();
            if (documents == 0) {
                throw Notices.nothingToTrainOn(stream, options);
            }
            Path beside = output.path().resolve(OutputDirectory.TOKENIZER);
            List<String> files = TokenizerCopy.make(options.tokenizer(), tokenizer, beside);
            Manifest manifest = manifest(stream, rule, files, train.finish(), validation.finish());
            output.complete(manifest);
            PrepareProgress progress = progress();
            listener.onProgress(progress);
            return new PrepareResult(output.path(), manifest, progress, Notices.of(manifest));
        }
    }

    private void encodeAll(DocumentStream stream, ExecutorService workers, SplitRouter router) throws IOException {
        List<EncodedBatch.Input> batch = new ArrayList<>();
        long batchCharacters = 0;
        while (stream.hasNext()) {
            Document document = stream.next();
            batch.add(new EncodedBatch.Input(document, stream.currentInput()));
            batchCharacters += document.text().length();
            if (batchCharacters >= BATCH_CHARACTERS || batch.size() == BATCH_DOCUMENTS) {
                submit(batch, batchCharacters, workers, router);
                batch = new ArrayList<>();
                batchCharacters = 0;
            }
        }
        if (!batch.isEmpty()) {
            submit(batch, batchCharacters, workers, router);
        }
        while (!underWay.isEmpty()) {
            writeFirst(router);
        }
    }

    private void submit(
            List<EncodedBatch.Input> batch, long batchCharacters, ExecutorService workers, SplitRouter router)
            throws IOException {
        underWay.add(workers.submit(() -> EncodedBatch.encode(batch, tokenizer)));
        charactersUnderWay.add(batchCharacters);
        characters += batchCharacters;
        while (underWay.size() > 2 * options.threads() + 2 || (characters > maximumCharacters && underWay.size() > 1)) {
            writeFirst(router);
        }
    }

    private void writeFirst(SplitRouter router) throws IOException {
        EncodedBatch batch = join(underWay.remove());
        characters -= charactersUnderWay.remove();
        for (int i = 0; i < batch.size(); i++) {
            bytesEncoded += batch.bytes()[i];
            if (isDuplicate(batch.hashes()[2 * i], batch.hashes()[2 * i + 1])) {
                duplicates++;
                continue;
            }
            int from = batch.start(i);
            int to = batch.ends()[i];
            router.accept(batch.ids(), from, to, batch.bytes()[i], batch.splitHashes()[i]);
            int written = to - from + options.separators().perDocument();
            long[] counts = perInput[batch.inputs()[i]];
            counts[0]++;
            counts[1] += batch.bytes()[i];
            counts[2] += written;
            documents++;
            tokens += written;
        }
        lastSource = batch.lastSource();
        long now = System.nanoTime();
        if (now - lastReport > 200_000_000L) {
            lastReport = now;
            listener.onProgress(progress());
        }
    }

    private boolean isDuplicate(long high, long low) {
        if (!options.deduplicate()) {
            return false;
        }
        SeenDocuments.Answer answer = seen.add(high, low);
        unchecked += answer == SeenDocuments.Answer.NO_ROOM ? 1 : 0;
        return answer == SeenDocuments.Answer.SEEN;
    }

    private Manifest manifest(
            DocumentStream stream,
            Manifest.SplitRule rule,
            List<String> tokenizerFiles,
            Manifest.Split train,
            Manifest.Split validation) {
        List<Manifest.Source> sources = new ArrayList<>();
        for (int i = 0; i < perInput.length; i++) {
            long[] counts = perInput[i];
            String path = options.inputs().get(i).toString();
            sources.add(new Manifest.Source(path, stream.filesRead(i), counts[0], counts[1], counts[2]));
        }
        return new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                "cria " + version(),
                new Manifest.TokenizerInfo(
                        tokenizer.fingerprint(),
                        tokenizer.vocabularySize(),
                        tokenizer.bosId(),
                        tokenizer.eosId(),
                        tokenizerFiles),
                options.separators().label(),
                rule,
                sources,
                stream.counts().toCleaning(duplicates, unchecked),
                Map.of(Manifest.TRAIN, train, Manifest.VALIDATION, validation));
    }

    private SplitSink sink(OutputDirectory output, String split) {
        return new SplitSink(output.path(), split, tokenizer, options);
    }

    private PrepareProgress progress() {
        return new PrepareProgress(bytesEncoded, documents, tokens, (System.nanoTime() - startNanos) / 1e9, lastSource);
    }

    private static EncodedBatch join(Future<EncodedBatch> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UserError.failed("the preparation was interrupted", "run it again");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException("a worker failed", e);
            }
        }
    }

    private static Thread worker(Runnable task) {
        Thread thread = new Thread(task, "cria-tokenise");
        thread.setDaemon(true);
        return thread;
    }

    private static String version() {
        String version = DataPreparation.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
