package dev.cria.data.chat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.stream.Stream;

/**
 * A conversation as ids.
 *
 * @param ids from BOS to the last id that is learnt; at least two
 * @param trained which of the ids the loss is taken on; never the first
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record EncodedConversation(int[] ids, BitSet trained) {
    /** What a label is where there is no loss. */
    public static final int MASKED = -100;

    /** Tokens it takes in a row: one less than its ids, since the last is only a target. */
    public int length() {
        return ids.length - 1;
    }

    /** What is to be predicted at each of the {@link #length} tokens; {@code ignored} where there is no loss. */
    public int[] targets(int ignored) {
        int[] targets = new int[length()];
        Arrays.setAll(targets, n -> trained.get(n + 1) ? ids[n + 1] : ignored);
        return targets;
    }

    /** The ids with {@value #MASKED} in place of those without a loss, as other libraries write labels. */
    public int[] labels() {
        int[] labels = new int[ids.length];
        Arrays.setAll(labels, n -> trained.get(n) ? ids[n] : MASKED);
        return labels;
    }

    /** A number from 0 to 1 that the ids up to {@code length} alone decide: what is held out does not depend on what else there is. */
    double place(int length) {
        long hash = 0x9E3779B97F4A7C15L * (Arrays.hashCode(Arrays.copyOf(ids, length)) + 1L);
        return (hash >>> 11) * 0x1p-53;
    }

    /** SHA-256, in hex, of ids and labels in their order. */
    static String fingerprint(Stream<EncodedConversation> conversations) {
        MessageDigest digest = sha256();
        conversations.forEachOrdered(each -> {
            ByteBuffer bytes = ByteBuffer.allocate(4 * each.ids.length + 4);
            bytes.putInt(each.ids.length).asIntBuffer().put(each.ids);
            digest.update(bytes.array());
            digest.update(each.trained.toByteArray());
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
