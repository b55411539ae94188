/** Rows of benchmark data, from JSON lines, Parquet and prompt files: every value in its place, or an error with file and line. */
@NullMarked
package dev.cria.eval.rows;

import org.jspecify.annotations.NullMarked;
