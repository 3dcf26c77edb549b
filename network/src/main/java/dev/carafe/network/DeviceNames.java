package dev.carafe.network;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * What the devices of an installation are called: {@code carafe0} for the machine's own, and for one with other folders a
 * name that follows from them, so that no two meet.
 */
final class DeviceNames {

    private static final String MACHINES_DATA = "/var/lib/carafe";
    private static final String MACHINES_STATE = "/run/carafe";
    private static final String MACHINES = "carafe0";
    private static final String PREFIX = "cf";

    private final SplittableRandom random = new SplittableRandom();

    /** The switch of the default network. */
    static String bridge(Path data, Path state) {
        if (data.equals(Path.of(MACHINES_DATA)) && state.equals(Path.of(MACHINES_STATE))) {
            return MACHINES;
        }
        // 32 bits of FNV-1a: not for safety, and a hash that is may cost more to load than all the rest.
        int hash = 0x811c9dc5;
        for (byte b : (data + "\0" + state).getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x01000193;
        }
        return PREFIX + hex((hash >>> 8) ^ (hash & 0xff));
    }

    /** What the names of the devices that are plugged into a switch begin with. */
    static String prefix(String bridge) {
        return bridge + "-";
    }

    /** A new name for a device that is plugged into a switch. */
    String port(String bridge) {
        return prefix(bridge) + hex(random.nextInt(1 << (Integer.SIZE - Byte.SIZE)));
    }

    /** Six digits. */
    private static String hex(int number) {
        return HexFormat.of().toHexDigits(number, 6);
    }
}
