/** GGUF, the format of llama.cpp: reading it mapped, writing it, and a Llama in it. */
@NullMarked
package dev.cria.model.gguf;

import org.jspecify.annotations.NullMarked;
