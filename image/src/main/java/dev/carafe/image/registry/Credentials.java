package dev.carafe.image.registry;

/** Who the caller is, for each registry. */
@FunctionalInterface
public interface Credentials {

    /** Nobody anywhere. */
    Credentials NONE = (_, _) -> new Credential.Anonymous();

    /**
     * By what he is known there.
     *
     * @param host of a reference, with its port: {@code docker.io}, and not the machine that answers for it
     * @param path of the repository
     */
    Credential of(String host, String path);
}
