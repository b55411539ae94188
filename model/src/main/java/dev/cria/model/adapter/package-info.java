/** LoRA adapters (arXiv 2106.09685) as peft keeps them: read, checked, written, merged into their base, or put on it while it runs. */
@NullMarked
package dev.cria.model.adapter;

import org.jspecify.annotations.NullMarked;
