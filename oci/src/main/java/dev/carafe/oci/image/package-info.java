/**
 * The <a href="https://github.com/opencontainers/image-spec/tree/v1.1.1">OCI image specification</a> 1.1, Docker's older
 * forms of the same ({@code application/vnd.docker.…}, manifest v2 schema 2), and the names that images have in
 * registries ({@code docker.io/library/alpine:3.22@sha256:…}).
 *
 * <p>Documents keep the bytes that they were read from, as these are what a digest is about; records keep members that
 * they do not know. A document that two readers could understand in two ways is refused (CVE-2021-41190).
 */
@NullMarked
package dev.carafe.oci.image;

import org.jspecify.annotations.NullMarked;
