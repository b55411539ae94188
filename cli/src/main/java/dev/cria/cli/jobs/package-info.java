/** The long jobs, each with its live line: training a tokenizer, preparing data, pretraining. */
@NullMarked
package dev.cria.cli.jobs;

import org.jspecify.annotations.NullMarked;
