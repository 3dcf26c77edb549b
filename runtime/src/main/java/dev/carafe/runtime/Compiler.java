package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Signal;
import dev.carafe.oci.runtime.ConsoleSize;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Personality;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Sysctl;
import dev.carafe.oci.runtime.TimeOffset;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.ProcessOperation.ProcessOption;
import dev.carafe.runtime.plan.Slot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles a blueprint into a plan: the order in which a process becomes a container.
 *
 * <p>The order is most of the safety, so {@link #compile()} tells it as one story, and each chapter says why it stands
 * where it does. Four rules hold throughout:
 *
 * <ul>
 *   <li>What needs the host's privileges or its files comes before they are given up.
 *   <li>Below the root nothing is reached by a path of the host: everything starts from the root's descriptor.
 *   <li>What can fail fails before the program begins, so that it is {@code create} that says so.
 *   <li>Between the loading of the system-call filter and the program stand only calls that any filter must allow for a
 *       program to begin at all.
 * </ul>
 */
final class Compiler {

    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final long SYS_ADMIN = 1L << Capability.CAP_SYS_ADMIN.bit();
    private static final int FIRST_CLOSED = 3;
    private static final int USUAL_UMASK = 0022;
    private static final long PER_LINUX = 0;
    private static final long PER_LINUX32 = 8;
    /** A hard limit of at least this can be set before the plan's own work is done under it. */
    private static final long ROOM_TO_WORK = 1024;

    private final Blueprint blueprint;
    private final Linux linux;
    private final ProcessConfig process;
    private final Plan.Builder plan = new Plan.Builder();
    private final RootCompiler root;

    private Compiler(Blueprint blueprint) {
        this.blueprint = blueprint;
        this.linux = blueprint.config().linux();
        this.process = blueprint.process();
        this.root = new RootCompiler(plan, blueprint);
    }

    /**
     * The plan that makes what a blueprint describes.
     *
     * @throws RuntimeFailure if it asks for something that this version does not do, naming the key
     */
    static Plan compile(Blueprint blueprint) {
        Unsupported.check(blueprint);
        return new Compiler(blueprint).compile();
    }

    private Plan compile() {
        add(new ProcessOperation.SetAffinity(Scheduling.everyProcessor()), "the cgroup's processors, not the caller's");
        joinCgroups();
        HostFiles files = openHostFiles();
        if (creates(Namespace.USER)) {
            raiseLimits();
            root.openSources();
            root.openRoot();
            enterNamespaces();
            root.isolate();
        } else if (root.sharesWithHost()) {
            enterNamespaces();
            root.openSources();
            root.isolate();
            root.openRoot();
        } else {
            enterNamespaces();
            root.isolate();
            root.openSources();
            root.openRoot();
        }
        startSession();
        root.attach();
        root.mountAll();
        root.makeDevices();
        Optional<Slot> terminal = process.terminal() ? Optional.of(makeTerminal()) : Optional.empty();
        root.enter();

        connect(files, terminal);
        setNames();
        setKernelParameters();
        root.protect();
        setAttributes();
        becomeUser();
        begin(files);
        return plan.build();
    }

    /** First of all, so that all that follows counts against the limits, and while the cgroup files can be reached. */
    private void joinCgroups() {
        List<String> joined = new ArrayList<>();
        for (Map.Entry<String, String> cgroup : blueprint.cgroupFolders().entrySet()) {
            if (joined.contains(cgroup.getValue())) {
                continue;
            }
            joined.add(cgroup.getValue());
            Slot file = plan.slot("procs");
            String name = cgroup.getKey().isEmpty() ? "cgroup v2" : cgroup.getKey();
            add(
                    new FileOperation.Open(file, Slot.CWD, cgroup.getValue() + "/cgroup.procs", OpenFlags.WRONLY, 0),
                    "linux.cgroupsPath, " + name);
            add(new FileOperation.Write(file, ascii("0")), "join it");
        }
    }

    /** Files of the host that are needed later, when there is no way to them any more. */
    private HostFiles openHostFiles() {
        if (process.oomScoreAdj().isPresent()) {
            Slot file = plan.slot("oom");
            add(
                    new FileOperation.Open(file, Slot.CWD, "/proc/self/oom_score_adj", OpenFlags.WRONLY, 0),
                    "process.oomScoreAdj");
            add(
                    new FileOperation.Write(
                            file, ascii(Long.toString(process.oomScoreAdj().getAsLong()))),
                    "process.oomScoreAdj");
        }
        Slot input = Slot.CWD;
        if (blueprint.input() == Blueprint.Input.NULL && !process.terminal()) {
            input = plan.slot("null");
            add(new FileOperation.Open(input, Slot.CWD, "/dev/null", OpenFlags.RDWR, 0), "no standard input");
            add(
                    new FileOperation.Check(input, FileStatus.TYPE_CHARACTER, FileStatus.device(1, 3), 0),
                    "that is what it must be (CVE-2025-31133)");
        }
        if (blueprint.beginning() instanceof Blueprint.Beginning.WhenStarted fifos) {
            Slot word = plan.slot("start");
            Slot failure = plan.slot("failure");
            add(new FileOperation.Open(word, Slot.CWD, fifos.word(), OpenFlags.RDWR, 0), "to wait for start");
            add(new FileOperation.Open(failure, Slot.CWD, fifos.failure(), OpenFlags.RDWR, 0), "to tell start");
            return new HostFiles(input, word, failure);
        }
        return new HostFiles(input, Slot.CWD, Slot.CWD);
    }

    private record HostFiles(Slot input, Slot word, Slot failure) {}

    /** A user namespace takes the right to raise limits; the exact ones, which may be tight, are set at the end. */
    private void raiseLimits() {
        for (Rlimit limit : process.rlimits()) {
            if (Long.compareUnsigned(limit.hard(), ROOM_TO_WORK) >= 0) {
                add(
                        new ProcessOperation.SetResourceLimit(limit.type().number(), limit.hard(), limit.hard()),
                        "process.rlimits, while it can be raised");
            }
        }
    }

    /**
     * A new pid or time namespace holds for children only, and a user namespace must own all the others: with any of
     * these, made or joined, there is a second process. Else the first one is born in all its namespaces.
     */
    private void enterNamespaces() {
        long born = 0;
        boolean second = false;
        for (var namespace : linux.namespaces()) {
            Namespace kind = kind(namespace.type());
            boolean joined = namespace.path().isPresent();
            second |= kind == Namespace.USER || kind == Namespace.TIME || (joined && kind == Namespace.PID);
            if (!joined && kind != Namespace.USER && kind != Namespace.TIME && kind != Namespace.CGROUP) {
                born |= Integer.toUnsignedLong(kind.flag());
            }
        }
        joinNamespaces();
        makeTimeNamespace();
        if (second) {
            add(new ProcessOperation.CloneProcess(born), "linux.namespaces");
        } else {
            plan.cloneFlags(born);
        }
        if (linux.namespace(dev.carafe.oci.runtime.Namespace.Type.USER).isPresent()) {
            add(new ProcessOperation.Setgid(0), "as its root, who owns what is made from here on");
            add(new ProcessOperation.Setuid(0), "as its root, who owns what is made from here on");
        }
        if (creates(Namespace.CGROUP)) {
            add(
                    new ProcessOperation.Unshare(kindFlag(Namespace.CGROUP)),
                    "linux.namespaces, cgroup; its root is what has been joined");
        }
    }

    /**
     * Namespaces that belong to the host can be joined only before a user namespace is entered, those that belong to
     * that user namespace perhaps only after: what cannot be joined yet waits.
     */
    private void joinNamespaces() {
        Optional<Slot> made = makeUserNamespace();
        Map<Namespace, Slot> joined = openNamespaces();
        Optional<Slot> user = made.or(() -> Optional.ofNullable(joined.remove(Namespace.USER)));
        joined.forEach((kind, slot) -> join(slot, kind, user.isPresent()));
        if (user.isPresent()) {
            join(user.get(), Namespace.USER, false);
            joined.forEach((kind, slot) -> join(slot, kind, false));
        }
    }

    private void join(Slot slot, Namespace kind, boolean mayWait) {
        add(
                new ProcessOperation.Setns(slot, kindFlag(kind), mayWait),
                "linux.namespaces, " + kind.file() + (mayWait ? ", if it is the host's" : ""));
    }

    private Optional<Slot> makeUserNamespace() {
        if (!creates(Namespace.USER)) {
            return Optional.empty();
        }
        Slot slot = plan.slot("userns");
        add(
                new ProcessOperation.UserNamespace(slot, map(linux.uidMappings()), map(linux.gidMappings()), false),
                "linux.namespaces, user; linux.uidMappings, linux.gidMappings");
        return Optional.of(slot);
    }

    /** All are opened before any is entered, as entering one changes what a path means. */
    private Map<Namespace, Slot> openNamespaces() {
        Map<Namespace, Slot> opened = new LinkedHashMap<>();
        for (var namespace : linux.namespaces()) {
            if (namespace.path().isPresent()) {
                Namespace kind = kind(namespace.type());
                Slot slot = plan.slot(kind.file() + "-namespace");
                add(
                        new FileOperation.Open(slot, Slot.CWD, namespace.path().get(), OpenFlags.RDONLY, 0),
                        "linux.namespaces, " + namespace.type() + ", to join");
                opened.put(kind, slot);
            }
        }
        return opened;
    }

    private void makeTimeNamespace() {
        if (!creates(Namespace.TIME)) {
            return;
        }
        add(new ProcessOperation.Unshare(kindFlag(Namespace.TIME)), "linux.namespaces, time, for the child");
        for (Map.Entry<TimeOffset.Clock, TimeOffset> offset :
                linux.timeOffsets().entrySet()) {
            Slot file = plan.slot("offsets");
            String line = offset.getKey() + " " + offset.getValue().secs() + " "
                    + offset.getValue().nanosecs();
            add(
                    new FileOperation.Open(file, Slot.CWD, "/proc/self/timens_offsets", OpenFlags.WRONLY, 0),
                    "linux.timeOffsets");
            add(new FileOperation.Write(file, ascii(line)), "linux.timeOffsets");
        }
    }

    private void startSession() {
        add(new ProcessOperation.Setsid(), "no terminal and no process group of the caller's");
        add(new ProcessOperation.JoinKeyring("_ses.carafe"), "no keys of the caller's");
        if (creates(Namespace.NETWORK)) {
            add(new ProcessOperation.LoopbackUp(), "linux.namespaces, network");
        }
    }

    /** Of a devpts that this plan has mounted, so that the terminal is what it seems to be (CVE-2025-52565). */
    private Slot makeTerminal() {
        Slot devpts = root.devpts()
                .orElseThrow(() -> new RuntimeFailure(
                        "config.json: process.terminal: needs a mount of type devpts at /dev/pts in mounts"));
        Slot terminal = plan.slot("terminal");
        ConsoleSize size = process.consoleSize().orElseGet(() -> new ConsoleSize(0, 0));
        add(new ControlOperation.MakeTerminal(terminal, devpts, size.width(), size.height()), "process.terminal");
        add(new ControlOperation.Own(terminal, (int) process.user().uid(), -1), "process.user");
        root.bindConsole(terminal);
        return terminal;
    }

    private void connect(HostFiles files, Optional<Slot> terminal) {
        if (terminal.isPresent()) {
            for (int number = 0; number < FIRST_CLOSED; number++) {
                add(new ControlOperation.Dup(terminal.get(), number), "process.terminal");
            }
            add(new ControlOperation.SetControllingTerminal(terminal.get()), "process.terminal");
            return;
        }
        if (blueprint.input() == Blueprint.Input.NULL) {
            add(new ControlOperation.Dup(files.input, 0), "no standard input");
        }
        if (process.user().uid() != 0) {
            add(
                    new ControlOperation.OwnStdio((int) process.user().uid()),
                    "process.user may open /dev/stdout and its like");
        }
    }

    private void setNames() {
        if (blueprint.config().hostname().isPresent()) {
            add(new ProcessOperation.SetHostname(blueprint.config().hostname().get()), "hostname");
        }
        if (blueprint.config().domainname().isPresent()) {
            add(
                    new ProcessOperation.SetDomainname(
                            blueprint.config().domainname().get()),
                    "domainname");
        }
    }

    /** Through a proc file system of the plan's own: the one in the root may be anything (CVE-2025-52881). */
    private void setKernelParameters() {
        if (linux.sysctl().isEmpty()) {
            return;
        }
        Slot proc = root.makeMount("proc", "linux.sysctl, a private view");
        for (Sysctl parameter : linux.sysctl()) {
            add(
                    new FileOperation.WriteTo(
                            proc, "sys/" + parameter.path(), parameter.value().getBytes(StandardCharsets.UTF_8)),
                    "linux.sysctl." + parameter.name());
        }
    }

    private void setAttributes() {
        int umask = (int) process.user().umask().orElse(USUAL_UMASK);
        add(
                new ProcessOperation.Umask(umask),
                process.user().umask().isPresent() ? "process.user.umask" : "the usual one, not the caller's");
        if (linux.personality().isPresent()) {
            boolean narrow = linux.personality().get() == Personality.LINUX32;
            add(new ProcessOperation.Personality(narrow ? PER_LINUX32 : PER_LINUX), "linux.personality");
        }
        if (process.scheduler().isPresent()) {
            add(
                    new ProcessOperation.SetScheduler(
                            Scheduling.attributes(process.scheduler().get())),
                    "process.scheduler");
        }
        if (process.ioPriority().isPresent()) {
            add(
                    new ProcessOperation.SetIoPriority(
                            Scheduling.priority(process.ioPriority().get())),
                    "process.ioPriority");
        }
        for (Rlimit limit : process.rlimits()) {
            add(
                    new ProcessOperation.SetResourceLimit(limit.type().number(), limit.soft(), limit.hard()),
                    "process.rlimits");
        }
        if (process.noNewPrivileges()) {
            add(new ProcessOperation.Prctl(ProcessOption.NO_NEW_PRIVS, 1), "process.noNewPrivileges");
        }
    }

    /**
     * Gives up everything that the program is not to have. Without no_new_privs a filter can be loaded only with
     * CAP_SYS_ADMIN, which is kept until then and not a step longer.
     */
    private void becomeUser() {
        GrantedCapabilities granted = GrantedCapabilities.of(process, blueprint.grantable());
        long untilFilter = blueprint.filter().isPresent() && !process.noNewPrivileges() ? SYS_ADMIN : 0;
        add(new ControlOperation.CloseFrom(FIRST_CLOSED), "nothing of ours survives execve (CVE-2024-21626)");
        add(new MountOperation.Chdir(process.cwd(), true), "process.cwd");
        add(new ProcessOperation.BoundCapabilities(granted.bounding()), "process.capabilities.bounding");
        add(new ProcessOperation.Prctl(ProcessOption.KEEPCAPS, 1), "the user changes before the capabilities do");
        add(new ProcessOperation.Setgroups(groups()), "process.user.additionalGids");
        add(new ProcessOperation.Setgid((int) process.user().gid()), "process.user.gid");
        add(new ProcessOperation.Setuid((int) process.user().uid()), "process.user.uid");
        add(
                new ProcessOperation.Capset(
                        granted.effective() | untilFilter, granted.permitted() | untilFilter, granted.inheritable()),
                untilFilter == 0 ? "process.capabilities" : "process.capabilities, and what loading the filter takes");
        add(new ProcessOperation.RaiseAmbient(granted.ambient()), "process.capabilities.ambient");
        add(new MountOperation.Chdir(process.cwd(), false), "process.cwd, now as that user");
        add(new ControlOperation.CheckCwd(), "it must lie in the root (CVE-2024-21626)");
        add(
                new ControlOperation.FindProgram(process.args().getFirst(), searchPath()),
                "process.args[0]; it is create that says if it is missing");
        if (blueprint.beginning() instanceof Blueprint.Beginning.AtOnce) {
            add(
                    new ProcessOperation.Prctl(ProcessOption.PDEATHSIG, Signal.SIGKILL.number()),
                    "it does not outlive its monitor; a change of user would clear this");
        }
        if (blueprint.filter().isPresent()) {
            SeccompFilter filter = blueprint.filter().get();
            add(new ProcessOperation.LoadSeccomp(filter.flags(), filter.program()), "linux.seccomp");
        }
        if (untilFilter != 0) {
            add(
                    new ProcessOperation.Capset(granted.effective(), granted.permitted(), granted.inheritable()),
                    "process.capabilities");
        }
    }

    private void begin(HostFiles files) {
        add(new ControlOperation.Synchronise(ControlOperation.READY), "its state is saved before it runs");
        if (blueprint.beginning() instanceof Blueprint.Beginning.WhenStarted) {
            add(new ControlOperation.AwaitStart(files.word, files.failure), "start may come from anywhere");
        }
        add(new ControlOperation.Execve(process.args(), environment()), "process.args, process.env");
    }

    private List<Integer> groups() {
        List<Integer> groups = new ArrayList<>(process.user().additionalGids().size());
        for (long group : process.user().additionalGids()) {
            groups.add((int) group);
        }
        return groups;
    }

    private String searchPath() {
        for (String variable : process.env()) {
            if (variable.startsWith("PATH=")) {
                return variable.substring("PATH=".length());
            }
        }
        return DEFAULT_PATH;
    }

    private List<String> environment() {
        for (String variable : process.env()) {
            if (variable.startsWith("HOME=")) {
                return process.env();
            }
        }
        List<String> environment = new ArrayList<>(process.env());
        environment.add("HOME=" + blueprint.home().orElse("/"));
        return environment;
    }

    private boolean creates(Namespace kind) {
        for (var namespace : linux.namespaces()) {
            if (kind(namespace.type()) == kind) {
                return namespace.path().isEmpty();
            }
        }
        return false;
    }

    private static Namespace kind(dev.carafe.oci.runtime.Namespace.Type type) {
        return switch (type) {
            case PID -> Namespace.PID;
            case NETWORK -> Namespace.NETWORK;
            case MOUNT -> Namespace.MOUNT;
            case IPC -> Namespace.IPC;
            case UTS -> Namespace.UTS;
            case USER -> Namespace.USER;
            case CGROUP -> Namespace.CGROUP;
            case TIME -> Namespace.TIME;
        };
    }

    private static long kindFlag(Namespace kind) {
        return Integer.toUnsignedLong(kind.flag());
    }

    /** In the form of {@code /proc/PID/uid_map}. */
    private static String map(List<IdMapping> mappings) {
        StringBuilder map = new StringBuilder();
        for (IdMapping mapping : mappings) {
            map.append(mapping.containerId())
                    .append(' ')
                    .append(mapping.hostId())
                    .append(' ')
                    .append(mapping.size())
                    .append('\n');
        }
        return map.toString();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
