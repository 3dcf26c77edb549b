package dev.carafe.linux.cgroup;

import static dev.carafe.linux.cgroup.Controller.first;
import static dev.carafe.linux.cgroup.Controller.when;

import java.util.List;
import java.util.Optional;

/**
 * Traffic to and from block devices: {@code blkio} under v1, {@code io} under v2.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html">Block IO Controller</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#io">cgroup v2, IO</a>
 */
final class BlockIoController implements Controller {

    @Override
    public String v1() {
        return "blkio";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("io");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        Resources.BlockIo io = resources.blockIo();
        return first(
                when(io.weight().isPresent(), "blockIO.weight"),
                when(io.leafWeight().isPresent(), "blockIO.leafWeight"),
                when(!io.weights().isEmpty(), "blockIO.weightDevice"),
                when(!io.readBytes().isEmpty(), "blockIO.throttleReadBpsDevice"),
                when(!io.writeBytes().isEmpty(), "blockIO.throttleWriteBpsDevice"),
                when(!io.readOperations().isEmpty(), "blockIO.throttleReadIOPSDevice"),
                when(!io.writeOperations().isEmpty(), "blockIO.throttleWriteIOPSDevice"));
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        Resources.BlockIo io = resources.blockIo();
        if (io.weight().isPresent()) {
            directory.write(
                    either(directory, "blkio.bfq.weight", "blkio.weight"),
                    io.weight().getAsInt());
        }
        if (io.leafWeight().isPresent()) {
            directory.write("blkio.leaf_weight", io.leafWeight().getAsInt());
        }
        for (Resources.BlockIo.Weight weight : io.weights()) {
            String device = Resources.device(weight.major(), weight.minor());
            if (weight.weight().isPresent()) {
                directory.write(
                        either(directory, "blkio.bfq.weight_device", "blkio.weight_device"),
                        device + " " + weight.weight().getAsInt());
            }
            if (weight.leafWeight().isPresent()) {
                directory.write(
                        "blkio.leaf_weight_device",
                        device + " " + weight.leafWeight().getAsInt());
            }
        }
        throttleV1(directory, "blkio.throttle.read_bps_device", io.readBytes());
        throttleV1(directory, "blkio.throttle.write_bps_device", io.writeBytes());
        throttleV1(directory, "blkio.throttle.read_iops_device", io.readOperations());
        throttleV1(directory, "blkio.throttle.write_iops_device", io.writeOperations());
    }

    private static void throttleV1(Directory directory, String file, List<Resources.BlockIo.Throttle> throttles) {
        for (Resources.BlockIo.Throttle throttle : throttles) {
            directory.write(file, Resources.device(throttle.major(), throttle.minor()) + " " + throttle.rate());
        }
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        Resources.BlockIo io = resources.blockIo();
        if (io.leafWeight().isPresent()) {
            throw Controller.lacking("blockIO.leafWeight", "v2");
        }
        boolean weighs = io.weight().isPresent() || !io.weights().isEmpty();
        boolean bfq = weighs && directory.has("io.bfq.weight");
        String file = bfq ? "io.bfq.weight" : "io.weight";
        if (io.weight().isPresent()) {
            directory.write(file, scale(io.weight().getAsInt(), bfq));
        }
        for (Resources.BlockIo.Weight weight : io.weights()) {
            if (weight.leafWeight().isPresent()) {
                throw Controller.lacking("blockIO.weightDevice.leafWeight", "v2");
            }
            if (weight.weight().isPresent()) {
                directory.write(
                        file,
                        Resources.device(weight.major(), weight.minor()) + " "
                                + scale(weight.weight().getAsInt(), bfq));
            }
        }
        throttleV2(directory, "rbps", io.readBytes());
        throttleV2(directory, "wbps", io.writeBytes());
        throttleV2(directory, "riops", io.readOperations());
        throttleV2(directory, "wiops", io.writeOperations());
    }

    private static void throttleV2(Directory directory, String key, List<Resources.BlockIo.Throttle> throttles) {
        for (Resources.BlockIo.Throttle throttle : throttles) {
            directory.write(
                    "io.max",
                    Resources.device(throttle.major(), throttle.minor()) + " " + key + "="
                            + (throttle.rate() == 0 ? "max" : Long.toUnsignedString(throttle.rate())));
        }
    }

    private static String either(Directory directory, String first, String second) {
        return directory.has(first) ? first : second;
    }

    /** BFQ counts as v1 does; {@code io.weight} from 1 to 10000. */
    private static long scale(int weight, boolean bfq) {
        return bfq ? weight : weight(weight);
    }

    /** v2's weight for v1's: a straight line from 10 to 1 and from 1000 to 10000. */
    static long weight(int weight) {
        return 1 + (weight - 10) * 9999L / 990;
    }
}
