package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Signal;
import dev.carafe.oci.runtime.Personality;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Scheduler;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.ProcessOperation.ProcessOption;
import dev.carafe.runtime.plan.Slot;
import dev.carafe.runtime.plan.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The chapters of a plan that are alike for a container's first process and for one that joins it later: its cgroup and
 * its descriptors, whom it becomes, and what it may do. {@link Compiler} and {@link ExecCompiler} say when each comes.
 */
final class ProcessCompiler {

    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final long SYS_ADMIN = 1L << Capability.CAP_SYS_ADMIN.bit();
    static final int FIRST_CLOSED = 3;
    private static final int USUAL_UMASK = 0022;
    private static final long PER_LINUX = 0;
    private static final long PER_LINUX32 = 8;
    /** A hard limit of at least this can be set before the plan's own work is done under it. */
    private static final long ROOM_TO_WORK = 1024;
    /** Why the files of a cgroup are opened, before its name. */
    private static final String CGROUP = "linux.cgroupsPath, ";

    private static final String UNIFIED = "/cgroup.procs";
    private static final String SEPARATE = "/tasks";

    private final Plan.Builder plan;
    private final ProcessBlueprint blueprint;
    private final ProcessConfig process;
    /** The host's, to say what the kernel's security modules are to do: whatever is at the container's may lie. */
    private Slot proc = Slot.CWD;

    /** Takes the plan's first input. */
    ProcessCompiler(Plan.Builder plan, ProcessBlueprint blueprint) {
        this.plan = plan;
        this.blueprint = blueprint;
        this.process = blueprint.config();
        blueprint.birthplace().ifPresent(folder -> plan.cgroup(plan.input("cgroup")));
    }

    /** First of all. The plan's own descriptors last only as long as they are needed, and none longer than execve. */
    void leaveCaller() {
        add(
                new ControlOperation.LeaveCaller(FIRST_CLOSED + blueprint.preserved()),
                "nothing that the caller has left open goes along (CVE-2024-21626)");
    }

    /**
     * Early, so that all that follows counts against the limits, and while the cgroup files can be reached.
     *
     * <p>In cgroup v2 it is born where it belongs, and a process of one thread that moves by {@code 0} in v1's {@code
     * tasks} does so at once. For {@code cgroup.procs} the kernel first waits until every processor has come to rest,
     * which takes some 10 to 20 ms unless somebody else has just moved ({@code cgroup_procs_write_start} in
     * kernel/cgroup/cgroup.c, since Linux 5.18).
     *
     * @param mayBeDenied whether it stays where it is if it may not be moved
     */
    void joinCgroups(boolean mayBeDenied) {
        if (blueprint.placed()) {
            add(new ControlOperation.Synchronise(ControlOperation.TO_PLACE), "systemd moves it into its cgroup");
        }
        List<String> joined = new ArrayList<>(blueprint.birthplace().stream().toList());
        for (Map.Entry<String, String> cgroup : blueprint.cgroupFolders().entrySet()) {
            if (joined.contains(cgroup.getValue())) {
                continue;
            }
            joined.add(cgroup.getValue());
            boolean unified = cgroup.getKey().isEmpty();
            Slot file = plan.slot(unified ? "procs" : "tasks");
            add(
                    new FileOperation.Open(
                            file, Slot.CWD, cgroup.getValue() + (unified ? UNIFIED : SEPARATE), OpenFlags.WRONLY, 0),
                    CGROUP + (unified ? "cgroup v2" : cgroup.getKey()));
            boolean dispensable = blueprint.rights().rootless()
                    && unified
                    && blueprint.cgroupFolders().size() > 1;
            add(new FileOperation.Write(file, ascii("0"), mayBeDenied || dispensable), "join it");
        }
        for (String folder : blueprint.resctrlFolders()) {
            Slot file = plan.slot("tasks");
            add(new FileOperation.Open(file, Slot.CWD, folder + "/tasks", OpenFlags.WRONLY, 0), "linux.intelRdt");
            add(new FileOperation.Write(file, ascii("0")), "join it");
        }
    }

    /** The cgroup whose file a step of {@link #joinCgroups} opens. */
    static Optional<String> cgroupJoined(Step step) {
        return step.operation() instanceof FileOperation.Open open && step.why().startsWith(CGROUP)
                ? Optional.of(open.path().substring(0, open.path().lastIndexOf('/')))
                : Optional.empty();
    }

