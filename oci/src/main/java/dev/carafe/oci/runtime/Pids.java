package dev.carafe.oci.runtime;

import java.util.OptionalLong;

/**
 * The limit on processes and threads ({@code linux.resources.pids}).
 *
 * @param limit -1 for none; 0 is a limit
 */
public record Pids(OptionalLong limit) {

    /** Nothing is set; as good as none given. */
    public static final Pids UNSET = new Pids(OptionalLong.empty());

    public Pids {
        Rules.range("limit", limit, -1, Long.MAX_VALUE);
    }
}
