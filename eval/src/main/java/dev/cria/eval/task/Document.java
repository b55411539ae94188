package dev.cria.eval.task;

import dev.cria.eval.rows.Row;

/**
 * A row that is asked, or serves as an example.
 *
 * @param number its place in the data, from 0
 */
record Document(int number, Row row) {}