    /** Files of the host that are needed later, when there is no way to them any more. */
    HostFiles openHostFiles() {
        if (process.apparmorProfile().isPresent() || process.selinuxLabel().isPresent()) {
            String key = process.apparmorProfile().isPresent() ? "process.apparmorProfile" : "process.selinuxLabel";
            proc = plan.slot("host-proc");
            add(new FileOperation.Open(proc, Slot.CWD, "/proc", OpenFlags.PATH | OpenFlags.DIRECTORY, 0), key);
            add(new FileOperation.Check(proc, 0, 0, FileSystemStatus.PROC), key + " (CVE-2019-16884)");
        }
        if (process.oomScoreAdj().isPresent()) {
            withFilesInProc(() -> setOomScore(process.oomScoreAdj().getAsLong()));
        }
        Slot input = Slot.CWD;
        if (blueprint.input() != Blueprint.Input.INHERITED && !process.terminal()) {
            input = plan.slot("null");
            add(new FileOperation.Open(input, Slot.CWD, "/dev/null", OpenFlags.RDWR, 0), "no standard input");
            add(
                    new FileOperation.Check(input, FileStatus.TYPE_CHARACTER, FileStatus.device(1, 3), 0),
                    "that is what it must be (CVE-2025-31133)");
        }
        if (blueprint.beginning() instanceof Blueprint.Beginning.WhenStarted(String fifo)) {
            Slot start = plan.slot("start");
            add(new FileOperation.Open(start, Slot.CWD, fifo, OpenFlags.RDWR, 0), "to wait for start, and to tell it");
            return new HostFiles(input, start);
        }
        return new HostFiles(input, Slot.CWD);
    }

    private void setOomScore(long adjustment) {
        String why = "process.oomScoreAdj" + (blueprint.rights().privileged() ? "" : ", which only root may lower");
        Slot file = plan.slot("oom");
        add(new FileOperation.Open(file, Slot.CWD, "/proc/self/oom_score_adj", OpenFlags.WRONLY, 0), why);
        add(new FileOperation.Write(file, ascii(Long.toString(adjustment))), why);
    }

    /**
     * Steps that open files of the process in proc. Those of one that is not dumpable belong to root: for these steps a
     * caller without privileges has it like his other processes, among which it still is.
     */
    void withFilesInProc(Runnable steps) {
        if (blueprint.rights().privileged()) {
            steps.run();
            return;
        }
        add(new ProcessOperation.Prctl(ProcessOption.DUMPABLE, 1), "its files in proc are the caller's, not root's");
        steps.run();
        add(new ProcessOperation.Prctl(ProcessOption.DUMPABLE, 0), "nobody in there looks into it (CVE-2016-9962)");
    }

    record HostFiles(Slot input, Slot start) {}

    /** A user namespace takes the right to raise limits; the exact ones, which may be tight, are set at the end. */
    void raiseLimits() {
        if (!blueprint.rights().privileged()) {
            return; // There is no right to lose.
        }
        for (Rlimit limit : process.rlimits()) {
            if (Long.compareUnsigned(limit.hard(), ROOM_TO_WORK) >= 0) {
                add(
                        new ProcessOperation.SetResourceLimit(limit.type().number(), limit.hard(), limit.hard()),
                        "process.rlimits, while it can be raised");
            }
        }
    }

    void connect(HostFiles files, Optional<Slot> terminal) {
        if (terminal.isPresent()) {
            for (int number = 0; number < FIRST_CLOSED; number++) {
                add(new ControlOperation.Dup(terminal.get(), number), "process.terminal");
            }
            return;
        }
        if (blueprint.input() != Blueprint.Input.INHERITED) {
            add(new ControlOperation.Dup(files.input, 0), "no standard input");
        }
        if (blueprint.input() == Blueprint.Input.ALL_NULL) {
            add(new ControlOperation.Dup(files.input, 1), "nor output that anybody reads");
            add(new ControlOperation.Dup(files.input, 2), "nor output that anybody reads");
        }
        if (process.user().uid() != 0) {
            add(
                    new ControlOperation.OwnStdio((int) process.user().uid()),
                    "process.user may open /dev/stdout and its like");
        }
    }

