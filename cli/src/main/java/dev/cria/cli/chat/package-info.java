/**
 * A conversation with a model: what was said, what of it the model is shown, the commands, and the ways in and out. Only
 * {@link dev.cria.cli.chat.TerminalChat} knows a terminal; the rest is told what was typed and hands out text.
 */
@NullMarked
package dev.cria.cli.chat;

import org.jspecify.annotations.NullMarked;
