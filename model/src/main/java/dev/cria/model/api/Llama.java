package dev.cria.model.api;

import dev.cria.base.UserError;
import dev.cria.cuda.Devices;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.adapter.AdaptedModels;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.model.generation.DraftModel;
import dev.cria.model.generation.DraftOptions;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.ReadPrompt;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model that writes.
 *
 * {@snippet :
 * try (Llama llama = Llama.open(Path.of("TinyLlama-1.1B-Chat-v1.0.Q4_0.gguf"));
 *         Conversation chat = llama.chat()) {
 *     chat.say("Why is the sky blue?", System.out::print);
 * }
 * }
 *
 * <p><b>Threads.</b> Safe for use by many threads: one answer is written at a time, others wait for it; the listener is called by the thread
 * that asked. Interrupting that thread ends the answer after the token at hand, with what there is of it; the interrupt stays set.
 *
 * <p><b>The JVM.</b> Start it with {@code --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED}. Without the first, scalar
 * kernels run, many times slower, and a warning says so through {@link System.Logger}; without the second the JVM itself prints a warning, and
 * later versions will refuse. A warning also names a JVM that compiles no vector instructions, such as one started with {@code -Xint}.
 *
 * <p><b>Memory.</b> Weights are mapped from the file, or copied into memory if the options say so. Keys and values of one context for {@link #generate}, and for each open conversation, lie
 * outside the heap until they are closed.
 */
public final class Llama implements AutoCloseable {
    private static final int DRAFT_TOKENS = 8;
    private static final System.Logger LOG = System.getLogger(Llama.class.getName());

    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Deque<Runnable> releases = new ArrayDeque<>();
    private final Set<Conversation> conversations = new HashSet<>();
    private final LlamaOptions options;
    private final LlamaModel model;
    private final Tokenizer tokenizer;
    private final Optional<DraftOptions> drafts;
    private @Nullable LlamaSession session;
    private boolean closed;

    private Llama(Path path, LlamaOptions options) {
        this.options = options;
        boolean opened = false;
        try {
            CpuOptions cpu = CpuOptions.defaults().withThreads(options.threads());
            // A program that computes on the CPU needs no class of the cuda module.
            Device device =
                    options.device().isGpu() ? Devices.open(options.device(), cpu, Precision.F32) : CpuDevice.open(cpu);
            releases.push(device::close);
            model = load(path, options.adapters(), options.copied(), device);
            tokenizer = tokenizer(model, path.toString());
            drafts = options.draft().map(smaller -> draft(smaller, device));
            opened = true;
        } finally {
            if (!opened) {
                releases.forEach(Runnable::run);
            }
        }
    }

    private Llama(LlamaModel model) {
        this.options = LlamaOptions.defaults();
        this.model = model;
        this.tokenizer = tokenizer(model, "the model");
        this.drafts = Optional.empty();
    }

    private static Tokenizer tokenizer(LlamaModel model, String name) {
        return model.tokenizer()
                .orElseThrow(() -> new UserError(
                        name + " has no tokenizer", "put tokenizer.json or tokenizer.model beside the weights"));
    }

    private LlamaModel load(Path path, List<AdapterChoice> adapters, boolean copied, Device device) {
        LlamaModel loaded = AdaptedModels.load(
                path, adapters, device, HubCache.ofProcess(), notice -> LOG.log(System.Logger.Level.WARNING, notice));
        releases.push(loaded::close);
        if (!copied) {
            return loaded;
        }
        LlamaModel copy = loaded.inOwnMemory();
        releases.pop(); // the copy closes what it is of
        releases.push(copy::close);
        return copy;
    }

    private DraftOptions draft(Path path, Device device) {
        DraftModel draft = DraftModel.of(
                load(path, List.of(), options.copied(), device),
                model,
                options.session(model).contextLength());
        releases.push(draft::close);
        return new DraftOptions(draft, DRAFT_TOKENS);
    }

    /**
     * Opens a model: a GGUF file, a Hugging Face directory, or the folder of a LoRA adapter, which means its base with the adapter on it.
     *
     * @throws UserError if it is missing, damaged, no Llama, or has no tokenizer
     */
    public static Llama open(Path model) {
        return open(model, LlamaOptions.defaults());
    }

    /**
     * Opens a model by its path, or by the name on a hub, {@code ORG/NAME}, of one that {@code cria pull} has fetched.
     *
     * @throws UserError as {@link #open(Path)}, or if there is neither
     */
    public static Llama open(String pathOrName) {
        Path path = Path.of(pathOrName);
        if (Files.exists(path)) {
            return open(path);
        }
        return open(HubCache.ofProcess()
                .find(pathOrName)
                .orElseThrow(() -> new UserError(
                        "there is nothing at " + pathOrName + ", and no model of that name was pulled",
                        "check the path, or fetch the model: `cria pull " + pathOrName + "`")));
    }

    /**
     * Over a model that another owns, such as one in training, on its device; closing leaves it alone.
     *
     * @throws UserError if it has no tokenizer
     */
    public static Llama sharing(LlamaModel model) {
        return new Llama(model);
    }

    /** Opens a model as the options say. Errors as {@link #open(Path)}. */
    @SuppressWarnings("MustBeClosedChecker")
    public static Llama open(Path model, LlamaOptions options) {
        return new Llama(model, options);
    }

    /** Continues a text with up to 256 tokens at temperature 0.8; see {@link #generate(String, GenerationOptions, Consumer)}. */
    public String generate(String prompt, Consumer<String> listener) {
        return generate(prompt, GenerationOptions.defaults(), listener).text();
    }

    /**
     * Continues a text. What the prompt has in common with the text before it is not read again.
     *
     * @param listener receives the new text piece by piece, never half a character
     * @throws UserError if the prompt does not fit the context
     * @throws IllegalStateException if this was closed
     */
    public GenerationResult generate(String prompt, GenerationOptions generation, Consumer<String> listener) {
        return exclusively(() -> {
            if (session == null) {
                session = model.newSession(options.session(model));
                releases.push(session::close);
            }
            return write(session, withBos(tokenizer.encodeWithSpecial(prompt)), generation, listener);
        });
    }

    /**
     * A conversation, if the model has a chat template.
     *
     * @throws UserError if it has none
     */
    public Conversation chat() {
        return chat(List.of());
    }

    /** A conversation with a system message. Errors as {@link #chat()}. */
    public Conversation chat(String system) {
        return chat(List.of(new ChatMessage("system", system)));
    }

    private Conversation chat(List<ChatMessage> beginning) {
        return exclusively(() -> {
            ChatTemplate template = model.chatTemplate()
                    .orElseThrow(() -> new UserError(
                            "the model has no chat template", "take a chat model, or continue a text by generate"));
            Conversation conversation =
                    new Conversation(this, template, model.newSession(options.session(model)), beginning);
            conversations.add(conversation);
            return conversation;
        });
    }

    /** The model, for what this class does not offer. */
    public LlamaModel model() {
        return model;
    }

    /** What kernels were chosen for this machine, why, and what would mend each refusal; one line each. */
    public List<String> decisions() {
        return model.decisions();
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Makes a prompt the session's content, and goes on from it. */
    GenerationResult write(LlamaSession to, int[] prompt, GenerationOptions generation, Consumer<String> listener) {
        Generator generator = new Generator(to, Optional.of(tokenizer), drafts);
        ReadPrompt read = generator.read(prompt, generation.overflow());
        return generator.generate(read, generation, (id, text) -> {
            if (!text.isEmpty()) {
                listener.accept(text);
            }
            return !Thread.currentThread().isInterrupted();
        });
    }

    /** BOS and the ids; some templates begin with BOS themselves, and there is only ever one. */
    int[] withBos(int[] ids) {
        if (ids.length > 0 && ids[0] == tokenizer.bosId()) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    /** Something to do while no other thread does anything. */
    interface Work<T> {
        T run();
    }

    <T> T exclusively(Work<T> work) {
        oneAtATime.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model was closed");
            }
            return work.run();
        } finally {
            oneAtATime.unlock();
        }
    }

    /** Lets a conversation go, unless it has gone already. */
    void end(Conversation conversation) {
        oneAtATime.lock();
        try {
            if (conversations.remove(conversation)) {
                conversation.release();
            }
        } finally {
            oneAtATime.unlock();
        }
    }

    /** Lets go of everything, open conversations included; waits for an answer that another thread is being given. */
    @Override
    public void close() {
        oneAtATime.lock();
        try {
            if (!closed) {
                closed = true;
                conversations.forEach(Conversation::release);
                conversations.clear();
                // What was opened last goes first.
                releases.forEach(Runnable::run);
            }
        } finally {
            oneAtATime.unlock();
        }
    }
}
