/** YAML that people write: trees that know their lines, and sections in which every key and value is checked. */
@NullMarked
package dev.cria.base.yaml;

import org.jspecify.annotations.NullMarked;
