package dev.cria.eval.perplexity;

/**
 * How well texts were predicted.
 *
 * @param documents texts
 * @param tokens predicted tokens
 * @param words pieces between white space, as Python's {@code re.split(r"\s+", text)} counts them
 * @param bytes length in UTF-8
 * @param logLikelihood Σ ln p of all tokens
 */
public record PerplexityResult(long documents, long tokens, long words, long bytes, double logLikelihood) {
    /** exp(−Σ ln p / words). */
    public double wordPerplexity() {
        return Math.exp(-logLikelihood / words);
    }

    /** exp(−Σ ln p / bytes). */
    public double bytePerplexity() {
        return Math.exp(-logLikelihood / bytes);
    }

    /** −Σ log₂ p / bytes; comparable between tokenizers. */
    public double bitsPerByte() {
        return -logLikelihood / bytes / Math.log(2);
    }

    /** exp(−Σ ln p / tokens); comparable between models with the same tokenizer only. */
    public double tokenPerplexity() {
        return Math.exp(-logLikelihood / tokens);
    }
}
