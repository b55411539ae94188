/** What a base model raised by quickstart is taught next: to answer in a format it did not know, and then in one of two styles. */
@NullMarked
package dev.cria.cli.lesson;

import org.jspecify.annotations.NullMarked;
