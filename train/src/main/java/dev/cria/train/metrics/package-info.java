/** What a run tells about itself: metrics.jsonl, TensorBoard event files, the picture of its curves. */
@NullMarked
package dev.cria.train.metrics;

import org.jspecify.annotations.NullMarked;
