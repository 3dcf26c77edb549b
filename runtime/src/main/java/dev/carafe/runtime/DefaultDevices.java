package dev.carafe.runtime;

import dev.carafe.oci.runtime.Device;
import java.util.List;
import java.util.OptionalLong;

/** The devices that every container has (config-linux.md, "Default Devices"). */
final class DefaultDevices {

    static final List<Device> NODES = List.of(
            node("/dev/null", 1, 3),
            node("/dev/zero", 1, 5),
            node("/dev/full", 1, 7),
            node("/dev/random", 1, 8),
            node("/dev/urandom", 1, 9),
            node("/dev/tty", 5, 0));

    private DefaultDevices() {}

    private static Device node(String path, long major, long minor) {
        return new Device(
                Device.Type.CHARACTER,
                path,
                major,
                minor,
                OptionalLong.of(0666),
                OptionalLong.empty(),
                OptionalLong.empty());
    }
}