    void joinKeyring() {
        process.selinuxLabel()
                .ifPresent(label -> writeAttribute("keycreate", label, "process.selinuxLabel, its keys'"));
        add(new ProcessOperation.JoinKeyring("_ses.carafe"), "no keys of the caller's");
        process.selinuxLabel()
                .ifPresent(
                        label -> writeAttribute("keycreate", "\n", "process.selinuxLabel, not that of further keys"));
    }

    /** Of the process itself, whose number is not known to it in that proc. */
    private void writeAttribute(String name, String value, String why) {
        Slot file = plan.slot("attribute");
        add(new FileOperation.OpenIn(file, proc, "thread-self/attr/" + name, OpenFlags.WRONLY, false), why);
        add(new FileOperation.Write(file, value.getBytes(StandardCharsets.UTF_8)), why);
    }

    void setAttributes() {
        process.apparmorProfile()
                .ifPresent(profile ->
                        writeAttribute("apparmor/exec", "exec " + profile, "process.apparmorProfile, from execve on"));
        process.selinuxLabel()
                .ifPresent(label -> writeAttribute("exec", label, "process.selinuxLabel, from execve on"));
        int umask = (int) process.user().umask().orElse(USUAL_UMASK);
        add(
                new ProcessOperation.Umask(umask),
                process.user().umask().isPresent() ? "process.user.umask" : "the usual one, not the caller's");
        if (blueprint.personality().isPresent()) {
            boolean narrow = blueprint.personality().get() == Personality.LINUX32;
            add(new ProcessOperation.Personality(narrow ? PER_LINUX32 : PER_LINUX), "linux.personality");
        }
        if (blueprint.memoryPolicy().isPresent()) {
            add(MemoryNodes.operation(blueprint.memoryPolicy().get()), "linux.memoryPolicy");
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
            if (limit.type() != Rlimit.Resource.RLIMIT_NPROC) {
                setLimit(limit);
            }
        }
        if (process.noNewPrivileges()) {
            add(new ProcessOperation.Prctl(ProcessOption.NO_NEW_PRIVS, 1), "process.noNewPrivileges");
        }
    }

    /** It counts processes, and whoever still has to become two does not count twice. */
    void limitProcesses() {
        for (Rlimit limit : process.rlimits()) {
            if (limit.type() == Rlimit.Resource.RLIMIT_NPROC) {
                setLimit(limit);
            }
        }
    }

    private void setLimit(Rlimit limit) {
        add(
                new ProcessOperation.SetResourceLimit(limit.type().number(), limit.soft(), limit.hard()),
                "process.rlimits");
    }

    void startSession() {
        add(new ProcessOperation.Setsid(), "no terminal and no process group of the caller's");
    }

    /** Whoever has started a session, and nobody else, can make a terminal its own. */
    void takeTerminal(Optional<Slot> terminal) {
        terminal.ifPresent(slot -> add(new ControlOperation.SetControllingTerminal(slot), "process.terminal"));
    }

    /** Gives up everything that the program is not to have. */
    void becomeUser() {
        giveUpRights();
        endWithParent();
        loadFilter();
    }

    /**
     * What {@link #becomeUser} does, for a process that enters a pid namespace last, when it has no right left that its
     * program will not have: its processes may see it from then on, and look into it if they may trace others.
     *
     * @param move enters, and starts the session there
     */
    void becomeUserAndThen(Runnable move) {
        giveUpRights();
        boolean early = untilFilter() != 0;
        if (early) {
            loadFilter();
        }
        move.run();
        endWithParent();
        if (!early) {
            loadFilter();
        }
    }

    /**
     * Whether {@link #becomeUserAndThen} will do: not where the filter would not let the rest pass, and not where a child
     * is not scheduled as its parent.
     */
    boolean canMoveLast() {
        boolean passes = untilFilter() == 0 || blueprint.filter().orElseThrow().passesNewcomers();
        boolean staysScheduled = process.scheduler()
                .filter(scheduler -> scheduler.policy() == Scheduler.Policy.SCHED_DEADLINE
                        || scheduler.flags().contains(Scheduler.Flag.SCHED_FLAG_RESET_ON_FORK))
                .isEmpty();
        return passes && staysScheduled;
    }

