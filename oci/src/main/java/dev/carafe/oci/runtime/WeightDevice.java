package dev.carafe.oci.runtime;

import java.util.OptionalLong;

/**
 * A block device's own weights ({@code linux.resources.blockIO.weightDevice[]}); at least one is given.
 *
 * @param major 0 to 4095
 * @param minor 0 to 1048575
 * @param weight 0 to 65535
 * @param leafWeight 0 to 65535
 */
public record WeightDevice(long major, long minor, OptionalLong weight, OptionalLong leafWeight) {

    public WeightDevice {
        Rules.range("major", major, 0, Rules.MAJOR);
        Rules.range("minor", minor, 0, Rules.MINOR);
        Rules.range("weight", weight, 0, 0xffff);
        Rules.range("leafWeight", leafWeight, 0, 0xffff);
        if (weight.isEmpty() && leafWeight.isEmpty()) {
            throw Rules.broken("weight", "is missing, and so is leafWeight; one is needed");
        }
    }
}
