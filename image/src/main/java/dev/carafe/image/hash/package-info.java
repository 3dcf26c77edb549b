/**
 * Hashes of much content, fast.
 *
 * <p>The JDK's own code for SHA-2 needs its optimising compiler to reach what the processor's instructions give: without
 * it, as Carafe starts Java, it is ten times slower. OpenSSL's is as fast from the first byte on.
 */
@NullMarked
package dev.carafe.image.hash;

import org.jspecify.annotations.NullMarked;
