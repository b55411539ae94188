/** What fine-tuning shows: conversations with what is learnt of them, and answers of the model as it learns. */
@NullMarked
package dev.cria.cli.finetune;

import org.jspecify.annotations.NullMarked;
