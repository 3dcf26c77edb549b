/** What goes wrong with images, in the words that people are told. */
@NullMarked
package dev.carafe.image.error;

import org.jspecify.annotations.NullMarked;
