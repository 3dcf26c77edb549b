package dev.carafe.runtime;

import dev.carafe.linux.Namespace;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.ConsoleSize;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.Sysctl;
import dev.carafe.oci.runtime.TimeOffset;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
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

    private final Blueprint blueprint;
    private final Linux linux;
    private final ProcessConfig config;
    private final Plan.Builder plan = new Plan.Builder();
    private final ProcessCompiler process;
    private final RootCompiler root;
    private final boolean privileged;
    /** The namespaces to enter that are there already, and a new user namespace, which is made before it is entered. */
    private final Map<Namespace, Slot> entered = new LinkedHashMap<>();

    private final HookCompiler hooks;

    private Compiler(Blueprint blueprint) {
        this.blueprint = blueprint;
        this.linux = blueprint.config().linux();
        this.config = blueprint.process().config();
        this.process = new ProcessCompiler(plan, blueprint.process());
        this.root = new RootCompiler(plan, blueprint);
        this.hooks = new HookCompiler(blueprint.config(), blueprint.id(), blueprint.bundle());
        this.privileged = blueprint.process().rights().privileged();
    }

    /**
     * The plan that makes what a blueprint describes.
     *
     * @throws RuntimeFailure if it asks for something that this version does not do, naming the key
     */
    static Plan compile(Blueprint blueprint) {
        Unsupported.check(blueprint);
        Rootless.check(blueprint);
        return new Compiler(blueprint).compile();
    }

    private Plan compile() {
        process.leaveCaller();
        add(new ProcessOperation.SetAffinity(Scheduling.everyProcessor()), "the cgroup's processors, not the caller's");
        process.joinCgroups(false);
        ProcessCompiler.HostFiles files = process.openHostFiles();
        openNamespaces();
        makeUserNamespace();
        if (entered.containsKey(Namespace.USER) && !entered.containsKey(Namespace.MOUNT) && privileged) {
            process.raiseLimits();
            root.useUserNamespace(entered.get(Namespace.USER));
            root.openSources();
            root.openRoot();
            if (hooks.seeRoot()) {
                root.goToItsPlace();
            }
            enterNamespaces();
            root.isolate();
        } else if (root.sharesWithHost() && privileged) {
            enterNamespaces();
            root.openSources();
            root.isolate();
            root.openRoot();
        } else {
            // A caller without privileges has the right to clone mounts only in there.
            enterNamespaces();
            root.isolate();
            root.openSources();
            root.openRoot();
        }
        startSession();
        if (hooks.seeRoot()) {
            root.attachInItsPlace();
        } else {
            root.attach();
        }
        root.mountAll();
        root.makeDevices();
        Optional<Slot> terminal = config.terminal() ? Optional.of(makeTerminal()) : Optional.empty();
        hooks.addMounted(plan, root.slot());
        root.enter();

        process.connect(files, terminal);
        process.takeTerminal(terminal);
        setNames();
        setKernelParameters();
        root.protect();
        process.setAttributes();
        process.limitProcesses();
        process.becomeUser();
        process.begin(files, () -> hooks.addStarting(plan, process.environment()));
        return plan.build();
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
        Map<Namespace, Slot> others = new LinkedHashMap<>(entered);
        Optional<Slot> user = Optional.ofNullable(others.remove(Namespace.USER));
        others.forEach((kind, slot) -> join(slot, kind, user.isPresent()));
        if (user.isPresent()) {
            join(user.get(), Namespace.USER, false);
            others.forEach((kind, slot) -> join(slot, kind, false));
        }
    }

    private void join(Slot slot, Namespace kind, boolean mayWait) {
        add(
                new ProcessOperation.Setns(slot, kindFlag(kind), mayWait),
                "linux.namespaces, " + kind.file() + (mayWait ? ", if it is the host's" : ""));
    }

    private void makeUserNamespace() {
        if (!creates(Namespace.USER)) {
            return;
        }
        Slot slot = plan.slot("userns");
        process.withFilesInProc(() -> add(
                Rootless.userNamespace(slot, linux, blueprint.process().rights()),
                "linux.namespaces, user; linux.uidMappings, linux.gidMappings"));
        entered.put(Namespace.USER, slot);
    }

    /** All are opened before any is entered, as entering one changes what a path means. */
    private void openNamespaces() {
        for (var namespace : linux.namespaces()) {
            if (namespace.path().isPresent()) {
                Namespace kind = kind(namespace.type());
                Slot slot = plan.slot(kind.file() + "-namespace");
                add(
                        new FileOperation.Open(slot, Slot.CWD, namespace.path().get(), OpenFlags.RDONLY, 0),
                        "linux.namespaces, " + namespace.type() + ", to join");
                entered.put(kind, slot);
            }
        }
    }

    private void makeTimeNamespace() {
        if (!creates(Namespace.TIME)) {
            return;
        }
        add(new ProcessOperation.Unshare(kindFlag(Namespace.TIME)), "linux.namespaces, time, for the child");
        if (!linux.timeOffsets().isEmpty()) {
            process.withFilesInProc(this::setTimeOffsets);
        }
    }

    private void setTimeOffsets() {
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
        process.startSession();
        process.joinKeyring();
        if (creates(Namespace.NETWORK)) {
            add(new ProcessOperation.LoopbackUp(), "linux.namespaces, network");
        }
        if (!linux.netDevices().isEmpty()) {
            add(
                    new ControlOperation.Synchronise(ControlOperation.IN_NETWORK),
                    "linux.netDevices, which are moved to it");
        }
    }

    /** Of a devpts that this plan has mounted, so that the terminal is what it seems to be (CVE-2025-52565). */
    private Slot makeTerminal() {
        Slot devpts = root.devpts()
                .orElseThrow(() -> new RuntimeFailure(
                        "config.json: process.terminal: needs a mount of type devpts at /dev/pts in mounts"));
        Slot terminal = plan.slot("terminal");
        ConsoleSize size = config.consoleSize().orElseGet(() -> new ConsoleSize(0, 0));
        add(new ControlOperation.MakeTerminal(terminal, devpts, size.width(), size.height()), "process.terminal");
        add(new ControlOperation.Own(terminal, (int) config.user().uid(), -1), "process.user");
        root.bindConsole(terminal);
        return terminal;
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

    private boolean creates(Namespace kind) {
        for (var namespace : linux.namespaces()) {
            if (kind(namespace.type()) == kind) {
                return namespace.path().isEmpty();
            }
        }
        return false;
    }

    static Namespace kind(dev.carafe.oci.runtime.Namespace.Type type) {
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

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
