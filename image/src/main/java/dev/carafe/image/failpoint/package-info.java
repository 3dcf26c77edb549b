/** Where tests may have the process end, stop or fail. */
@NullMarked
package dev.carafe.image.failpoint;

import org.jspecify.annotations.NullMarked;
