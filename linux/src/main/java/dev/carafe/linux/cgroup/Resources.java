package dev.carafe.linux.cgroup;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a cgroup may use. What is empty stays as it is, and so does a limit of 0 where its description does not say that
 * 0 is a limit of its own: OCI's runtimes read it so.
 *
 * @param pids how many tasks; 0 is a limit, a negative number is none
 * @param rdma limits by device name
 * @param devices which devices may be used, all rules in order; empty leaves the rules as they are
 * @param unified v2 control files and what to write to each, a line at a time; v1 refuses any
 * @see <a href="https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#control-groups">OCI runtime
 *     specification, control groups</a>
 */
public record Resources(
        Memory memory,
        Cpu cpu,
        OptionalLong pids,
        BlockIo blockIo,
        List<HugePages> hugePages,
        Network network,
        Map<String, Rdma> rdma,
        List<DeviceRule> devices,
        Map<String, String> unified) {

    /** Asks for nothing. */
    public static final Resources NONE = new Resources(
            Memory.NONE,
            Cpu.NONE,
            OptionalLong.empty(),
            BlockIo.NONE,
            List.of(),
            Network.NONE,
            Map.of(),
            List.of(),
            Map.of());

    public Resources {
        hugePages = List.copyOf(hugePages);
        rdma = Map.copyOf(rdma);
        devices = List.copyOf(devices);
        unified = Map.copyOf(unified);
        for (String device : rdma.keySet()) {
            word("rdma device", device);
        }
        for (String file : unified.keySet()) {
            if (file.indexOf('/') >= 0 || file.indexOf('\0') >= 0 || file.indexOf('.') <= 0) {
                throw CgroupException.invalid(
                        "the unified resource \"" + file + "\" has no name of the form CONTROLLER.PARAMETER");
            }
        }
    }

    public Resources with(Memory other) {
        return new Resources(other, cpu, pids, blockIo, hugePages, network, rdma, devices, unified);
    }

    public Resources with(Cpu other) {
        return new Resources(memory, other, pids, blockIo, hugePages, network, rdma, devices, unified);
    }

    public Resources with(BlockIo other) {
        return new Resources(memory, cpu, pids, other, hugePages, network, rdma, devices, unified);
    }

    public Resources with(Network other) {
        return new Resources(memory, cpu, pids, blockIo, hugePages, other, rdma, devices, unified);
    }

    public Resources withPids(long limit) {
        return new Resources(memory, cpu, OptionalLong.of(limit), blockIo, hugePages, network, rdma, devices, unified);
    }

    public Resources withHugePages(List<HugePages> other) {
        return new Resources(memory, cpu, pids, blockIo, other, network, rdma, devices, unified);
    }

    public Resources withRdma(Map<String, Rdma> other) {
        return new Resources(memory, cpu, pids, blockIo, hugePages, network, other, devices, unified);
    }

    public Resources withDevices(List<DeviceRule> other) {
        return new Resources(memory, cpu, pids, blockIo, hugePages, network, rdma, other, unified);
    }

    public Resources withUnified(Map<String, String> other) {
        return new Resources(memory, cpu, pids, blockIo, hugePages, network, rdma, devices, other);
    }

    /**
     * Memory, in bytes; -1 takes a limit away.
     *
     * @param limit what its processes may use
     * @param reservation what the kernel tries to leave it when memory is scarce (v2), or to push it back to (v1)
     * @param swap memory and swap together, no less than {@code limit}
     * @param kernel kernel memory; kernels since 5.16 refuse it
     * @param kernelTcp socket buffers; v1 only
     * @param swappiness how readily the kernel swaps, 0 to 100, 0 being a value of its own; v1 only
     * @param disableOomKiller whether a task that finds no memory waits rather than die; v1 only
     * @param useHierarchy whether descendants count, which the kernel now insists on
     * @param checkBeforeUpdate whether a limit below the present usage is refused, as v1 always does
     */
    public record Memory(
            OptionalLong limit,
            OptionalLong reservation,
            OptionalLong swap,
            OptionalLong kernel,
            OptionalLong kernelTcp,
            OptionalLong swappiness,
            Optional<Boolean> disableOomKiller,
            Optional<Boolean> useHierarchy,
            boolean checkBeforeUpdate) {

        public static final Memory NONE = new Memory(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                false);

        /**
         * Checks the values.
         *
         * @throws CgroupException if one is out of its range
         */
        public Memory {
            limit = bytes("memory.limit", limit);
            reservation = bytes("memory.reservation", reservation);
            swap = bytes("memory.swap", swap);
            kernel = bytes("memory.kernel", kernel);
            kernelTcp = bytes("memory.kernelTCP", kernelTcp);
            swappiness = swappiness.orElse(-1) == -1 ? OptionalLong.empty() : swappiness;
            range("memory.swappiness", swappiness, 0, 100);
            if (limit.orElse(-1) > 0 && swap.orElse(-1) > 0 && swap.getAsLong() < limit.getAsLong()) {
                throw CgroupException.invalid("memory.swap is memory and swap together, and so " + swap.getAsLong()
                        + " must not be below memory.limit, " + limit.getAsLong());
            }
        }
    }

    /**
     * Processor time; periods, quotas and run times are microseconds.
     *
     * @param shares weight against siblings, 2 to 262144, where 1024 is usual
     * @param quota time per period for all its tasks together, negative for no bound
     * @param burst unused time that it may save up; 0 is a value of its own
     * @param period 1000 to 1000000
     * @param realtimeRuntime time per period for real-time tasks; v1 only
     * @param realtimePeriod v1 only
     * @param cpus which processors, as {@code 0-3,7}; empty text for unchanged
     * @param mems which memory nodes, likewise
     * @param idle 1 for {@code SCHED_IDLE}, 0 for not
     */
    public record Cpu(
            OptionalLong shares,
            OptionalLong quota,
            OptionalLong burst,
            OptionalLong period,
            OptionalLong realtimeRuntime,
            OptionalLong realtimePeriod,
            String cpus,
            String mems,
            OptionalLong idle) {

        public static final Cpu NONE = new Cpu(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.empty());

        /**
         * Checks the values.
         *
         * @throws CgroupException if one is out of its range
         */
        public Cpu {
            shares = unlessZero(shares);
            quota = unlessZero(quota);
            period = unlessZero(period);
            realtimeRuntime = unlessZero(realtimeRuntime);
            realtimePeriod = unlessZero(realtimePeriod);
            range("cpu.shares", shares, 1, Long.MAX_VALUE);
            range("cpu.burst", burst, 0, Long.MAX_VALUE);
            range("cpu.period", period, 1, Long.MAX_VALUE);
            range("cpu.realtimePeriod", realtimePeriod, 1, Long.MAX_VALUE);
        }

        /** With a quota that is given for a period that is not, but known. */
        public Cpu withPeriod(long other) {
            return new Cpu(
                    shares, quota, burst, OptionalLong.of(other), realtimeRuntime, realtimePeriod, cpus, mems, idle);
        }

        Cpu withQuota(long other) {
            return new Cpu(
                    shares, OptionalLong.of(other), burst, period, realtimeRuntime, realtimePeriod, cpus, mems, idle);
        }
    }

    /**
     * Traffic to and from block devices.
     *
     * @param weight against siblings, 10 to 1000
     * @param leafWeight against child cgroups, 10 to 1000; kernels since 5.0 lack it
     * @param readBytes bytes a second
     * @param writeBytes bytes a second
     * @param readOperations operations a second
     * @param writeOperations operations a second
     */
    public record BlockIo(
            OptionalInt weight,
            OptionalInt leafWeight,
            List<Weight> weights,
            List<Throttle> readBytes,
            List<Throttle> writeBytes,
            List<Throttle> readOperations,
            List<Throttle> writeOperations) {

        public static final BlockIo NONE = new BlockIo(
                OptionalInt.empty(), OptionalInt.empty(), List.of(), List.of(), List.of(), List.of(), List.of());

        /** A weight for one device, 10 to 1000 each. */
        public record Weight(long major, long minor, OptionalInt weight, OptionalInt leafWeight) {

            public Weight {
                weight = checked("blockIO.weightDevice.weight", weight);
                leafWeight = checked("blockIO.weightDevice.leafWeight", leafWeight);
            }
        }

        /** An upper bound for one device; a {@code rate} of 0 takes it away. */
        public record Throttle(long major, long minor, long rate) {}

        /**
         * Checks the weights.
         *
         * @throws CgroupException if one is out of its range
         */
        public BlockIo {
            weight = checked("blockIO.weight", weight);
            leafWeight = checked("blockIO.leafWeight", leafWeight);
            weights = List.copyOf(weights);
            readBytes = List.copyOf(readBytes);
            writeBytes = List.copyOf(writeBytes);
            readOperations = List.copyOf(readOperations);
            writeOperations = List.copyOf(writeOperations);
        }

        private static OptionalInt checked(String name, OptionalInt weight) {
            int value = weight.orElse(0);
            if (value == 0) {
                return OptionalInt.empty();
            }
            if (value < 10 || value > 1000) {
                throw CgroupException.invalid(name + " is " + value + " and must be from 10 to 1000");
            }
            return weight;
        }
    }

    /**
     * How much memory may be in huge pages of one size.
     *
     * @param pageSize as the kernel writes it: {@code 64KB}, {@code 2MB}, {@code 1GB}
     * @param limit in bytes, 0 being a limit; unsigned
     */
    public record HugePages(String pageSize, long limit) {

        /**
         * Checks the page size.
         *
         * @throws CgroupException if it is none
         */
        public HugePages {
            int digits = pageSize.length() - 2;
            boolean right = digits > 0 && pageSize.endsWith("B") && "KMG".indexOf(pageSize.charAt(digits)) >= 0;
            for (int i = 0; right && i < digits; i++) {
                right = Character.isDigit(pageSize.charAt(i));
            }
            if (!right) {
                throw CgroupException.invalid("\"" + pageSize + "\" is no size of huge pages: use 64KB, 2MB, 1GB ...");
            }
        }
    }

    /**
     * Marks on network packets; v1 only.
     *
     * @param classId what {@code net_cls} tags packets with
     * @param priorities by interface
     */
    public record Network(OptionalLong classId, Map<String, Long> priorities) {

        public static final Network NONE = new Network(OptionalLong.empty(), Map.of());

        public Network {
            classId = unlessZero(classId);
            priorities = Map.copyOf(priorities);
            range("network.classID", classId, 1, 0xffff_ffffL);
            for (String name : priorities.keySet()) {
                word("network interface", name);
            }
        }
    }

    /** What may be open on an RDMA device: handles and objects, 0 being a limit. */
    public record Rdma(OptionalLong hcaHandles, OptionalLong hcaObjects) {}

    static String device(long major, long minor) {
        return major + ":" + minor;
    }

    private static OptionalLong bytes(String name, OptionalLong value) {
        range(name, value, -1, Long.MAX_VALUE);
        return unlessZero(value);
    }

    private static OptionalLong unlessZero(OptionalLong value) {
        return value.orElse(0) == 0 ? OptionalLong.empty() : value;
    }

    private static void range(String name, OptionalLong value, long least, long most) {
        if (value.isPresent() && (value.getAsLong() < least || value.getAsLong() > most)) {
            throw CgroupException.invalid(name + " is " + value.getAsLong() + " and must be "
                    + (most == Long.MAX_VALUE ? least + " or more" : "from " + least + " to " + most));
        }
    }

    private static void word(String what, String name) {
        boolean right = !name.isEmpty();
        for (int i = 0; right && i < name.length(); i++) {
            right = name.charAt(i) > ' ';
        }
        if (!right) {
            throw CgroupException.invalid("\"" + name + "\" is no name of a " + what);
        }
    }
}
