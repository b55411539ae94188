/** The first thing a newcomer does: a small Llama raised from plain text in a few minutes, stage by stage. */
@NullMarked
package dev.cria.cli.quickstart;

import org.jspecify.annotations.NullMarked;
