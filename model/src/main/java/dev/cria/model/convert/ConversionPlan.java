package dev.cria.model.convert;

import dev.cria.model.GgufNames;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.LlamaConfig;
import dev.cria.model.RowOrder;
import dev.cria.model.adapter.AdapterMerge;
import dev.cria.model.adapter.WeightChange;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What becomes of each tensor, known before the first byte is written.
 *
 * @param tasks in the order of the output, with its names
 */
record ConversionPlan(List<TensorConverter.Task> tasks) {
    static ConversionPlan of(ModelSource source, AdapterMerge adapters, ConversionOptions options) {
        LlamaConfig config = source.config();
        boolean gguf = options.format() == ModelFormat.GGUF;
        TypeMixture mixture =
                new TypeMixture(options.type(), config.numHiddenLayers(), config.tieWordEmbeddings(), options.pure());
        RowOrder heads = RowOrder.between(source.ropeOrder(), options.format().ropeOrder(), config.headDim());
        List<TensorConverter.Task> tasks = new ArrayList<>();
        for (String name : HuggingFaceDirectory.shapes(config).keySet()) {
            Tensor tensor = source.tensor(name);
            boolean rotated = name.endsWith(".q_proj.weight") || name.endsWith(".k_proj.weight");
            String outputName = gguf ? GgufNames.ofHuggingFace(name).orElseThrow() : name;
            DType target = gguf
                    ? mixture.of(outputName, tensor.dims())
                    : options.type().dtype();
            Optional<WeightChange> change =
                    adapters.change(name, options.format().ropeOrder());
            tasks.add(new TensorConverter.Task(outputName, tensor, target, rotated ? heads : RowOrder.KEPT, change));
        }
        return new ConversionPlan(tasks);
    }

    /** Bytes that will be read. */
    long sourceBytes() {
        return tasks.stream().mapToLong(task -> task.source().byteSize()).sum();
    }

    /** Bytes that will be written, by type. */
    Map<DType, Long> targetBytes() {
        Map<DType, Long> bytes = new EnumMap<>(DType.class);
        for (TensorConverter.Task task : tasks) {
            bytes.merge(task.target(), task.target().bytes(task.source().elements()), Long::sum);
        }
        return bytes;
    }

    /** What the user should know before trusting the result. */
    List<String> notices(TargetType type) {
        List<String> notices = new ArrayList<>();
        List<TensorConverter.Task> twice = tasks.stream()
                .filter(task ->
                        task.source().dtype().isQuantised() && task.target().isQuantised())
                .filter(task ->
                        task.source().dtype() != task.target() || task.change().isPresent())
                .toList();
        if (!twice.isEmpty()) {
            notices.add(twice.size() + " tensors were quantised already and lose precision a second time: "
                    + "convert from the model's float weights where you can");
        }
        Map<DType, Long> fallen = tasks.stream()
                .filter(task -> task.source().rank() > 1)
                .filter(task -> task.source().dim(-1) % type.dtype().blockSize() != 0)
                .collect(Collectors.groupingBy(TensorConverter.Task::target, Collectors.counting()));
        fallen.forEach((dtype, count) -> notices.add(count + " tensors have rows that are no multiple of "
                + type.dtype().blockSize() + " and become " + dtype + " instead of " + type.dtype()));
        return notices;
    }
}
