/** The {@code cria} command: one class a subcommand over the other modules' APIs, and the one place that turns errors into sentences. */
@NullMarked
package dev.cria.cli;

import org.jspecify.annotations.NullMarked;
