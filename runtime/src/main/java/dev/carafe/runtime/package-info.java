@NullMarked
package dev.carafe.runtime;

import org.jspecify.annotations.NullMarked;