    /** Without no_new_privs a filter can be loaded only with CAP_SYS_ADMIN, kept until then and not a step longer. */
    private long untilFilter() {
        return blueprint.filter().isPresent() && !process.noNewPrivileges() ? SYS_ADMIN : 0;
    }

    private void giveUpRights() {
        GrantedCapabilities granted = GrantedCapabilities.of(process, blueprint.grantable());
        long untilFilter = untilFilter();
        add(new MountOperation.Chdir(process.cwd(), MountOperation.Chdir.When.UNLESS_DENIED), "process.cwd");
        add(new ProcessOperation.BoundCapabilities(granted.bounding()), "process.capabilities.bounding");
        add(new ProcessOperation.Prctl(ProcessOption.KEEPCAPS, 1), "the user changes before the capabilities do");
        // In a user namespace that denies it there is no way to drop any. Whoever wants some is told.
        Rights rights = blueprint.rights();
        boolean mayBeDenied = groups().isEmpty() && (!rights.privileged() || rights.inUserNamespace());
        add(new ProcessOperation.Setgroups(groups(), mayBeDenied), "process.user.additionalGids");
        add(new ProcessOperation.Setgid((int) process.user().gid()), "process.user.gid");
        add(new ProcessOperation.Setuid((int) process.user().uid()), "process.user.uid");
        add(
                new ProcessOperation.Capset(
                        granted.effective() | untilFilter, granted.permitted() | untilFilter, granted.inheritable()),
                untilFilter == 0 ? "process.capabilities" : "process.capabilities, and what loading the filter takes");
        add(new ProcessOperation.RaiseAmbient(granted.ambient()), "process.capabilities.ambient");
        add(
                new MountOperation.Chdir(process.cwd(), MountOperation.Chdir.When.IF_DENIED_BEFORE),
                "process.cwd, now as that user");
        add(new ControlOperation.CheckCwd(), "it must lie in the root (CVE-2024-21626)");
        add(
                new ControlOperation.FindProgram(process.args().getFirst(), searchPath()),
                "process.args[0]; it is create that says if it is missing");
    }

    private void endWithParent() {
        if (blueprint.beginning() instanceof Blueprint.Beginning.AtOnce(boolean diesWithParent) && diesWithParent) {
            add(
                    new ProcessOperation.Prctl(ProcessOption.PDEATHSIG, Signal.SIGKILL.number()),
                    "it does not outlive its monitor; a change of user would clear this");
        }
    }

    private void loadFilter() {
        if (blueprint.filter().isPresent()) {
            SeccompFilter filter = blueprint.filter().get();
            add(
                    filter.notifies()
                            ? new ProcessOperation.ListenSeccomp(
                                    filter.flags(), filter.program(), ControlOperation.LISTENING)
                            : new ProcessOperation.LoadSeccomp(filter.flags(), filter.program()),
                    "linux.seccomp");
        }
        if (untilFilter() != 0) {
            GrantedCapabilities granted = GrantedCapabilities.of(process, blueprint.grantable());
            add(
                    new ProcessOperation.Capset(granted.effective(), granted.permitted(), granted.inheritable()),
                    "process.capabilities");
        }
    }

    /** @param justBefore adds what is to be done when the program is about to begin */
    void begin(HostFiles files, Runnable justBefore) {
        add(new ControlOperation.Synchronise(ControlOperation.READY), "its state is saved before it runs");
        if (blueprint.beginning() instanceof Blueprint.Beginning.WhenStarted) {
            add(new ControlOperation.AwaitStart(files.start), "start may come from anywhere");
        }
        justBefore.run();
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
        return Optional.ofNullable(variables().get("PATH"))
                .map(variable -> variable.substring("PATH=".length()))
                .orElse(DEFAULT_PATH);
    }

    /** The program's: of several of one name the last holds, and an empty home is none, as with runC. */
    List<String> environment() {
        Map<String, String> variables = variables();
        if (variables.getOrDefault("HOME", "HOME=").equals("HOME=")) {
            variables.put("HOME", "HOME=" + blueprint.home().orElse("/"));
        }
        return List.copyOf(variables.values());
    }

    private Map<String, String> variables() {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String variable : process.env()) {
            String name = variable.substring(0, variable.indexOf('='));
            variables.remove(name);
            variables.put(name, variable);
        }
        return variables;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
