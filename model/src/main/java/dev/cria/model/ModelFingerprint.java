package dev.cria.model;

import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells models apart, in hex: SHA-256 of the configuration, of every weight's type and shape, and of some rows of each. A fine-tuned, adapted, quantised
 * or re-ordered copy is another model; a change of a few single weights may go unnoticed, for reading them all would take as long as reading
 * the file.
 */
final class ModelFingerprint {
    /** Rows taken of each weight, spread evenly. */
    private static final int ROWS = 8;

    private ModelFingerprint() {}

    static String of(LlamaWeights weights, Device device) {
        MessageDigest digest = sha256();
        digest.update(weights.config().toJson().getBytes(StandardCharsets.UTF_8));
        digest.update(weights.ropeOrder().name().getBytes(StandardCharsets.UTF_8));
        List<Tensor> tensors = new ArrayList<>(List.of(weights.embedding(), weights.finalNorm(), weights.head()));
        for (LayerWeights layer : weights.layers()) {
            tensors.addAll(layer.qkv());
            tensors.addAll(layer.gateUp());
            tensors.addAll(List.of(layer.inputNorm(), layer.output(), layer.postAttentionNorm(), layer.down()));
        }
        for (LayerWeights layer : weights.layers()) {
            layer.adapter().tensors().forEach(tensors::add);
        }
        for (Tensor tensor : tensors) {
            digest.update(tensor.toString().getBytes(StandardCharsets.UTF_8));
            Tensor rows = tensor.rank() == 1 ? tensor.reshape(1, tensor.elements()) : tensor;
            long count = rows.dim(0);
            for (int i = 0; i < Math.min(ROWS, count); i++) {
                long row = i * count / Math.min(ROWS, count);
                add(digest, rows.rows(row, row + 1), device);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, Tensor tensor, Device device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(tensor.byteSize());
            device.download(tensor, host);
            digest.update(host.asByteBuffer());
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
