package dev.cria.cli.chat;

import dev.cria.model.LlamaSession;
import dev.cria.model.generation.DraftOptions;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.Overflow;
import dev.cria.model.generation.ReadPrompt;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.model.generation.StopReason;
import dev.cria.text.ChatMessage;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A model that answers. Its session keeps keys and values from turn to turn: of each prompt only what differs from what the session holds is
 * read.
 */
public final class ModelResponder implements Responder {
    /** Tokens that are read between two looks at whether the user wants no more. */
    private static final int CHUNK = 256;

    private final LlamaSession session;
    private final Tokenizer tokenizer;
    private final ConversationTemplate template;
    private final List<String> stops;
    private final Overflow overflow;
    private final Generator generator;
    private final SpokenIds spoken;

    /**
     * @param stops texts that end an answer, besides those of the template
     * @param overflow what happens when an answer fills the context
     * @param drafts who guesses ahead
     */
    public ModelResponder(
            LlamaSession session,
            Tokenizer tokenizer,
            ConversationTemplate template,
            List<String> stops,
            Overflow overflow,
            Optional<DraftOptions> drafts) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.template = template;
        this.stops = stops;
        this.overflow = overflow;
        this.spoken = new SpokenIds(tokenizer);
        this.generator = new Generator(session, Optional.of(tokenizer), drafts);
    }

    @Override
    public Reply answer(Conversation conversation, ChatSettings settings, int turn, Watcher watcher) {
        int context = session.contextLength();
        int reserve = Math.min(settings.maxTokens(), context / 4);
        FittingPrompt prompt = FittingPrompt.of(conversation, this::ids, context, reserve);
        long started = System.nanoTime();
        int common = keepCommon(prompt.ids());
        int toRead = prompt.ids().length - common;
        watcher.reading().accept(toRead);
        if (!append(prompt.ids(), common, watcher)) {
            TurnStats stats = stats(prompt.ids().length, session.length() - common, seconds(started), 0, 0);
            return new Reply("", StopReason.CANCELLED, prompt.forgotten(), stats);
        }
        ReadPrompt read = generator.read(prompt.ids(), Overflow.STOP);
        long chosen = System.nanoTime();
        GenerationResult result = generator.generate(read, options(settings, turn), (id, text) -> {
            if (!text.isEmpty()) {
                watcher.text().accept(text);
            }
            return !watcher.stopped().getAsBoolean();
        });
        double readSeconds = (chosen - started) * 1e-9;
        TurnStats stats =
                stats(prompt.ids().length, toRead, readSeconds, result.ids().size(), result.decodeSeconds());
        remember(conversation, prompt.ids(), result);
        return new Reply(result.text(), result.stopReason(), prompt.forgotten(), stats);
    }

    private void remember(Conversation conversation, int[] prompt, GenerationResult result) {
        List<ChatMessage> shown = conversation.shown();
        int[] encoded = template.encode(shown, true, tokenizer);
        shown.add(new ChatMessage(Conversation.ASSISTANT, result.text()));
        spoken.spoke(encoded, prompt, result.ids(), template.encode(shown, false, tokenizer));
    }

    private int[] ids(List<ChatMessage> messages) {
        return spoken.of(template.encode(messages, true, tokenizer));
    }

    /** Makes the session forget all but the beginning that it shares with {@code ids}; at least one token is left to read. */
    private int keepCommon(int[] ids) {
        int[] held = session.tokens();
        int mismatch = Arrays.mismatch(held, ids);
        int common = Math.min(mismatch < 0 ? held.length : mismatch, ids.length - 1);
        session.truncate(common);
        return common;
    }

    /** Reads all but the last tokens piece by piece; returns false where the user wanted no more. */
    private boolean append(int[] ids, int from, Watcher watcher) {
        for (int at = from; at + CHUNK < ids.length; at += CHUNK) {
            session.append(Arrays.copyOfRange(ids, at, at + CHUNK));
            if (watcher.stopped().getAsBoolean()) {
                return false;
            }
        }
        return true;
    }

    private GenerationOptions options(ChatSettings settings, int turn) {
        SamplingOptions sampling =
                settings.sampling().withSeed(settings.sampling().seed() + turn);
        List<String> all = new ArrayList<>(stops);
        all.addAll(template.stops());
        return new GenerationOptions(settings.maxTokens(), sampling, all, false, overflow);
    }

    private TurnStats stats(int prompt, int read, double readSeconds, int newTokens, double decodeSeconds) {
        return new TurnStats(
                prompt, read, readSeconds, newTokens, decodeSeconds, session.length(), session.contextLength());
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) * 1e-9;
    }
}
