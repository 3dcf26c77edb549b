/** Reads picocli's annotations while the commands are compiled, as reading them at each call takes longer than the call. */
@NullMarked
package dev.carafe.codegen;

import org.jspecify.annotations.NullMarked;
