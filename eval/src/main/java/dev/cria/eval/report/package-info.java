/** What an evaluation found, for people and for other programs: tables, JSON, a page, the metadata of a model card. Computes no score. */
@NullMarked
package dev.cria.eval.report;

import org.jspecify.annotations.NullMarked;
