package dev.cria.cli.quickstart;

import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.generation.GenerationListener;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Path;
import java.util.List;

/** Lets the model that was just raised continue a few beginnings. */
final class Completions {
    private static final int NEW_TOKENS = 96;
    private static final int LINES = 8;

    private Completions() {}

    static void show(Console console, Path model, List<String> snippets, long seed) {
        Tokenizer tokenizer = Tokenizers.load(model);
        try (Device device = CpuDevice.open(CpuOptions.defaults());
                LlamaModel loaded = LlamaModel.load(model, device);
                LlamaSession session = loaded.newSession(loaded.config().maxPositionEmbeddings())) {
            Generator generator = new Generator(session, loaded.tokenizer().or(() -> java.util.Optional.of(tokenizer)));
            for (String snippet : snippets) {
                session.reset();
                GenerationResult result = generator.generate(
                        ids(tokenizer, snippet),
                        new GenerationOptions(NEW_TOKENS, sampling(seed)),
                        GenerationListener.NONE);
                print(console, snippet, result.text());
            }
        }
    }

    /** A little below the model's own uncertainty, and without its long tail. */
    private static SamplingOptions sampling(long seed) {
        return SamplingOptions.plain(seed).withTemperature(0.6).withTopP(0.9).withRepetitionPenalty(1.1);
    }

    private static int[] ids(Tokenizer tokenizer, String snippet) {
        int[] ids = tokenizer.encode(snippet);
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    private static void print(Console console, String snippet, String continuation) {
        String bold = console.interactive() ? "\u001b[1m" : "";
        String plain = console.interactive() ? "\u001b[0m" : "";
        String[] lines = (bold + snippet + plain + continuation).split("\n", -1);
        for (int i = 0; i < Math.min(LINES, lines.length); i++) {
            console.print("  | " + lines[i]);
        }
        console.print("");
        console.flush();
    }
}
