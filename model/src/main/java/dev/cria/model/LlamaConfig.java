package dev.cria.model;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.List;

/**
 * The shape of a Llama, in the words of Hugging Face's {@code config.json}. Immutable and always valid: a nonsensical value is a {@link
 * UserError} that names its key.
 *
 * @param hiddenSize D, width of the residual stream
 * @param intermediateSize F, width of the feed-forward layer
 * @param numHiddenLayers number of blocks
 * @param numAttentionHeads H, query heads
 * @param numKeyValueHeads K, key/value heads; H is a multiple of it
 * @param headDim E, size of a head; even; H·E may differ from D
 * @param vocabSize V
 * @param maxPositionEmbeddings longest context
 * @param rmsNormEps added to the mean square in RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling stretching of the frequencies
 * @param tieWordEmbeddings whether the output head is the embedding table
 * @param bosTokenId id of the begin-of-sequence token
 * @param eosTokenIds ids that end a generation; may be empty
 */
public record LlamaConfig(
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        int vocabSize,
        int maxPositionEmbeddings,
        double rmsNormEps,
        double ropeTheta,
        RopeScaling ropeScaling,
        boolean tieWordEmbeddings,
        int bosTokenId,
        List<Integer> eosTokenIds) {
    // Far above any Llama; small enough that every product of them fits a long.
    private static final int MAXIMUM_WIDTH = 1 << 20;
    private static final int MAXIMUM_LAYERS = 4096;
    private static final int MAXIMUM_VOCABULARY = 1 << 24;
    private static final int MAXIMUM_CONTEXT = 1 << 24;

    public LlamaConfig {
        within("hidden_size", hiddenSize, MAXIMUM_WIDTH);
        within("intermediate_size", intermediateSize, MAXIMUM_WIDTH);
        within("num_hidden_layers", numHiddenLayers, MAXIMUM_LAYERS);
        within("num_attention_heads", numAttentionHeads, MAXIMUM_WIDTH);
        within("num_key_value_heads", numKeyValueHeads, numAttentionHeads);
        within("head_dim", headDim, MAXIMUM_WIDTH);
        within("vocab_size", vocabSize, MAXIMUM_VOCABULARY);
        within("max_position_embeddings", maxPositionEmbeddings, MAXIMUM_CONTEXT);
        require(
                numAttentionHeads % numKeyValueHeads == 0,
                "num_key_value_heads",
                numKeyValueHeads + " does not divide num_attention_heads " + numAttentionHeads);
        require(headDim % 2 == 0, "head_dim", headDim + " is odd; rotary embedding turns pairs");
        require((long) numAttentionHeads * headDim <= MAXIMUM_WIDTH, "head_dim", headDim + " is too large");
        require(rmsNormEps > 0 && rmsNormEps < 1, "rms_norm_eps", rmsNormEps + " is not between 0 and 1");
        require(ropeTheta > 0 && Double.isFinite(ropeTheta), "rope_theta", ropeTheta + " is no positive finite number");
        requireScaling(ropeScaling, headDim);
        require(bosTokenId >= 0, "bos_token_id", bosTokenId + " is negative");
        eosTokenIds = List.copyOf(eosTokenIds);
        for (int id : eosTokenIds) {
            require(id >= 0, "eos_token_id", id + " is negative");
        }
    }

    private static void requireScaling(RopeScaling scaling, int headDim) {
        switch (scaling) {
            case RopeScaling.None none -> {}
            case RopeScaling.Linear linear ->
                require(positive(linear.factor()), "rope_scaling.factor", linear.factor() + " is no positive number");
            case RopeScaling.Llama3 llama3 -> {
                require(positive(llama3.factor()), "rope_scaling.factor", llama3.factor() + " is no positive number");
                require(
                        positive(llama3.lowFrequencyFactor())
                                && llama3.highFrequencyFactor() > llama3.lowFrequencyFactor()
                                && Double.isFinite(llama3.highFrequencyFactor()),
                        "rope_scaling.high_freq_factor",
                        llama3.highFrequencyFactor() + " is not above low_freq_factor " + llama3.lowFrequencyFactor());
                within("rope_scaling.original_max_position_embeddings", llama3.originalContext(), MAXIMUM_CONTEXT);
            }
            case RopeScaling.Divisors divisors ->
                require(
                        divisors.values().size() == headDim / 2
                                && divisors.values().stream().allMatch(LlamaConfig::positive),
                        "rope_scaling",
                        "has divisors that are no " + headDim / 2 + " positive numbers");
        }
    }

    private static boolean positive(double value) {
        return value > 0 && Double.isFinite(value);
    }

    private static void within(String key, int value, int maximum) {
        require(value >= 1 && value <= maximum, key, value + " is not between 1 and " + maximum);
    }

    private static void require(boolean holds, String key, String what) {
        if (!holds) {
            throw new UserError("model configuration: " + key + " " + what, "correct " + key);
        }
    }

    /** A named shape; see {@link Presets}. */
    public static LlamaConfig preset(String name) {
        return Presets.get(name);
    }

    /**
     * Reads a Hugging Face {@code config.json} in its older or newer form; {@code eos_token_id} of a {@code generation_config.json} beside it
     * wins.
     *
     * @throws UserError if the file is missing, damaged, of another architecture, or its values make no sense
     */
    public static LlamaConfig read(Path configJson) {
        return ConfigJson.read(configJson);
    }

    /** This configuration as a {@code config.json} that transformers 4 and 5 load, float32. */
    public String toJson() {
        return ConfigJson.render(this, "float32");
    }

    /** Width of all query heads together, H·E. */
    public int queryWidth() {
        return numAttentionHeads * headDim;
    }

    /** Width of all key heads together, K·E; the values are as wide. */
    public int keyValueWidth() {
        return numKeyValueHeads * headDim;
    }

    /** Width of a merged q, k, v row, (H+2K)·E. */
    public int qkvWidth() {
        return queryWidth() + 2 * keyValueWidth();
    }

    /** Number of trained numbers; a tied head counts once. */
    public long parameters() {
        long d = hiddenSize;
        long layer = qkvWidth() * d + queryWidth() * d + 3L * intermediateSize * d + 2 * d;
        return embeddingParameters() * (tieWordEmbeddings ? 1 : 2) + numHiddenLayers * layer + d;
    }

    /** Numbers in the embedding table, V·D. */
    public long embeddingParameters() {
        return (long) vocabSize * hiddenSize;
    }

    /**
     * Floating-point operations that training spends on a token, forward and backward, causal attention counted at half its square:
     * 6·(parameters that are multiplied) + 6·layers·H·E·context. The embedding table is looked up, not multiplied, and is left out; the
     * head always counts, also where it is the embedding table. So the first term is 6·(parameters − V·D) with a separate head and
     * 6·parameters with a tied one.
     */
    public double trainingFlopsPerToken(int context) {
        long multiplied = parameters() - (tieWordEmbeddings ? 0 : embeddingParameters());
        return 6.0 * multiplied + 6.0 * numHiddenLayers * queryWidth() * (double) context;
    }

    /** The same shape with another vocabulary size and its special ids. */
    public LlamaConfig withVocabulary(int size, int bos, List<Integer> eos) {
        return new LlamaConfig(
                hiddenSize,
                intermediateSize,
                numHiddenLayers,
                numAttentionHeads,
                numKeyValueHeads,
                headDim,
                size,
                maxPositionEmbeddings,
                rmsNormEps,
                ropeTheta,
                ropeScaling,
                tieWordEmbeddings,
                bos,
                eos);
    }

    /** The same shape with another vocabulary size. */
    public LlamaConfig withVocabSize(int size) {
        return withVocabulary(size, bosTokenId, eosTokenIds);
    }

    /** The same shape with another longest context. */
    public LlamaConfig withMaxPositionEmbeddings(int positions) {
        return new LlamaConfig(
                hiddenSize,
                intermediateSize,
                numHiddenLayers,
                numAttentionHeads,
                numKeyValueHeads,
                headDim,
                vocabSize,
                positions,
                rmsNormEps,
                ropeTheta,
                ropeScaling,
                tieWordEmbeddings,
                bosTokenId,
                eosTokenIds);
    }
}
