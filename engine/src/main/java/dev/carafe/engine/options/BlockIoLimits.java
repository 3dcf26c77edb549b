package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Traffic with disks.
 *
 * @param weight 10 to 1000, against others'
 * @param weights of single devices, 10 to 1000
 * @param readBytes bytes a second of single devices, as the following
 * @param readOperations operations a second
 */
public record BlockIoLimits(
        OptionalLong weight,
        List<DeviceRate> weights,
        List<DeviceRate> readBytes,
        List<DeviceRate> writeBytes,
        List<DeviceRate> readOperations,
        List<DeviceRate> writeOperations) {

    public static final BlockIoLimits NONE =
            new BlockIoLimits(OptionalLong.empty(), List.of(), List.of(), List.of(), List.of(), List.of());

    /**
     * A number for a device.
     *
     * @param device the absolute path of a block device of the machine's
     * @param rate at least 1
     */
    public record DeviceRate(String device, long rate) {

        public DeviceRate {
            device = Rules.clean("device", device);
            Rules.range("rate", rate, 1, Long.MAX_VALUE);
        }
    }

    private static final int LEAST = 10;
    private static final int MOST = 1000;

    public BlockIoLimits {
        Rules.range("weight", weight, LEAST, MOST);
        weights = List.copyOf(weights);
        for (DeviceRate it : weights) {
            Rules.range("weights", it.rate(), LEAST, MOST);
        }
        readBytes = List.copyOf(readBytes);
        writeBytes = List.copyOf(writeBytes);
        readOperations = List.copyOf(readOperations);
        writeOperations = List.copyOf(writeOperations);
    }

    void write(JsonWriter out) {
        out.put("weight", weight);
        write(out, "weights", weights);
        write(out, "readBytes", readBytes);
        write(out, "writeBytes", writeBytes);
        write(out, "readOperations", readOperations);
        write(out, "writeOperations", writeOperations);
    }

    private static void write(JsonWriter out, String name, List<DeviceRate> rates) {
        if (!rates.isEmpty()) {
            out.array(name);
            rates.forEach(it -> out.object()
                    .put("device", it.device())
                    .put("rate", it.rate())
                    .end());
            out.end();
        }
    }

    static BlockIoLimits read(JsonCursor in) {
        return new BlockIoLimits(
                in.optionalInteger("weight", INT64),
                rates(in, "weights"),
                rates(in, "readBytes"),
                rates(in, "writeBytes"),
                rates(in, "readOperations"),
                rates(in, "writeOperations"));
    }

    private static List<DeviceRate> rates(JsonCursor in, String name) {
        List<DeviceRate> rates = new ArrayList<>();
        for (boolean more = in.first(name); more; more = in.next()) {
            rates.add(new DeviceRate(in.text("device"), in.integer("rate", INT64)));
        }
        return rates;
    }
}
