/** Reading the logs that monitors write. */
@NullMarked
package dev.carafe.engine.log;

import org.jspecify.annotations.NullMarked;
