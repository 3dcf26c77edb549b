/** The plan: what Java decides and C executes, as a value that can be written, printed and compared. */
@NullMarked
package dev.carafe.runtime.plan;

import org.jspecify.annotations.NullMarked;
