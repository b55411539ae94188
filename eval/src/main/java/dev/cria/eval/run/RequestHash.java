package dev.cria.eval.run;

import dev.cria.eval.task.GenerationRequest;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.eval.task.Request;
import dev.cria.eval.task.Task;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Tells requests apart in a log: of another version of the task, other examples, or other data. */
final class RequestHash {
    private static final int BYTES = 8;

    private RequestHash() {}

    /** The beginning of SHA-256 of everything that is asked, in hex. */
    static String of(Task task, Request request) {
        MessageDigest digest = sha256();
        add(digest, Double.toString(task.version()));
        switch (request) {
            case MultipleChoiceRequest choices -> {
                choices.contexts().forEach(context -> add(digest, context));
                choices.continuations().forEach(continuation -> add(digest, continuation));
                add(digest, Integer.toString(choices.gold()));
            }
            case GenerationRequest generation -> {
                add(digest, generation.context());
                generation.until().forEach(stop -> add(digest, stop));
                add(digest, generation.maxTokens() + " " + generation.temperature() + " " + task.repeats());
                add(digest, generation.gold().toString());
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(Integer.toString(bytes.length).getBytes(StandardCharsets.US_ASCII));
        digest.update((byte) ':');
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
