package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.engine.options.Namespaces;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.Program;
import dev.carafe.engine.options.SeccompChoice;
import dev.carafe.engine.options.Security;
import dev.carafe.linux.Architecture;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.accounts.Account;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Hooks;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Sysctl;
import dev.carafe.oci.runtime.User;
import java.util.ArrayList;
import java.util.EnumSet;
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
 * privileges; an allow-list of system calls; at most 2048 processes; nothing of the kernel's that tells of other tenants
 * or changes the machine. docs/defaults.md says why, and which option gives each of them up.
 */
final class AppConfig {

    private static final long PROCESSES = 2048;
    private static final long OPEN_FILES_SOFT = 1024;
    private static final int NAME_MOST = 256;
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    static final Set<Capability> CAPABILITIES = Set.of(
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

    /** How hot each processor was, which others' work shows in; virtual machines have none. */
    private static final String PROCESSORS = "/sys/devices/system/cpu";

    private static final String THROTTLE = "thermal_throttle";

    /** What changes the machine. */
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private final Kernel kernel;
    private final InstanceOptions options;
    private final Surroundings around;
    private final List<Fd> held = new ArrayList<>();

    private AppConfig(Kernel kernel, InstanceOptions options, Surroundings around) {
        this.kernel = kernel;
        this.options = options;
        this.around = around;
    }

    /**
     * Makes one. Of the machine's files it needs those that are to be seen inside, which may have to be made.
     *
     * @param options over the image's: {@link InstanceOptions#over}
     * @throws EngineException if something that is asked for is not there, or not to be had
     */
    static HeldConfig of(Kernel kernel, InstanceOptions options, Surroundings around) {
        AppConfig made = new AppConfig(kernel, options, around);
        try {
            return new HeldConfig(made.config(), made.held);
        } catch (RuntimeException exception) {
            made.held.forEach(Fd::close);
            throw exception;
        }
    }

    private Config config() {
        check();
        checkResolved();
        AppMounts.check(options);
        boolean ownName = !options.namespaces().uts().isHost();
        return new Config(
                Config.OCI_VERSION,
                Optional.of(process()),
                new Root("rootfs", options.storage().readOnlyRoot()),
                ownName ? Optional.of(hostname()) : Optional.empty(),
                options.identity().domainname(),
                new AppMounts(kernel, options, around, instance -> path(Namespace.Type.MOUNT, instance)).all(),
                Hooks.NONE,
                options.identity().annotations(),
                linux());
    }

    private void check() {
        if (!options.namespaces().user().isHost()) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "a user namespace of its own (--userns private): application containers have none yet; "
                            + "leave it away");
        }
    }

    /** Of the mounts of other instances: {@link dev.carafe.engine.options.Storage#resolved}. */
    private void checkResolved() {
        if (!options.storage().volumesFrom().isEmpty()) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "--volumes-from "
                            + options.storage().volumesFrom().getFirst().instance()
                            + ": the mounts of other instances are not known here");
        }
    }

    private String hostname() {
        if (options.namespaces().uts().isHost()) {
            return kernel.files()
                    .readText(Fd.CWD, "/proc/sys/kernel/hostname", NAME_MOST)
                    .strip();
        }
        return options.identity().hostname().orElse(around.hostname());
    }

    private ProcessConfig process() {
        Program program = options.program();
        Account account = around.account();
        List<String> arguments = new ArrayList<>();
        if (program.init()) {
            arguments.add(AppMounts.INIT);
        }
        arguments.addAll(program.entrypoint().orElse(List.of()));
        arguments.addAll(program.command());
        Security security = options.security();
        return new ProcessConfig(
                program.terminal(),
                Optional.empty(),
                new User(account.uid(), account.gid(), OptionalLong.empty(), account.supplementaryGids()),
                arguments,
                environment(program, account),
                program.directory().orElse("/"),
                Optional.of(capabilities(account)),
                rlimits(),
                security.noNewPrivileges(),
                security.apparmor().filter(it -> !it.equals("unconfined")),
                options.limits().memory().oomScoreAdj(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private Capabilities capabilities(Account account) {
        return capabilities(options.security().capabilities(CAPABILITIES), account.uid());
    }

    /** What a user has of all that an instance may have: the superuser all of it, others what programs bring. */
    static Capabilities capabilities(Set<Capability> all, long uid) {
        return uid == 0
                ? new Capabilities(all, all, Set.of(), all, Set.of())
                : new Capabilities(all, Set.of(), Set.of(), Set.of(), Set.of());
    }

    private List<Rlimit> rlimits() {
        List<Rlimit> limits = new ArrayList<>(options.limits().rlimits());
        if (limits.stream().noneMatch(it -> it.type() == Rlimit.Resource.RLIMIT_NOFILE)) {
            limits.add(new Rlimit(Rlimit.Resource.RLIMIT_NOFILE, OPEN_FILES_SOFT, OPEN_FILES_SOFT));
        }
        return limits;
    }

    /** The usual variables, and those that are asked for over them. */
    private List<String> environment(Program program, Account account) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("PATH", PATH);
        variables.put("HOSTNAME", hostname());
        variables.put("HOME", account.home());
        if (program.terminal()) {
            variables.put("TERM", "xterm");
        }
        for (String variable : program.environment()) {
            int equals = variable.indexOf('=');
            if (equals < 0) {
                variables.remove(variable);
            } else {
                variables.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        List<String> environment = new ArrayList<>(variables.size());
        variables.forEach((name, value) -> environment.add(name + "=" + value));
        return environment;
    }

    private Linux linux() {
        Security security = options.security();
        HostDevices devices = new HostDevices(kernel.files());
        devices.add(options.devices());
        if (security.privileged()) {
            devices.addAll();
        }
        List<DeviceRule> rules = new ArrayList<>();
        rules.add(new DeviceRule(
                false,
                DeviceRule.Type.ALL,
                OptionalLong.empty(),
                OptionalLong.empty(),
                EnumSet.allOf(DeviceRule.Access.class)));
        rules.addAll(devices.rules());
        Resources resources = new AppResources(devices).of(options.limits(), PROCESSES, rules);
        List<Sysctl> sysctls = new ArrayList<>();
        options.namespaces().sysctls().forEach((name, value) -> sysctls.add(new Sysctl(name, value)));
        boolean privileged = security.privileged();
        return new Linux(
                namespaces(),
                List.of(),
                List.of(),
                Map.of(),
                devices.nodes(),
                Map.of(),
                Optional.of(around.cgroup()),
                Optional.of(resources),
                seccomp(),
                Optional.empty(),
                security.maskedPaths().orElseGet(() -> privileged ? List.of() : masked()),
                security.readOnlyPaths().orElse(privileged ? List.of() : READ_ONLY),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                sysctls);
    }

    private List<String> masked() {
        Files files = kernel.files();
        if (!files.exists(Fd.CWD, PROCESSORS + "/cpu0/" + THROTTLE)) {
            return MASKED;
        }
        List<String> masked = new ArrayList<>(MASKED);
        try (Fd processors = files.open(Fd.CWD, PROCESSORS, OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            for (String name : files.list(processors)) {
                if (name.startsWith("cpu") && files.exists(processors, name + "/" + THROTTLE)) {
                    masked.add(PROCESSORS + "/" + name + "/" + THROTTLE);
                }
            }
        }
        return masked;
    }

    private Optional<Seccomp> seccomp() {
        Set<Capability> capabilities = options.security().capabilities(CAPABILITIES);
        return switch (options.security().seccomp()) {
            case SeccompChoice.Simple.UNCONFINED -> Optional.empty();
            case SeccompChoice.Simple.DEFAULT ->
                options.security().privileged()
                        ? Optional.empty()
                        : Optional.of(SeccompProfile.STANDARD.of(capabilities));
            case SeccompChoice.Profile(String json) ->
                Optional.of(new DockerSeccomp(capabilities, Architecture.current(), kernelVersion()).read(json));
        };
    }

    private String kernelVersion() {
        return kernel.files()
                .readText(Fd.CWD, "/proc/sys/kernel/osrelease", NAME_MOST)
                .strip();
    }

    private List<Namespace> namespaces() {
        Namespaces asked = options.namespaces();
        List<Namespace> namespaces = new ArrayList<>();
        add(namespaces, Namespace.Type.PID, asked.pid());
        switch (options.network().mode()) {
            case NetworkMode.Simple.HOST -> {}
            case NetworkMode.Simple.NONE -> namespaces.add(new Namespace(Namespace.Type.NETWORK));
            case NetworkMode.OfInstance(String instance) -> namespaces.add(joined(Namespace.Type.NETWORK, instance));
            case NetworkMode.Networks _ -> namespaces.add(new Namespace(Namespace.Type.NETWORK, around.network()));
        }
        add(namespaces, Namespace.Type.IPC, asked.ipc());
        add(namespaces, Namespace.Type.UTS, asked.uts());
        namespaces.add(new Namespace(Namespace.Type.MOUNT));
        add(namespaces, Namespace.Type.CGROUP, asked.cgroup());
        return namespaces;
    }

    private void add(List<Namespace> namespaces, Namespace.Type type, NamespaceMode mode) {
        if (mode instanceof NamespaceMode.OfInstance(String instance)) {
            namespaces.add(joined(type, instance));
        } else if (!mode.isHost()) {
            namespaces.add(new Namespace(type));
        }
    }

    private Namespace joined(Namespace.Type type, String instance) {
        return new Namespace(type, Optional.of(path(type, instance)));
    }

    /** Open from now on, so that it is the one that was meant even if that instance ends and its number is given anew. */
    private String path(Namespace.Type type, String instance) {
        int process = around.process().applyAsInt(instance);
        String file = switch (type) {
            case NETWORK -> "net";
            case MOUNT -> "mnt";
            default -> type.toString();
        };
        Fd namespace = kernel.files().open(Fd.CWD, "/proc/" + process + "/ns/" + file, OpenFlags.RDONLY);
        held.add(namespace);
        if (around.process().applyAsInt(instance) != process) {
            throw new EngineException(
                    EngineException.Kind.CONFLICT,
                    "the instance " + instance + " has just ended; start it again first");
        }
        return HeldConfig.path(namespace);
    }
}
