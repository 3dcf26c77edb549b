package dev.carafe.oci.runtime;

/**
 * The container's root file system ({@code root}).
 *
 * @param path absolute, or relative to the bundle
 */
public record Root(String path, boolean readonly) {

    public Root {
        Rules.some("path", path);
    }
}
