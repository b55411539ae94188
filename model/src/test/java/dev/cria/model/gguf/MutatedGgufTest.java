package dev.cria.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.cria.base.UserError;
import dev.cria.model.GgufModel;
import dev.cria.model.Golden;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import dev.cria.text.GgufVocabulary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files are refused with a user error, or read without touching a byte outside them, for memory of their own size; never anything
 * else.
 */
class MutatedGgufTest {
    /** Heap that opening takes beside what the file asks for: the window of the header's reader, and messages. */
    private static final long OWN_BYTES = 2 << 20;

    /** A text of one byte takes nine in the file, and an object, an array and two references on the heap. */
    private static final long HEAP_PER_FILE_BYTE = 40;

    @TempDir
    Path dir;

    @Test
    void survives300Mutations() throws Exception {
        mutate(300, 1);
    }

    @Test
    @Tag("slow")
    void survives10000Mutations() throws Exception {
        mutate(10_000, 2);
    }

    private void mutate(int count, long seed) throws Exception {
        byte[] original = original();
        int dataBegin = dataBegin(original);
        SplittableRandom random = new SplittableRandom(seed);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Path file = dir.resolve("mutated.gguf");
        int refused = 0;
        try (Device device = Golden.open(Tier.SCALAR)) {
            read(Files.write(file, original), device); // classes are loaded here
            for (int i = 0; i < count; i++) {
                byte[] mutated = mutated(original, dataBegin, random);
                Files.write(file, mutated);
                long before = threads.getCurrentThreadAllocatedBytes();
                try {
                    read(file, device);
                } catch (UserError e) {
                    assertThat(e.what()).contains("mutated.gguf");
                    refused++;
                }
                assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                        .as("heap for a file of %d bytes", mutated.length)
                        .isLessThan(OWN_BYTES + HEAP_PER_FILE_BYTE * mutated.length);
            }
        }
        assertThat(refused).as("most mutations hit the header or the length").isGreaterThan(count / 3);
    }

    /** All that a user of a file does with it, short of running it. */
    private static void read(Path file, Device device) {
        try (GgufFile opened = GgufFile.open(file)) {
            for (String key : opened.metadata().keys()) {
                opened.metadata().value(key);
            }
            for (GgufTensor tensor : opened.tensors().values()) {
                sum(opened.segment(tensor));
            }
            GgufTokenizer.read(opened).ifPresent(tokenizer -> tokenizer.decode(tokenizer.encode("a b ab")));
            GgufTokenizer.chatTemplate(opened);
        }
        try (GgufModel model = GgufModel.open(file, device)) {
            assertThat(model.weights().layers()).hasSize(model.config().numHiddenLayers());
        }
    }

    private static long sum(MemorySegment segment) {
        long sum = 0;
        for (long i = 0; i < segment.byteSize(); i++) {
            sum += segment.get(ValueLayout.JAVA_BYTE, i);
        }
        return sum;
    }

    /** A Llama of one layer with a vocabulary of 264 pieces. */
    private byte[] original() throws Exception {
        List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int value = 0; value < 256; value++) {
            pieces.add(String.format("<0x%02X>", value));
        }
        pieces.addAll(List.of("▁", "a", "b", "▁a", "ab"));
        int vocabulary = pieces.size();
        float[] scores = new float[vocabulary];
        int[] types = new int[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            scores[id] = -id;
            types[id] = id == 0
                    ? GgufVocabulary.UNKNOWN
                    : id < 3 ? GgufVocabulary.CONTROL : id < 259 ? GgufVocabulary.BYTE : GgufVocabulary.NORMAL;
        }
        GgufWriter writer = new GgufWriter()
                .put("general.architecture", GgufValue.string("llama"))
                .put("general.alignment", GgufValue.uint32(32))
                .put("llama.context_length", GgufValue.uint32(64))
                .put("llama.embedding_length", GgufValue.uint32(32))
                .put("llama.block_count", GgufValue.uint32(1))
                .put("llama.feed_forward_length", GgufValue.uint32(64))
                .put("llama.attention.head_count", GgufValue.uint32(4))
                .put("llama.attention.head_count_kv", GgufValue.uint32(2))
                .put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-5))
                .put("llama.rope.freq_base", GgufValue.float32(10000))
                .put("tokenizer.ggml.model", GgufValue.string("llama"))
                .put("tokenizer.ggml.tokens", GgufValue.strings(pieces))
                .put("tokenizer.ggml.scores", GgufValue.floats(scores))
                .put("tokenizer.ggml.token_type", GgufValue.ints(types))
                .put("tokenizer.ggml.add_bos_token", GgufValue.bool(true))
                .put("tokenizer.chat_template", GgufValue.string("{{ messages }}"));
        long[][] shapes = {
            {vocabulary, 32}, {32}, {32, 32}, {16, 32}, {16, 32}, {32, 32}, {32}, {64, 32}, {64, 32}, {32, 64}, {32}
        };
        String[] names = {
            "token_embd",
            "blk.0.attn_norm",
            "blk.0.attn_q",
            "blk.0.attn_k",
            "blk.0.attn_v",
            "blk.0.attn_output",
            "blk.0.ffn_norm",
            "blk.0.ffn_gate",
            "blk.0.ffn_up",
            "blk.0.ffn_down",
            "output_norm"
        };
        for (int i = 0; i < names.length; i++) {
            DType dtype = shapes[i].length == 1 ? DType.F32 : DType.Q4_0;
            byte[] zeros = new byte[(int) dtype.bytes(Arrays.stream(shapes[i]).reduce(1, Math::multiplyExact))];
            writer.add(names[i] + ".weight", dtype, shapes[i], sink -> sink.accept(MemorySegment.ofArray(zeros)));
        }
        Path file = dir.resolve("good.gguf");
        writer.write(file);
        return Files.readAllBytes(file);
    }

    private int dataBegin(byte[] original) throws Exception {
        try (GgufFile file = GgufFile.open(Files.write(dir.resolve("good.gguf"), original))) {
            return (int) file.tensors().values().iterator().next().begin();
        }
    }

    private static byte[] mutated(byte[] original, int dataBegin, SplittableRandom random) {
        byte[] bytes = original.clone();
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(8)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
            case 2 -> bytes[random.nextInt(24)] ^= (byte) (1 << random.nextInt(8));
            case 3 -> bytes[random.nextInt(dataBegin)] ^= (byte) (1 << random.nextInt(8));
            case 4 -> little.putLong(random.nextInt(dataBegin - 8), awkward(random));
            case 5 -> little.putInt(random.nextInt(dataBegin - 8), (int) awkward(random));
            case 6 -> { // among the entries of tensors, which end the header
                int at = dataBegin - 1 - random.nextInt(700);
                bytes[at] = (byte) random.nextInt(256);
            }
            default -> {
                int from = random.nextInt(dataBegin);
                int to = random.nextInt(dataBegin);
                System.arraycopy(
                        original, from, bytes, to, Math.min(random.nextInt(60), dataBegin - Math.max(from, to)));
            }
        }
        return bytes;
    }

    /** Numbers that overflow, wrap or just miss. */
    private static long awkward(SplittableRandom random) {
        long[] numbers = {0, -1, 1, 31, 33, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 1L << 62, Integer.MAX_VALUE};
        return random.nextInt(3) == 0 ? random.nextLong() : numbers[random.nextInt(numbers.length)];
    }
}
