/**
 * The OCI specifications as records, and the strict JSON that they are read from and written to.
 *
 * <p>{@link dev.carafe.oci.Json} is the text's value, {@link dev.carafe.oci.JsonCursor} reads records from it and
 * {@link dev.carafe.oci.JsonWriter} writes them. Whatever is wrong with a document is one
 * {@link dev.carafe.oci.InvalidDocumentException} with a one-line message that names the key.
 */
@NullMarked
package dev.carafe.oci;

import org.jspecify.annotations.NullMarked;
