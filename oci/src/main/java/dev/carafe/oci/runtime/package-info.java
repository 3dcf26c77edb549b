/**
 * The <a href="https://github.com/opencontainers/runtime-spec/tree/v1.3.0">OCI runtime specification</a> 1.3.0 for
 * Linux: {@code config.json} and the container's state.
 *
 * <p>Records carry the specification's names in camel case and are valid by construction: a constructor refuses what
 * breaks a rule of the specification or could never work, with an
 * {@link dev.carafe.oci.InvalidDocumentException} whose key is relative to the record. An absent optional value is an
 * empty {@code Optional}, {@code OptionalLong} or collection; absent and empty are told apart only where the
 * specification gives them different meanings. Collections cannot be modified and keep the document's order. Numbers
 * of the type {@code uint64} are {@code long}s to be read as unsigned.
 */
@NullMarked
package dev.carafe.oci.runtime;

import org.jspecify.annotations.NullMarked;
