package dev.cria.model.convert;

/**
 * How far a conversion is.
 *
 * @param tensor the tensor at hand
 * @param doneBytes bytes of weights that were read
 * @param totalBytes all that will be
 * @param seconds since the first
 */
public record ConversionProgress(String tensor, long doneBytes, long totalBytes, double seconds) {
    /** Bytes of weights read in a second; 0 at first. */
    public double bytesPerSecond() {
        return seconds > 0 ? doneBytes / seconds : 0;
    }

    /** What is left at that speed; infinite at first. */
    public double secondsLeft() {
        return (totalBytes - doneBytes) / bytesPerSecond();
    }
}
