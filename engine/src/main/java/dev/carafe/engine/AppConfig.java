package dev.carafe.engine;

import dev.carafe.engine.options.CpuLimits;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.MemoryLimits;
import dev.carafe.engine.options.Program;
import dev.carafe.linux.accounts.Account;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Hooks;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Network;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.User;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The configuration of an application container: safe unless asked otherwise.
 *
 * <p>Eleven capabilities, which is what a superuser needs to look after files and accounts of his own; no new
 * privileges; at most 2048 processes; nothing of the kernel's that tells of other tenants or changes the machine.
 */
final class AppConfig {

    private static final long PROCESSES = 2048;
    private static final long OPEN_FILES_SOFT = 1024;
    private static final long CPU_PERIOD = 100_000;
    private static final long NANOS_PER_CPU = 1_000_000_000L;
    private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static final Set<Capability> CAPABILITIES = Set.of(
            Capability.CAP_CHOWN,
            Capability.CAP_DAC_OVERRIDE,
            Capability.CAP_FOWNER,
            Capability.CAP_FSETID,
            Capability.CAP_KILL,
            Capability.CAP_NET_BIND_SERVICE,
            Capability.CAP_SETFCAP,
            Capability.CAP_SETGID,
            Capability.CAP_SETPCAP,
            Capability.CAP_SETUID,
            Capability.CAP_SYS_CHROOT);

    /** What tells of the machine or of other tenants, or reaches hardware. */
    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/interrupts",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/sys/devices/virtual/powercap",
            "/sys/firmware");

    /** What changes the machine. */
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private AppConfig() {}

    /** What it runs: the program first. */
    static List<String> arguments(String image, Program program, ImageConfig.Execution execution) {
        List<String> arguments = new ArrayList<>(program.entrypoint().orElse(execution.entrypoint()));
        arguments.addAll(
                program.command().isEmpty() && program.entrypoint().isEmpty()
                        ? execution.command()
                        : program.command());
        if (arguments.isEmpty()) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "the image " + image + " has no command of its own; give one after its name");
        }
        return arguments;
    }

    /** @param cgroup the name of its cgroup */
    static Config of(
            String imageName,
            InstanceOptions options,
            ImageConfig.Execution image,
            Account account,
            String hostname,
            String cgroup) {
        Program request = options.program();
        List<String> arguments = arguments(imageName, request, image);
        Capabilities capabilities = account.uid() == 0
                ? new Capabilities(CAPABILITIES, CAPABILITIES, Set.of(), CAPABILITIES, Set.of())
                : new Capabilities(CAPABILITIES, Set.of(), Set.of(), Set.of(), Set.of());
        ProcessConfig process = new ProcessConfig(
                request.terminal(),
                Optional.empty(),
                new User(account.uid(), account.gid(), OptionalLong.empty(), account.supplementaryGids()),
                arguments,
                environment(request, image, account, hostname),
                request.directory().orElse(image.workingDirectory().isEmpty() ? "/" : image.workingDirectory()),
                Optional.of(capabilities),
                List.of(new Rlimit(Rlimit.Resource.RLIMIT_NOFILE, OPEN_FILES_SOFT, OPEN_FILES_SOFT)),
                true,
                Optional.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return new Config(
                Config.OCI_VERSION,
                Optional.of(process),
                new Root("rootfs", false),
                Optional.of(hostname),
                Optional.empty(),
                mounts(),
                Hooks.NONE,
                Map.of(),
                linux(options, cgroup));
    }

    /** The image's variables, then the user's over them; a later one of the same name holds. */
    private static List<String> environment(
            Program request, ImageConfig.Execution image, Account account, String hostname) {
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> all = new ArrayList<>(List.of(PATH, "HOSTNAME=" + hostname, "HOME=" + account.home()));
        if (request.terminal()) {
            all.add("TERM=xterm");
        }
        all.addAll(image.environment());
        all.addAll(request.environment());
        for (String variable : all) {
            int equals = variable.indexOf('=');
            if (equals < 1) {
                throw new EngineException(
                        EngineException.Kind.INVALID,
                        "the environment variable \"" + variable + "\" has not the form NAME=value");
            }
            variables.put(variable.substring(0, equals), variable);
        }
        return List.copyOf(variables.values());
    }

    private static List<Mount> mounts() {
        return List.of(
                mount("/proc", "proc", "nosuid", "noexec", "nodev"),
                mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
                mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"),
                mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"));
    }

    private static Mount mount(String destination, String type, String... options) {
        return new Mount(destination, Optional.of(type), Optional.of(type), List.of(options), List.of(), List.of());
    }

    private static Linux linux(InstanceOptions options, String cgroup) {
        List<Namespace> namespaces = List.of(
                new Namespace(Namespace.Type.PID),
                new Namespace(Namespace.Type.NETWORK),
                new Namespace(Namespace.Type.IPC),
                new Namespace(Namespace.Type.UTS),
                new Namespace(Namespace.Type.MOUNT),
                new Namespace(Namespace.Type.CGROUP));
        DeviceRule nothing = new DeviceRule(
                false,
                DeviceRule.Type.ALL,
                OptionalLong.empty(),
                OptionalLong.empty(),
                Set.of(DeviceRule.Access.values()));
        Resources resources = new Resources(
                List.of(nothing),
                memory(options.limits().memory()),
                cpu(options.limits().cpu()),
                new Pids(OptionalLong.of(PROCESSES)),
                BlockIo.UNSET,
                List.of(),
                Network.UNSET,
                Map.of(),
                Map.of());
        return new Linux(
                namespaces,
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                Map.of(),
                Optional.of(cgroup),
                Optional.of(resources),
                Optional.empty(),
                Optional.empty(),
                MASKED,
                READ_ONLY,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private static Memory memory(MemoryLimits request) {
        return new Memory(
                request.limit(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Cpu cpu(CpuLimits request) {
        boolean limited = request.nanos().isPresent();
        return new Cpu(
                OptionalLong.empty(),
                limited
                        ? OptionalLong.of(request.nanos().getAsLong() / (NANOS_PER_CPU / CPU_PERIOD))
                        : OptionalLong.empty(),
                OptionalLong.empty(),
                limited ? OptionalLong.of(CPU_PERIOD) : OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty());
    }
}
