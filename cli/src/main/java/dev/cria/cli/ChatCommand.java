package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.chat.ChatSettings;
import dev.cria.cli.chat.Chats;
import dev.cria.cli.chat.Conversation;
import dev.cria.cli.chat.ConversationTemplate;
import dev.cria.cli.chat.ModelResponder;
import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria chat}: a conversation with a model. */
@Command(
        name = "chat",
        header = "Talk with a model in the terminal.",
        description = {
            "What you type is answered as it comes; /help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves. When the context is full, the oldest messages are forgotten, and never the system message.",
            "",
            "Through a pipe, each line of stdin is a message, and stdout has the answers alone (or, with --json, one JSON object for each)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria chat --model TinyLlama/TinyLlama-1.1B-Chat-v1.0        after `cria pull` of it",
            "  cria chat --model model.Q4_0.gguf --system 'You are a pirate.' --temperature 0.7 --top-p 0.95",
            "  echo 'Why is the sky blue?' | cria chat --model model.gguf"
        })
final class ChatCommand implements Callable<Integer> {
    /** Tokens of context where nothing is said and the model holds more: enough for hours, and memory for any machine. */
    private static final long CONTEXT = 4096;

    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(names = "--system", paramLabel = "TEXT", description = "A system message: who the model is to be.")
    private Optional<String> system;

    @Option(
            names = "--template",
            paramLabel = "NAME",
            description =
                    "How messages become a prompt: zephyr (TinyLlama-Chat 1.0), chatml, or a file with a Jinja template (default: the model's own).")
    private Optional<String> template;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Mixin
    private SamplingOptionGroup sampling = new SamplingOptionGroup();

    @Mixin
    private SessionOptionGroup session = new SessionOptionGroup();

    @Mixin
    private DraftOptionGroup draft = new DraftOptionGroup();

    @Option(names = "--stop", paramLabel = "TEXT", description = "A text that ends an answer; may be repeated.")
    private List<String> stops = new ArrayList<>();

    @Option(names = "--json", description = "Print each answer as one JSON object a line, with its figures.")
    private boolean json;

    ChatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        ChatSettings settings = new ChatSettings(sampling.toOptions(), maxTokens);
        try (Device processor = device.open(console, common);
                LlamaModel loaded = model.loadToWrite(processor, console)) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            ConversationTemplate style = style(loaded, tokenizer);
            try (LlamaSession opened = loaded.newSession(session.toOptions(loaded, CONTEXT));
                    DraftOptionGroup.Opened drafts = draft.open(processor, loaded, opened)) {
                ModelResponder responder =
                        new ModelResponder(opened, tokenizer, style, stops, session.overflow(), drafts.options());
                return Chats.run(
                        console,
                        json,
                        System.getenv(),
                        responder,
                        new Conversation(system),
                        settings,
                        "context of " + opened.contextLength() + " tokens; /help lists the commands, Ctrl-D leaves");
            }
        }
    }

    private ConversationTemplate style(LlamaModel loaded, Tokenizer tokenizer) {
        if (model.isPretraining()) {
            console.say("cria: this is a checkpoint of pretraining, which has never seen a conversation");
        }
        if (template.isPresent()) {
            return ConversationTemplate.named(template.get(), tokenizer);
        }
        return loaded.chatTemplate()
                .map(ConversationTemplate::own)
                .orElseThrow(
                        () -> new UserError(
                                model.path() + " has no chat template, so it was hardly tuned for conversations",
                                "let it go on with a text: `cria generate`; or, if it is a chat model whose files lack the template, say which: --template zephyr (TinyLlama-Chat)"));
    }
}
