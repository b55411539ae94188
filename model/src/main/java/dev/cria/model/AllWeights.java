package dev.cria.model;

import dev.cria.model.layers.BlockLayers;
import dev.cria.model.layers.BlockWeights;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.TrainedLinear;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/** Everything learns. */
final class AllWeights implements Learner {
    private final Kernels kernels;
    private final ParameterSet parameters;
    private final ParameterSet gradients;

    AllWeights(Kernels kernels, Workspace workspace, LlamaConfig config) {
        this.kernels = kernels;
        this.parameters = ParameterSet.allocate(workspace, config);
        this.gradients = ParameterSet.allocate(workspace, config);
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
            layers.add(new BlockLayers(
                    norm(weights.inputNorm(), slopes.inputNorm()),
                    linear(weights.qkv(), slopes.qkv()),
                    linear(weights.output(), slopes.output()),
                    norm(weights.postAttentionNorm(), slopes.postAttentionNorm()),
                    linear(weights.gateUp(), slopes.gateUp()),
                    linear(weights.down(), slopes.down())));
        }
        return new LearningLayers(
                layers,
                norm(parameters.finalNorm(), gradients.finalNorm()),
                linear(parameters.head(), gradients.head()),
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
