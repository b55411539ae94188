/** What every module needs: errors a user can act on, durable files, bounded reading. */
@NullMarked
package dev.cria.base;

import org.jspecify.annotations.NullMarked;
