package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.generation.GenerationListener;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.ReadPrompt;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.tensor.Device;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria generate}: lets a model write. */
@Command(
        name = "generate",
        header = "Let a model continue or answer a prompt.",
        description = {
            "Writes the new text to stdout as it is made. Where the tokenizer has a chat template, the prompt is a user's message; with --raw, without a template, or for a checkpoint of pretraining, it is text to continue."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria generate --model DIR --prompts QUESTIONS.jsonl --batch 64 > ANSWERS.jsonl",
            "  cria generate --model cria-quickstart --prompt '    public static void'",
            "  cria generate --model DIR --prompt 'Who are you?' --temperature 0 --json",
            "  cria generate --model DIR --draft SMALLER --prompt 'Who are you?' --verbose",
            "  cria generate --model DIR --prompt-file BOOK.txt --max-tokens 0 --save-state BOOK.state"
        })
final class GenerateCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @ArgGroup
    private PromptOption prompt = new PromptOption();

    @ArgGroup
    private Kind kind = new Kind();

    /** What the prompt is. */
    static final class Kind {
        @Option(names = "--raw", description = "Continue the prompt as it is, without a chat template.")
        private boolean raw;

        @Option(
                names = "--chat",
                description =
                        "Answer the prompt by the chat template, also where the model is a pretraining checkpoint.")
        private boolean chat;
    }

    @Option(names = "--system", paramLabel = "TEXT", description = "A system message for the chat template.")
    private Optional<String> system;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "256",
            description = "Most tokens to write (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Mixin
    private SamplingOptionGroup sampling = new SamplingOptionGroup();

    @Mixin
    private SessionOptionGroup session = new SessionOptionGroup();

    @Mixin
    private DraftOptionGroup draft = new DraftOptionGroup();

    @Mixin
    private StateOptionGroup states = new StateOptionGroup();

    @Mixin
    private ManyPrompts many = new ManyPrompts();

    @Option(names = "--stop", paramLabel = "TEXT", description = "A text that ends the answer; may be repeated.")
    private List<String> stops = new ArrayList<>();

    @Option(names = "--ignore-eos", description = "Go on after an end-of-sequence token.")
    private boolean ignoreEos;

    @Option(names = "--json", description = "Print one JSON object with text, ids, timing and stop reason instead.")
    private boolean json;

    GenerateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        SamplingOptions chosen = sampling.toOptions();
        GenerationOptions options = new GenerationOptions(maxTokens, chosen, stops, ignoreEos, session.overflow());
        if (many.isAsked()) {
            answerMany(options);
            return 0;
        }
        prompt.require(states.loads());
        try (Device processor = device.open(console, common);
                LlamaModel loaded = model.load(processor, console);
                StateOptionGroup.Opened state = states.open()) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            int[] ids = state.ids().length > 0 && !prompt.isGiven()
                    ? state.ids()
                    : promptIds(loaded, tokenizer, prompt.text());
            try (LlamaSession opened = loaded.newSession(session.toOptions(loaded, (long) ids.length + maxTokens));
                    DraftOptionGroup.Opened drafts = draft.open(processor, loaded, opened)) {
                Generator generator = new Generator(opened, Optional.of(tokenizer), drafts.options());
                ReadPrompt read = state.read(ids, opened, generator, session.overflow());
                states.save(opened, read);
                GenerationResult result =
                        generator.generate(read, options, json ? GenerationListener.NONE : this::stream);
                if (json) {
                    console.print(Json.line(describe(result, ids, chosen)));
                } else {
                    console.print("");
                }
                console.flush();
                if (common.verbose()) {
                    console.say(String.format(
                            Locale.ROOT,
                            "seed %d, %d prompt tokens at %.1f/s, %d new at %.1f/s",
                            chosen.seed(),
                            result.promptTokens(),
                            result.promptTokensPerSecond(),
                            result.ids().size(),
                            result.decodeTokensPerSecond()));
                    if (drafts.options().isPresent()) {
                        console.say(guesses(result));
                    }
                }
            }
        }
        return 0;
    }

    private void answerMany(GenerationOptions options) throws IOException {
        if (prompt.isGiven() || states.isAsked() || draft.isAsked()) {
            throw new UserError(
                    "--prompts goes with no other prompt, no saved state and no draft",
                    "leave those out, or give the one prompt by --prompt");
        }
        try (Device processor = device.open(console, common);
                LlamaModel loaded = model.loadToWrite(processor, console)) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            many.run(
                    console,
                    loaded,
                    tokenizer,
                    options,
                    needed -> session.toOptions(loaded, needed),
                    text -> promptIds(loaded, tokenizer, text));
        }
    }

    private int[] promptIds(LlamaModel loaded, Tokenizer tokenizer, String text) {
        if (kind.chat) {
            return Prompts.chat(model.chatTemplate(loaded), system, text, tokenizer);
        }
        // A checkpoint of pretraining has never seen a conversation, though its tokenizer may know how to write one.
        Optional<ChatTemplate> template = kind.raw || model.isPretraining() ? Optional.empty() : loaded.chatTemplate();
        return template.map(found -> Prompts.chat(found, system, text, tokenizer))
                .orElseGet(() -> Prompts.text(text, tokenizer));
    }

    private boolean stream(int id, String text) {
        try {
            console.out().write(text);
            console.out().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return true;
    }

    private static String guesses(GenerationResult result) {
        return String.format(
                Locale.ROOT,
                "%d of %d guesses were right; %d passes of the model, %.2f tokens each",
                result.drafts().accepted(),
                result.drafts().drafted(),
                result.drafts().passes(),
                result.tokensPerPass());
    }

    private static Map<String, Object> describe(GenerationResult result, int[] promptIds, SamplingOptions sampling) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("text", result.text());
        object.put("ids", result.ids());
        object.put("stop_reason", result.stopReason().name().toLowerCase(Locale.ROOT));
        object.put("prompt_ids", promptIds);
        object.put("seed", sampling.seed());
        object.put("prompt_seconds", result.promptSeconds());
        object.put("decode_seconds", result.decodeSeconds());
        object.put("prompt_tokens_per_second", result.promptTokensPerSecond());
        object.put("decode_tokens_per_second", result.decodeTokensPerSecond());
        object.put("passes", result.drafts().passes());
        object.put("drafted", result.drafts().drafted());
        object.put("accepted", result.drafts().accepted());
        object.put("tokens_per_pass", result.tokensPerPass());
        return object;
    }
}
