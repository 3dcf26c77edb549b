package dev.carafe.oci.runtime;

import java.util.List;
import java.util.OptionalLong;

/**
 * A program that the runtime runs at a point of the container's life ({@code hooks.*[]}).
 *
 * @param path absolute
 * @param args all of its arguments, with its name first; if there are none, the runtime passes {@code path}
 * @param env each as in {@code environ(7)}
 * @param timeout seconds, at least 1, after which the runtime ends it
 */
public record Hook(String path, List<String> args, List<String> env, OptionalLong timeout) {

    public Hook {
        Rules.absolute("path", path);
        args = Rules.texts("args", args);
        env = Rules.texts("env", env);
        Rules.range("timeout", timeout, 1, Integer.MAX_VALUE);
    }
}
