/** What a person looks at while waiting: the live line on stderr. Knows numbers and text; knows nothing of models. */
@NullMarked
package dev.cria.cli.terminal;

import org.jspecify.annotations.NullMarked;
