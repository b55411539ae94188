package dev.cria.model.lora;

import dev.cria.model.Capacity;
import dev.cria.model.Learner;
import dev.cria.model.LearningLayers;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaWeights;
import dev.cria.model.RoundedCopy;
import dev.cria.model.TrainableLlama;
import dev.cria.model.TrainableParameters;
import dev.cria.model.TrainingMemory;
import dev.cria.model.TrainingNoise;
import dev.cria.model.adapter.AdaptedModule;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.Projection;
import dev.cria.model.layers.BlockLayers;
import dev.cria.model.layers.FrozenLinear;
import dev.cria.model.layers.LayerWeights;
import dev.cria.model.layers.Linear;
import dev.cria.model.layers.LoraLinear;
import dev.cria.model.layers.LoraPass;
import dev.cria.model.layers.LoraScratch;
import dev.cria.model.layers.LoraUp;
import dev.cria.model.layers.RmsNorm;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An adapter learns, on weights that stay as they are stored. */
public final class AdapterOnBase implements Learner {
    private final Kernels kernels;
    private final LlamaWeights base;
    private final AdapterParameters parameters;
    private final AdapterParameters gradients;
    private final Optional<TrainableParameters> rounded;
    private final LoraPass pass;
    private final LoraScratch scratch;
    private final Tensor unused;

    private AdapterOnBase(Device device, Workspace workspace, LlamaWeights base, AdapterConfig adapter, long tokens) {
        this.kernels = device.kernels();
        this.base = base;
        this.parameters = AdapterParameters.allocate(workspace, base.config(), adapter);
        this.gradients = AdapterParameters.allocate(workspace, base.config(), adapter);
        this.rounded = RoundedCopy.of(device, workspace, parameters);
        this.pass = new LoraPass(adapter.dropout());
        Size size = Size.of(base.config(), adapter);
        this.scratch = new LoraScratch(workspace, tokens, size.rank, size.matrix, size.inputs, device.activationType());
        this.unused = workspace.allocate(DType.F32, base.config().hiddenSize());
    }

    /**
     * A model of which an adapter learns; its matrices are zero, so fill {@link TrainableLlama#trained} by an {@link AdapterInitializer} or from
     * a checkpoint.
     *
     * @param base weights that stay as they are, where they are; they must outlive the model
     * @param maxBatch most sequences of a micro-batch
     * @param maxTime most tokens of a sequence
     */
    public static TrainableLlama model(
            Device device, LlamaWeights base, AdapterConfig adapter, int maxBatch, int maxTime) {
        return model(device, base, adapter, Capacity.of(maxBatch, maxTime));
    }

    /** The same with memory as asked for. */
    public static TrainableLlama model(Device device, LlamaWeights base, AdapterConfig adapter, Capacity capacity) {
        return TrainableLlama.create(
                device,
                base.config(),
                capacity,
                workspace -> new AdapterOnBase(device, workspace, base, adapter, capacity.tokens()));
    }

