package dev.carafe.runtime;

import java.util.Optional;
import java.util.function.Function;

/**
 * Who makes the cgroups of new containers. Those that are there go on as they were made.
 *
 * @param systemd whether it is systemd, by a scope for each container, and not Carafe itself
 * @param environment the caller's variables by name, which tell where a user's systemd is
 */
public record CgroupDriver(boolean systemd, Function<String, Optional<String>> environment) {

    /** Carafe itself; and nobody has a systemd of his own. */
    public static final CgroupDriver FILES = new CgroupDriver(false, name -> Optional.empty());
}
