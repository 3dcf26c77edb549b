package dev.carafe.oci.runtime;

/**
 * A block device's limit ({@code linux.resources.blockIO.throttle*Device[]}).
 *
 * @param major 0 to 4095
 * @param minor 0 to 1048575
 * @param rate unsigned; bytes or operations in a second
 */
public record ThrottleDevice(long major, long minor, long rate) {

    public ThrottleDevice {
        Rules.range("major", major, 0, Rules.MAJOR);
        Rules.range("minor", minor, 0, Rules.MINOR);
    }
}