    /** The largest a layer needs: R, O·R, and I where inputs are dropped. */
    private record Size(long rank, long matrix, long inputs) {
        static Size of(LlamaConfig config, AdapterConfig adapter) {
            long rank = 0;
            long matrix = 0;
            long inputs = 0;
            for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
                for (LinearGroup group : LinearGroup.values()) {
                    long R = AdapterParameters.rank(adapter, AdapterParameters.modules(config, adapter, layer, group));
                    rank = Math.max(rank, R);
                    matrix = Math.max(matrix, R * group.outputs(config));
                    inputs = Math.max(inputs, R > 0 && adapter.dropout() > 0 ? group.inputs(config) : 0);
                }
            }
            return new Size(rank, matrix, inputs);
        }
    }

    /**
     * The memory of an adapter trained on a base.
     *
     * @param type of the device's activations
     */
    public static TrainingMemory memory(LlamaWeights base, AdapterConfig adapter, Capacity capacity, DType type) {
        LlamaConfig config = base.config();
        Size size = Size.of(config, adapter);
        long scratch = LoraScratch.bytes(capacity.tokens(), size.rank, size.matrix, size.inputs, type)
                + 4L * config.hiddenSize();
        return TrainingMemory.of(
                base.bytes(), AdapterParameters.flatElements(config, adapter), config, capacity, type, scratch);
    }

    @Override
    public AdapterParameters parameters() {
        return parameters;
    }

    @Override
    public AdapterParameters gradients() {
        return gradients;
    }

    @Override
    public Optional<TrainableParameters> rounded() {
        return rounded;
    }

    @Override
    public void round() {
        rounded.ifPresent(copy -> kernels.convert(copy.flat(), parameters.flat()));
    }

    @Override
    public LlamaWeights weights() {
        return base;
    }

    @Override
    public void learn(TrainingNoise noise) {
        pass.learn(noise.dropoutStream());
    }

    @Override
    public void measure() {
        pass.measure();
    }

    @Override
    public void switchAdapter(boolean on) {
        pass.switchOn(on);
    }

    @Override
    public LearningLayers layers() {
        List<BlockLayers> layers = new ArrayList<>();
        for (int i = 0; i < base.layers().size(); i++) {
            LayerWeights weights = base.layers().get(i);
            layers.add(new BlockLayers(
                    norm(weights.inputNorm()),
                    linear(i, LinearGroup.QKV, weights.qkv()),
                    linear(i, LinearGroup.OUTPUT, List.of(weights.output())),
                    norm(weights.postAttentionNorm()),
                    linear(i, LinearGroup.GATE_UP, weights.gateUp()),
                    linear(i, LinearGroup.DOWN, List.of(weights.down()))));
        }
        return new LearningLayers(
                layers, norm(base.finalNorm()), new FrozenLinear(kernels, List.of(base.head())), base.ropeOrder());
    }

    /** The weight does not learn; its gradient is a by-product that nobody reads. */
    private RmsNorm norm(Tensor weight) {
        return new RmsNorm(kernels, weight, unused, (float) base.config().rmsNormEps());
    }

    private Linear linear(int layer, LinearGroup group, List<Tensor> weights) {
        Linear frozen = new FrozenLinear(kernels, weights);
        Optional<Tensor> down =
                rounded.map(AdapterParameters.class::cast).orElse(parameters).stacked(layer, group);
        return down.isEmpty()
                ? frozen
                : new LoraLinear(
                        kernels,
                        frozen,
                        down.get(),
                        gradients.stacked(layer, group).orElseThrow(),
                        ups(layer, group),
                        group.outputs(base.config()),
                        pass,
                        scratch,
                        (long) layer * LinearGroup.values().length + group.ordinal());
    }

    private List<LoraUp> ups(int layer, LinearGroup group) {
        LlamaConfig config = base.config();
        AdapterConfig adapter = parameters.adapter();
        List<AdaptedModule> adapted = AdapterParameters.modules(config, adapter, layer, group);
        long width = AdapterParameters.rank(adapter, adapted);
        List<LoraUp> ups = new ArrayList<>();
        long row = 0;
        long column = 0;
        for (Projection projection : group.projections()) {
            AdaptedModule module = new AdaptedModule(layer, projection);
            if (adapted.contains(module)) {
                boolean pairs = projection.isRotated() && base.ropeOrder() == RopeOrder.PAIRS;
                addUps(ups, module, row, column, pairs ? width : 0);
                column += adapter.rank(module);
            }
            row += projection.outputs(config);
        }
        return ups;
    }

    /**
     * A module's B as one block; or, where the base rotates dimensions in pairs, two blocks a head: what Hugging Face has in the first half of a
     * head stands in its even rows there, the second half in its odd ones.
     *
     * @param width R of the group, or 0 for one block
     */
    private void addUps(List<LoraUp> ups, AdaptedModule module, long row, long column, long width) {
        Tensor up = parameters.tensor(module.upName());
        Tensor gradient = gradients.tensor(module.upName());
        float scaling = (float) parameters.adapter().scaling(module);
        if (width == 0) {
            ups.add(new LoraUp(up, gradient, row, column, 1, scaling));
            return;
        }
        long half = base.config().headDim() / 2;
        for (long from = 0; from < up.dim(0); from += half) {
            long head = from / (2 * half);
            long odd = from / half % 2;
            ups.add(new LoraUp(
                    up.rows(from, from + half),
                    gradient.rows(from, from + half),
                    row / 2 + head * half,
                    column + odd * width,
                    2,
                    scaling));
        }
    }
}
