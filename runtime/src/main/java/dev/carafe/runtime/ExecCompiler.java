package dev.carafe.runtime;

import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.ConsoleSize;
import dev.carafe.oci.runtime.CpuAffinity;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.Optional;

/**
 * Compiles the order in which a process joins a container that runs.
 *
 * <p>What it enters belongs to somebody who may mean ill: nothing in there is trusted, and nothing of the host's is left
 * in reach of it (CVE-2016-9962, CVE-2019-5736, CVE-2024-21626). All namespaces are entered by one call, through a
 * descriptor of the container's first process: no path is looked up that could come to mean another, and there is no
 * moment at which it stands in some of them only.
 *
 * <p>Until it is what its program is to be, it is a process of no pid namespace that the container has: one of the
 * container's that may trace others, as CAP_SYS_PTRACE lets it, could otherwise make it do anything with the rights of
 * the host's superuser. It comes into sight as a child that never had more than its program.
 */
final class ExecCompiler {

    private final ExecBlueprint blueprint;
    private final ProcessConfig config;
    private final Plan.Builder plan = new Plan.Builder();
    private final ProcessCompiler process;

    private ExecCompiler(ExecBlueprint blueprint) {
        this.blueprint = blueprint;
        this.config = blueprint.process().config();
        this.process = new ProcessCompiler(plan, blueprint.process());
    }

    /** The plan that makes what a blueprint describes. */
    static Plan compile(ExecBlueprint blueprint) {
        return new ExecCompiler(blueprint).compile();
    }

    private Plan compile() {
        Slot first = plan.input("container");
        process.leaveCaller();
        setAffinity(config.execCpuAffinity().flatMap(CpuAffinity::initial), "process.execCPUAffinity.initial");
        process.joinCgroups(blueprint.process().rights().rootless());
        config.execCpuAffinity()
                .flatMap(CpuAffinity::last)
                .ifPresent(last -> setAffinity(Optional.of(last), "process.execCPUAffinity.final"));
        ProcessCompiler.HostFiles files = process.openHostFiles();
        boolean moves = blueprint.namespaces().contains(Namespace.PID)
                || blueprint.namespaces().contains(Namespace.TIME);
        boolean movesLast = moves && process.canMoveLast();
        if (movesLast || blueprint.namespaces().contains(Namespace.USER)) {
            process.raiseLimits();
        }
        enterNamespaces(first);
        blueprint.root().ifPresent(this::enterRoot);
        if (moves && !movesLast) {
            move();
        }
        process.joinKeyring();
        Optional<Slot> terminal = config.terminal() ? Optional.of(makeTerminal()) : Optional.empty();
        process.connect(files, terminal);
        process.setAttributes();
        if (movesLast) {
            process.becomeUserAndThen(() -> {
                move();
                process.startSession();
                process.takeTerminal(terminal);
                process.limitProcesses();
            });
        } else {
            process.startSession();
            process.takeTerminal(terminal);
            process.limitProcesses();
            process.becomeUser();
        }
        process.begin(files, () -> {});
        return plan.build();
    }

    /** A pid or a time namespace holds for children only, so that there is a second process. */
    private void move() {
        add(new ProcessOperation.CloneProcess(0), "the pid namespace holds for children; its processes see this one");
    }

    private void setAffinity(Optional<String> processors, String key) {
        if (processors.isPresent()) {
            add(new ProcessOperation.SetAffinity(Scheduling.processors(processors.get())), key);
        } else {
            add(
                    new ProcessOperation.SetAffinity(Scheduling.everyProcessor()),
                    "the cgroup's processors, not the caller's");
        }
    }

    private void enterNamespaces(Slot first) {
        long flags = 0;
        for (Namespace namespace : blueprint.namespaces()) {
            flags |= Integer.toUnsignedLong(namespace.flag());
        }
        if (flags != 0) {
            add(new ProcessOperation.Setns(first, flags, false), "linux.namespaces, all of them or none");
        }
        if (blueprint.namespaces().contains(Namespace.USER)) {
            add(new ProcessOperation.Setgid(0), "as its root, until it becomes process.user");
            add(new ProcessOperation.Setuid(0), "as its root, until it becomes process.user");
        }
    }

    private void enterRoot(String path) {
        Slot root = plan.slot("container-root");
        String why = "linux.namespaces has no mount namespace, whose root it would be";
        add(new FileOperation.Open(root, Slot.CWD, path, OpenFlags.PATH | OpenFlags.DIRECTORY, 0), why);
        add(new MountOperation.Fchdir(root), why);
        add(new MountOperation.Chroot("."), why);
    }

    /** Of whatever is at {@code /dev/pts} by now, if only it is a devpts (CVE-2025-52565). */
    private Slot makeTerminal() {
        Slot root = plan.slot("root");
        Slot devpts = plan.slot("devpts");
        Slot terminal = plan.slot("terminal");
        add(new FileOperation.Open(root, Slot.CWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY, 0), "process.terminal");
        add(
                new FileOperation.OpenIn(devpts, root, "/dev/pts", OpenFlags.PATH | OpenFlags.DIRECTORY, false),
                "process.terminal");
        add(
                new FileOperation.Check(devpts, 0, 0, FileSystemStatus.DEVPTS),
                "process.terminal, which comes from devpts only");
        ConsoleSize size = config.consoleSize().orElseGet(() -> new ConsoleSize(0, 0));
        add(new ControlOperation.MakeTerminal(terminal, devpts, size.width(), size.height()), "process.terminal");
        add(new ControlOperation.Own(terminal, (int) config.user().uid(), -1), "process.user");
        return terminal;
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
