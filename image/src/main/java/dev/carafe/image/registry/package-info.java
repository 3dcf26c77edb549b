/**
 * Images in registries: the <a href="https://github.com/opencontainers/distribution-spec/tree/v1.1.1">OCI distribution
 * specification</a> 1.1, as a client.
 *
 * <p>{@link dev.carafe.image.registry.Registries} is the entry. Beneath it, one layer each: {@code Wire} makes one
 * request and never waits for ever, {@code Redirects} follows to other places, {@code Authorizer} answers challenges,
 * {@code Retries} tries again what may work later. Whatever is above them asks and gets an answer.
 *
 * <p>A registry is not trusted: everything read from it is bounded, in bytes and in time, and compared with its digest
 * by whoever knows it. Credentials go to the host that they are for and to nobody else.
 */
@NullMarked
package dev.carafe.image.registry;

import org.jspecify.annotations.NullMarked;
