package dev.cria.model;

import dev.cria.model.layers.BlockLayers;
import dev.cria.model.layers.BlockWeights;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.TrainedLinear;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Everything learns. */
final class AllWeights implements Learner {
    private final Kernels kernels;
    private final ParameterSet parameters;
    private final ParameterSet gradients;
    private final Optional<TrainableParameters> rounded;

    AllWeights(Device device, Workspace workspace, LlamaConfig config) {
        this.kernels = device.kernels();
        this.parameters = ParameterSet.allocate(workspace, config);
        this.gradients = ParameterSet.allocate(workspace, config);
        this.rounded = RoundedCopy.of(device, workspace, parameters);
    }

    @Override
    public ParameterSet parameters() {
        return parameters;
    }

    @Override
    public ParameterSet gradients() {
        return gradients;
    }

    @Override
    public LlamaWeights weights() {
        return LlamaWeights.of(parameters);
    }

    @Override
    public Optional<TrainableParameters> rounded() {
        return rounded;
    }

    @Override
    public void round() {
        rounded.ifPresent(copy -> kernels.convert(copy.flat(), parameters.flat()));
    }

    /** What products and look-ups read. */
    private ParameterSet read() {
        return rounded.map(ParameterSet.class::cast).orElse(parameters);
    }

    @Override
    public Tensor embedding() {
        return read().embedding();
    }

    @Override
    public void embeddingBackward(Tensor dY, Tensor ids) {
        kernels.embeddingBackward(gradients.embedding(), dY, ids);
    }

    @Override
    public LearningLayers layers() {
        LlamaConfig config = parameters.config();
        List<BlockLayers> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            BlockWeights weights = parameters.layer(i);
            BlockWeights slopes = gradients.layer(i);
            BlockWeights read = read().layer(i);
            layers.add(new BlockLayers(
                    norm(weights.inputNorm(), slopes.inputNorm()),
                    linear(read.qkv(), slopes.qkv()),
                    linear(read.output(), slopes.output()),
                    norm(weights.postAttentionNorm(), slopes.postAttentionNorm()),
                    linear(read.gateUp(), slopes.gateUp()),
                    linear(read.down(), slopes.down())));
        }
        return new LearningLayers(
                layers,
                norm(parameters.finalNorm(), gradients.finalNorm()),
                linear(read().head(), gradients.head()),
                RopeOrder.HALVES);
    }

    private TrainedLinear linear(Tensor weight, Tensor gradient) {
        return new TrainedLinear(kernels, weight, gradient);
    }

    private RmsNorm norm(Tensor weight, Tensor gradient) {
        return new RmsNorm(
                kernels, weight, gradient, (float) parameters.config().rmsNormEps());
    }
}
