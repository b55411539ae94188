/** Training of LoRA adapters (arXiv 2106.09685) on weights that stay as they are. */
@NullMarked
package dev.cria.model.lora;

import org.jspecify.annotations.NullMarked;
