package dev.cria.data;

/** Hears how a preparation goes on, about five times a second and once at its end, on the thread that runs it. */
@FunctionalInterface
public interface ProgressListener {
    void onProgress(PrepareProgress progress);
}
