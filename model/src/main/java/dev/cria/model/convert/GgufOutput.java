package dev.cria.model.convert;

import dev.cria.model.GgufNames;
import dev.cria.model.GgufRope;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufWriter;
import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Puts a model into one GGUF file. */
final class GgufOutput {
    /** What is said anew of every file, or no longer holds of it. */
    private static final List<String> OWN =
            List.of("general.alignment", "general.file_type", "general.quantization_version");

    private GgufOutput() {}

    /** The writer of a model's file; tensors are converted when it writes. */
    static GgufWriter prepare(
            ModelSource source, ConversionPlan plan, TensorConverter converter, ConversionOptions options) {
        GgufWriter writer = new GgufWriter();
        GgufMetadataWriter metadata = new GgufMetadataWriter(writer);
        if (source.gguf().isPresent()) {
            copy(source.gguf().get(), writer);
            metadata.chatTemplate(source.chatTemplate());
        } else {
            metadata.general(name(source.path()));
            metadata.configuration(source.config());
            metadata.tokenizer(source.vocabulary(), source.config(), source.chatTemplate());
        }
        metadata.fileType(options.type());
        GgufRope.divisors(source.config()).ifPresent(divisors -> addDivisors(writer, divisors));
        for (TensorConverter.Task task : plan.tasks()) {
            writer.add(task.name(), task.target(), task.source().dims(), converter.content(task));
        }
        return writer;
    }

    private static void copy(GgufFile from, GgufWriter to) {
        for (String key : from.metadata().keys()) {
            if (!OWN.contains(key) && !key.startsWith("split.")) {
                to.put(key, from.metadata().copy(key));
            }
        }
    }

    private static void addDivisors(GgufWriter writer, float[] divisors) {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(divisors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        MemorySegment segment = MemorySegment.ofBuffer(bytes);
        ValueLayout.OfFloat little = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        MemorySegment.copy(divisors, 0, segment, little, 0, divisors.length);
        writer.add(GgufNames.ROPE_DIVISORS, DType.F32, new long[] {divisors.length}, sink -> sink.accept(segment));
    }

    private static String name(Path path) {
        return Optional.ofNullable(path.toAbsolutePath().normalize().getFileName())
                .map(Path::toString)
                .orElse("model");
    }
}
