package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.data.DocumentReaders;
import dev.cria.data.DocumentStream;
import dev.cria.data.ReadOptions;
import dev.cria.eval.perplexity.Perplexity;
import dev.cria.eval.perplexity.PerplexityResult;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria perplexity}: how well a model predicts texts. */
@Command(
        name = "perplexity",
        header = "Say how well a model predicts texts.",
        description = {
            "Prints one JSON object: perplexity per word, byte and token, and bits per byte. Each document begins anew; what is longer than the context is read in windows, by the rule of lm-evaluation-harness. Documents with nothing but white space are left out.",
            "Only bits per byte and byte perplexity can be compared between models with different tokenizers."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria perplexity --model DIR --input book.txt",
            "  cria perplexity --model ORG/NAME --input part-*.parquet --text-field content --context 2048"
        })
final class PerplexityCommand implements Callable<Integer> {
    private static final int DEFAULT_CONTEXT = 4096;
    private static final int LONGEST_DOCUMENT = 64 << 20;

    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Mixin
    private InputOptions input = new InputOptions();

    @Option(
            names = "--no-bos",
            description =
                    "Do not count BOS among the predicted tokens (it still stands before the first). Default: as the tokenizer says, like lm-evaluation-harness.")
    private boolean noBos;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that are read at once (default: the model's, at most 4096).")
    private Optional<Integer> context;

    PerplexityCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ReadOptions read = input.read().withMaximumDocumentBytes(LONGEST_DOCUMENT);
        long start = System.nanoTime();
        try (DocumentStream texts = DocumentReaders.open(input.inputs(), read);
                Device opened = device.open(console, common);
                LlamaModel loaded = model.load(opened, console)) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            int length = contextLength(loaded);
            boolean bos = !noBos && tokenizer.addsBos();
            PerplexityResult result;
            try (LiveLine progress = new LiveLine(console)) {
                result = Perplexity.measure(
                        texts, loaded, tokenizer, length, bos, sofar -> progress.show(fields(sofar)));
            }
            console.print(Json.line(Json.mapper()
                    .createObjectNode()
                    .put("model", model.path().toString())
                    .put("documents", result.documents())
                    .put("tokens", result.tokens())
                    .put("words", result.words())
                    .put("bytes", result.bytes())
                    .put("log_likelihood", result.logLikelihood())
                    .put("word_perplexity", result.wordPerplexity())
                    .put("byte_perplexity", result.bytePerplexity())
                    .put("bits_per_byte", result.bitsPerByte())
                    .put("token_perplexity", result.tokenPerplexity())
                    .put("context", length)
                    .put("bos_predicted", bos)
                    .put("seconds", (System.nanoTime() - start) / 1e9)));
        }
        return 0;
    }

    private int contextLength(LlamaModel loaded) {
        int longest = loaded.config().maxPositionEmbeddings();
        int length = context.orElse(Math.min(longest, DEFAULT_CONTEXT));
        if (length < 1 || length > longest) {
            throw new UserError(
                    "--context is " + length + "; the model reads 1 to " + longest + " tokens", "leave --context out");
        }
        return length;
    }

    private static List<Field> fields(PerplexityResult sofar) {
        return List.of(
                Field.plain(sofar.tokens() + " tokens", 2),
                Field.plain(String.format(Locale.ROOT, "%.4f bits per byte", sofar.bitsPerByte()), 1));
    }
}
