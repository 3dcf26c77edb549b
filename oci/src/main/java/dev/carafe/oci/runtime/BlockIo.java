package dev.carafe.oci.runtime;

import java.util.List;
import java.util.OptionalLong;

/**
 * Weights and limits of block I/O ({@code linux.resources.blockIO}).
 *
 * @param weight 0 to 65535
 * @param leafWeight 0 to 65535
 */
public record BlockIo(
        OptionalLong weight,
        OptionalLong leafWeight,
        List<WeightDevice> weightDevice,
        List<ThrottleDevice> throttleReadBpsDevice,
        List<ThrottleDevice> throttleWriteBpsDevice,
        List<ThrottleDevice> throttleReadIopsDevice,
        List<ThrottleDevice> throttleWriteIopsDevice) {

    /** Nothing is set; as good as none given. */
    public static final BlockIo UNSET = new BlockIo(
            OptionalLong.empty(), OptionalLong.empty(), List.of(), List.of(), List.of(), List.of(), List.of());

    public BlockIo {
        Rules.range("weight", weight, 0, 0xffff);
        Rules.range("leafWeight", leafWeight, 0, 0xffff);
        weightDevice = List.copyOf(weightDevice);
        throttleReadBpsDevice = List.copyOf(throttleReadBpsDevice);
        throttleWriteBpsDevice = List.copyOf(throttleWriteBpsDevice);
        throttleReadIopsDevice = List.copyOf(throttleReadIopsDevice);
        throttleWriteIopsDevice = List.copyOf(throttleWriteIopsDevice);
    }
}
