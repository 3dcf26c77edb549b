/**
 * What an instance is asked to be: {@link dev.carafe.engine.options.InstanceOptions} and its parts, apart from how any
 * door words it.
 *
 * <p>Each part is valid by construction. What is wrong with one is an {@link dev.carafe.oci.InvalidDocumentException}
 * whose key names the concept, such as {@code limits.memory.limit}. Each is written to and read from JSON; a member that
 * is absent has its default.
 */
@NullMarked
package dev.carafe.engine.options;

import org.jspecify.annotations.NullMarked;
