package dev.cria.text;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Lends encoders to threads. A few are kept, chosen by the thread's number, so that a thread usually meets its own warm cache; where
 * the place is empty a new one is made, so nobody ever waits, and memory stays bounded however many (virtual) threads come.
 */
final class EncoderPool {
    private final BpeModel model;
    private final AtomicReferenceArray<BpeEncoder> idle;

    EncoderPool(BpeModel model) {
        this.model = model;
        int places = Integer.highestOneBit(Math.max(1, 2 * Runtime.getRuntime().availableProcessors() - 1)) * 2;
        idle = new AtomicReferenceArray<>(Math.min(places, 64));
    }

    /** An encoder that belongs to the caller until {@link #giveBack}. */
    BpeEncoder take() {
        BpeEncoder encoder = idle.getAndSet(place(), null);
        return encoder != null ? encoder : new BpeEncoder(model);
    }

    void giveBack(BpeEncoder encoder) {
        idle.set(place(), encoder);
    }

    private int place() {
        return (int) Thread.currentThread().threadId() & (idle.length() - 1);
    }
}
