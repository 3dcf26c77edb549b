package dev.carafe.linux.cgroup;

import static dev.carafe.linux.cgroup.Controller.first;
import static dev.carafe.linux.cgroup.Controller.when;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Processor time.
 *
 * @see <a href="https://docs.kernel.org/scheduler/sched-bwc.html">CFS Bandwidth Control</a>
 * @see <a href="https://docs.kernel.org/scheduler/sched-rt-group.html">Real-Time group scheduling</a>
 */
final class CpuController implements Controller {

    private static final long USUAL_PERIOD = 100_000;

    @Override
    public String v1() {
        return "cpu";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("cpu");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        Resources.Cpu cpu = resources.cpu();
        return first(
                when(cpu.shares().isPresent(), "cpu.shares"),
                when(cpu.quota().isPresent(), "cpu.quota"),
                when(cpu.period().isPresent(), "cpu.period"),
                when(cpu.burst().isPresent(), "cpu.burst"),
                realtime(cpu),
                when(cpu.idle().isPresent(), "cpu.idle"));
    }

    private static String realtime(Resources.Cpu cpu) {
        String period = when(cpu.realtimePeriod().isPresent(), "cpu.realtimePeriod");
        return cpu.realtimeRuntime().isPresent() ? "cpu.realtimeRuntime" : period;
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        Resources.Cpu cpu = resources.cpu();
        // The kernel checks a period against the time that goes with it, and refuses whichever comes too early.
        writePair(directory, "cpu.rt_period_us", cpu.realtimePeriod(), "cpu.rt_runtime_us", cpu.realtimeRuntime());
        boolean idle = leaveIdle(directory, cpu);
        if (cpu.shares().isPresent()) {
            long shares = cpu.shares().getAsLong();
            directory.write("cpu.shares", shares);
            long taken = directory.number("cpu.shares").orElse(shares);
            if (taken != shares) {
                throw CgroupException.invalid("cpu.shares is " + shares + ", and the kernel's "
                        + (taken < shares ? "maximum" : "minimum") + " is " + taken);
            }
        }
        boolean burstLater = early(directory, "cpu.cfs_burst_us", cpu.burst(), cpu.quota());
        writePair(directory, "cpu.cfs_period_us", cpu.period(), "cpu.cfs_quota_us", cpu.quota());
        if (burstLater) {
            directory.write("cpu.cfs_burst_us", cpu.burst().getAsLong());
        }
        if (idle) {
            directory.write("cpu.idle", 1);
        }
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        Resources.Cpu cpu = resources.cpu();
        if (!realtime(cpu).isEmpty()) {
            throw Controller.lacking(realtime(cpu), "v2");
        }
        boolean idle = leaveIdle(directory, cpu);
        if (cpu.shares().isPresent()) {
            directory.write("cpu.weight", weight(cpu.shares().getAsLong()));
        }
        boolean burstLater = early(directory, "cpu.max.burst", cpu.burst(), cpu.quota());
        if (cpu.quota().isPresent() || cpu.period().isPresent()) {
            directory.write("cpu.max", max(directory, cpu));
        }
        if (burstLater) {
            directory.write("cpu.max.burst", cpu.burst().getAsLong());
        }
        if (idle) {
            directory.write("cpu.idle", 1);
        }
    }

    /** An idle cgroup has no weight to set: leaving comes before, and becoming one after. */
    private static boolean leaveIdle(Directory directory, Resources.Cpu cpu) {
        if (cpu.idle().isEmpty()) {
            return false;
        }
        if (cpu.idle().getAsLong() == 1) {
            return true;
        }
        directory.write("cpu.idle", cpu.idle().getAsLong());
        return false;
    }

    /** Writes a value; if it does not fit the present quota, and another is to come, tells to write it again. */
    private static boolean early(Directory directory, String file, OptionalLong value, OptionalLong quota) {
        if (value.isEmpty()) {
            return false;
        }
        String text = Long.toString(value.getAsLong());
        Optional<SystemCallException> refused = directory.attempt(file, text);
        if (refused.isEmpty()) {
            return false;
        }
        if (refused.get().errno() == Errno.EINVAL && quota.isPresent()) {
            return true;
        }
        throw directory.refusal(file, text, refused.get());
    }

    private static void writePair(
            Directory directory, String periodFile, OptionalLong period, String timeFile, OptionalLong time) {
        boolean periodLater = early(directory, periodFile, period, time);
        if (time.isPresent()) {
            directory.write(timeFile, time.getAsLong());
        }
        if (periodLater) {
            directory.write(periodFile, period.getAsLong());
        }
    }

    /** {@code quota period}, each as it is where nothing else is asked. */
    private static String max(Directory directory, Resources.Cpu cpu) {
        String now = directory.readIfPresent("cpu.max").orElse("max " + USUAL_PERIOD);
        int blank = now.indexOf(' ');
        String quota = blank < 0 ? "max" : now.substring(0, blank);
        if (cpu.quota().isPresent()) {
            quota = cpu.quota().getAsLong() < 0
                    ? "max"
                    : Long.toString(cpu.quota().getAsLong());
        }
        String period = blank < 0 ? Long.toString(USUAL_PERIOD) : now.substring(blank + 1);
        return quota + " "
                + (cpu.period().isPresent() ? Long.toString(cpu.period().getAsLong()) : period);
    }

    /**
     * v2's weight for v1's shares: a curve through both ends and both defaults (2 to 1, 1024 to 100, 262144 to 10000),
     * as runc and crun have had it since 2025.
     */
    static long weight(long shares) {
        if (shares <= 2) {
            return 1;
        }
        if (shares >= 262_144) {
            return 10_000;
        }
        double log = Math.log((double) shares) / Math.log(2);
        return (long) Math.ceil(Math.pow(10, (log * log + 125 * log) / 612 - 7.0 / 34));
    }
}
