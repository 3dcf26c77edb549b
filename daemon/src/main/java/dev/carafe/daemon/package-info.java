@NullMarked
package dev.carafe.daemon;

import org.jspecify.annotations.NullMarked;
