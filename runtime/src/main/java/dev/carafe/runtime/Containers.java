package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Polling;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.linux.cgroup.CgroupException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.State;
import dev.carafe.oci.runtime.State.Status;
import dev.carafe.runtime.plan.EndingOperation;
import dev.carafe.runtime.plan.OversizedPlanException;
import dev.carafe.runtime.plan.Plan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The containers of one state root: made, started, asked after, signalled and deleted, as the OCI runtime specification
 * has it (runtime.md, "Lifecycle").
 *
 * <p>All of a container's state is its folder under the root and what the kernel knows. Any process may call, at any
 * time: two that want the same container take turns, and what one that died half-way leaves behind, {@code delete} with
 * force clears.
 *
 * <p>Methods throw {@link RuntimeFailure}, with a message that says what was asked and what to do.
 */
public final class Containers {

    private static final Duration DEATH_TIMEOUT = Duration.ofSeconds(10);
    private static final int ROOT_MODE = 0700;

    private final Kernel kernel;
    private final Files files;
    private final String rootPath;
    private final Filters filters;

    /**
     * @param rootPath the state root, absolute; made when it is first needed
     * @param cachePath where compiled system-call filters are kept, absolute; made likewise
     */
    public Containers(Kernel kernel, String rootPath, String cachePath) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.rootPath = rootPath;
        this.filters = new Filters(kernel, cachePath);
    }

    /**
     * A container to make.
     *
     * @param bundle absolute
     * @param root where its root file system comes from
     * @param rootfs what {@code state} says of it: an absolute path
     * @param pidFile where to write the number of its first process
     */
    public record Creation(
            String id,
            Config config,
            String bundle,
            RootSource root,
            String rootfs,
            Blueprint.Input input,
            Optional<String> pidFile) {}

    /** What is done with a terminal's master side, where nobody relays it. */
    @FunctionalInterface
    public interface TerminalOwner {
        void take(Fd master);
    }

    /** Makes a container that waits to be started. */
    public void create(Creation creation, Starter starter, TerminalOwner owner) {
        make(creation, starter, Starter.Parent.CALLER, owner, Optional.empty());
    }

    /**
     * Makes and starts a container, with a monitor as its parent.
     *
     * @param attached whether the client is the monitor, relays its terminal and ends with its status; then this returns
     *     when the program has begun
     * @param ending what the monitor does at the end besides removing the cgroup: see {@link #removal}
     */
    public void run(
            Creation creation, Starter starter, boolean attached, TerminalOwner owner, List<EndingOperation> ending) {
        make(
                creation,
                starter,
                attached ? Starter.Parent.ATTACHED_MONITOR : Starter.Parent.MONITOR,
                owner,
                Optional.of(ending));
    }

    /** What a monitor does to leave nothing of a container's state behind. */
    public List<EndingOperation> removal(String id) {
        return List.of(new EndingOperation.RemoveTree(rootPath + "/" + ContainerId.check(id)));
    }

    /** What a monitor does to keep how the container ended. */
    public List<EndingOperation> record(String id) {
        return List.of(new EndingOperation.RecordExit(rootPath + "/" + ContainerId.check(id) + "/" + StateFolder.EXIT));
    }

    private void make(
            Creation creation,
            Starter starter,
            Starter.Parent parent,
            TerminalOwner owner,
            Optional<List<EndingOperation>> ending) {
        String id = ContainerId.check(creation.id());
        try (Fd root = makeRoot();
                Undo undo = new Undo();
                StateFolder folder = StateFolder.create(files, root, id)) {
            undo.add(() -> remove(root, id));
            ContainerRecord record = newRecord(creation);
            folder.write(record);

            Cgroup cgroup = Cgroup.create(kernel, CgroupLayout.of(kernel), record.cgroupsPath());
            undo.add(cgroup::remove);
            record = record.withCgroups(cgroup.paths());
            folder.write(record);
            creation.config().linux().resources().ifPresent(resources -> cgroup.apply(Limits.of(resources)));

            Blueprint.Beginning beginning = new Blueprint.Beginning.AtOnce();
            if (ending.isEmpty()) {
                folder.makeFifos();
                String path = rootPath + "/" + id + "/";
                beginning = new Blueprint.Beginning.WhenStarted(path + StateFolder.START, path + StateFolder.FAILURE);
            }
            Plan plan = Compiler.compile(blueprint(creation, cgroup.paths(), beginning));
            Optional<Plan> endingPlan = ending.map(steps -> endingPlan(cgroup, steps));
            try (Init init = starter.start(parent, plan, List.of(), endingPlan)) {
                converse(init, plan, record, folder, creation.pidFile(), owner);
            }
            undo.keep();
        } catch (SystemCallException | CgroupException | OversizedPlanException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /** Until the program runs, or waits to be started. */
    private void converse(
            Init init,
            Plan plan,
            ContainerRecord record,
            StateFolder folder,
            Optional<String> pidFile,
            TerminalOwner owner) {
        while (true) {
            switch (init.await()) {
                case Init.Event.TerminalMade terminal -> {
                    try (Fd master = terminal.master()) {
                        owner.take(master);
                    }
                }
                case Init.Event.Reached reached -> {
                    ProcessIdentity process = kernel.processes()
                            .identify(reached.pid())
                            .orElseThrow(() -> new RuntimeFailure("the container's first process is gone"));
                    folder.write(record.withProcess(process));
                    pidFile.ifPresent(path -> writePidFile(path, reached.pid()));
                    init.goOn();
                }
                case Init.Event.Running ignored -> {
                    return;
                }
                case Init.Event.Failed failed -> throw PlanFailure.of(plan, failed.operation(), failed.errno());
                case Init.Event.Died died -> throw PlanFailure.died(died.waitStatus());
                case Init.Event.Lost ignored ->
                    throw new RuntimeFailure("the caller went away before its container was ready");
            }
        }
    }

    private ContainerRecord newRecord(Creation creation) {
        Config config = creation.config();
        return new ContainerRecord(
                creation.id(),
                config.ociVersion(),
                creation.bundle(),
                creation.rootfs(),
                config.annotations(),
                Instant.now(),
                files.status(Fd.CWD, "/proc/self", 0).uid(),
                config.linux().cgroupsPath().orElse("carafe-" + creation.id()),
                Map.of(),
                Optional.empty());
    }

    private Blueprint blueprint(Creation creation, Map<String, String> cgroups, Blueprint.Beginning beginning) {
        Config config = creation.config();
        ProcessConfig process = config.process()
                .orElseThrow(() -> new RuntimeFailure("config.json: process: is missing; there is nothing to run"));
        return new Blueprint(
                config,
                process,
                creation.bundle(),
                creation.root(),
                cgroups,
                config.linux().seccomp().map(filters::compile),
                new HomeFolder(files).of(process, creation.root()),
                grantable(config),
                creation.input(),
                beginning);
    }

    /** The plan that {@link #create} would have executed, without making anything. */
    public Plan explain(Creation creation) {
        Map<String, String> cgroups = new LinkedHashMap<>();
        String path = creation.config().linux().cgroupsPath().orElse("carafe-" + creation.id());
        for (CgroupLayout.Hierarchy hierarchy : CgroupLayout.of(kernel).hierarchies()) {
            String own = path.startsWith("/") ? "" : hierarchy.ownPath().orElse("/");
            String folder =
                    hierarchy.mountPoint() + (own.equals("/") ? "" : own) + (path.startsWith("/") ? "" : "/") + path;
            for (String controller : hierarchy.controllers()) {
                cgroups.put(controller, folder);
            }
            if (hierarchy.unified()) {
                cgroups.put(Cgroup.UNIFIED, folder);
            }
        }
        String folder = rootPath + "/" + creation.id() + "/";
        return Compiler.compile(blueprint(
                creation,
                cgroups,
                new Blueprint.Beginning.WhenStarted(folder + StateFolder.START, folder + StateFolder.FAILURE)));
    }

    /** In a new user namespace every capability is there to give. */
    private Set<Capability> grantable(Config config) {
        return config.linux()
                        .namespace(dev.carafe.oci.runtime.Namespace.Type.USER)
                        .isPresent()
                ? Set.of(Capability.values())
                : kernel.privileges().capabilities().permitted();
    }

    private static Plan endingPlan(Cgroup cgroup, List<EndingOperation> steps) {
        Plan.Builder plan = new Plan.Builder();
        for (String directory : cgroup.directories()) {
            plan.add(new EndingOperation.RemoveCgroup(directory), "nothing of it runs on");
        }
        for (EndingOperation step : steps) {
            plan.add(step, "it has ended");
        }
        return plan.build();
    }

    /** Lets a created container begin. */
    public void start(String id) {
        try (Fd root = makeRoot();
                StateFolder folder = lock(root, id)) {
            Status status = status(folder);
            if (status != Status.CREATED) {
                throw new RuntimeFailure(
                        status == Status.STOPPED
                                ? "cannot start a container that has stopped"
                                : "cannot start an already " + status + " container");
            }
            try (Fd failure = folder.open(StateFolder.FAILURE, OpenFlags.RDONLY | OpenFlags.NONBLOCK)) {
                try (Fd word = folder.open(StateFolder.START, OpenFlags.WRONLY | OpenFlags.NONBLOCK)) {
                    files.write(word, new byte[] {1});
                }
                kernel.polling().awaitReadable(failure, Polling.FOREVER);
                byte[] said = files.read(failure, Message.BYTES);
                folder.remove(StateFolder.START);
                folder.remove(StateFolder.FAILURE);
                if (said.length > 0) {
                    ByteBuffer message = ByteBuffer.wrap(said).order(ByteOrder.nativeOrder());
                    throw new RuntimeFailure("container " + id + " could not begin: "
                            + Errno.of(message.getInt(8)).description());
                }
            }
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENXIO) {
                throw new RuntimeFailure("cannot start a container that has stopped", exception);
            }
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /** What the container is and whether it runs. */
    public State state(String id) {
        ContainerId.check(id);
        try (Fd root = makeRoot();
                StateFolder folder = StateFolder.look(files, root, id).orElseThrow(() -> missing(id))) {
            return state(id, folder);
        }
    }

    /** Every container, oldest first. */
    public List<State> list() {
        List<State> states = new ArrayList<>();
        try (Fd root = makeRoot()) {
            for (String id : files.list(root)) {
                Optional<StateFolder> seen = StateFolder.look(files, root, id);
                if (seen.isPresent()) {
                    try (StateFolder folder = seen.get()) {
                        states.add(state(id, folder));
                    }
                }
            }
        }
        states.sort(Comparator.comparing(state -> state.created().orElse(Instant.MAX)));
        return states;
    }

    /**
     * Signals the container's first process, or with {@code all} everything in it.
     *
     * @throws RuntimeFailure with runC's words {@code container not running} if there is nobody to signal
     */
    public void kill(String id, Signal signal, boolean all) {
        try (Fd root = makeRoot();
                StateFolder folder = lock(root, id)) {
            Optional<ContainerRecord> record = folder.read();
            if (all && record.isPresent() && !record.get().cgroups().isEmpty()) {
                signalAll(Cgroup.open(kernel, record.get().cgroups()), signal);
                return;
            }
            Optional<Fd> process = record.flatMap(ContainerRecord::process).flatMap(kernel.processes()::open);
            if (process.isEmpty()) {
                throw new RuntimeFailure("container not running");
            }
            try (Fd open = process.get()) {
                if (!kernel.processes().isAlive(open)) {
                    throw new RuntimeFailure("container not running");
                }
                kernel.processes().signal(open, signal);
            }
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    private void signalAll(Cgroup cgroup, Signal signal) {
        if (signal == Signal.SIGKILL) {
            cgroup.kill();
            return;
        }
        for (int pid : cgroup.processes()) {
            try {
                kernel.processes().kill(pid, signal);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ESRCH) {
                    throw exception;
                }
            }
        }
    }

    /**
     * Removes a container that is not running.
     *
     * @param force kills a running one first, clears one whose making was cut short, and takes one that is not there as
     *     deleted
     */
    public void delete(String id, boolean force) {
        ContainerId.check(id);
        try (Fd root = makeRoot()) {
            Optional<StateFolder> locked = StateFolder.lock(files, root, id);
            if (locked.isEmpty()) {
                if (force) {
                    return;
                }
                throw missing(id);
            }
            try (StateFolder folder = locked.get()) {
                delete(id, folder, force);
            }
        } catch (SystemCallException | CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    private void delete(String id, StateFolder folder, boolean force) {
        Optional<ContainerRecord> record = force ? readable(folder) : folder.read();
        Status status = status(folder, record);
        if (!force && status != Status.STOPPED && status != Status.CREATED) {
            throw new RuntimeFailure("cannot delete container " + id + " that is not stopped: " + status);
        }
        Optional<Fd> process = record.flatMap(ContainerRecord::process).flatMap(kernel.processes()::open);
        if (process.isPresent()) {
            try (Fd open = process.get()) {
                kernel.processes().signal(open, Signal.SIGKILL);
                if (!kernel.polling().awaitReadable(open, DEATH_TIMEOUT)) {
                    throw new RuntimeFailure("container " + id + ": its first process does not end on SIGKILL");
                }
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ESRCH) {
                    throw exception;
                }
            }
        }
        if (record.isPresent()) {
            Cgroup cgroup = record.get().cgroups().isEmpty()
                    ? Cgroup.create(
                            kernel, CgroupLayout.of(kernel), record.get().cgroupsPath())
                    : Cgroup.open(kernel, record.get().cgroups());
            cgroup.kill();
            cgroup.remove();
        }
        folder.removeAll();
    }

    /** A damaged record is as good as none to whoever deletes by force. */
    private static Optional<ContainerRecord> readable(StateFolder folder) {
        try {
            return folder.read();
        } catch (RuntimeFailure damaged) {
            return Optional.empty();
        }
    }

    private void remove(Fd root, String id) {
        Optional<StateFolder> locked = StateFolder.lock(files, root, id);
        if (locked.isPresent()) {
            try (StateFolder folder = locked.get()) {
                folder.removeAll();
            }
        }
    }

    private State state(String id, StateFolder folder) {
        Optional<ContainerRecord> read = folder.read();
        Status status = status(folder, read);
        if (read.isEmpty()) {
            return new State(
                    Config.OCI_VERSION,
                    id,
                    status,
                    0,
                    "/",
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
        ContainerRecord record = read.get();
        return new State(
                record.ociVersion(),
                id,
                status,
                status == Status.STOPPED || record.process().isEmpty()
                        ? 0
                        : record.process().get().pid(),
                record.bundle(),
                record.annotations(),
                Optional.of(record.rootfs()),
                Optional.of(record.created()),
                Optional.of(owner(record.owner())));
    }

    private static String owner(long uid) {
        return uid == 0 ? "root" : "#" + uid;
    }

    private Status status(StateFolder folder) {
        return status(folder, folder.read());
    }

    private Status status(StateFolder folder, Optional<ContainerRecord> record) {
        if (record.isEmpty() || record.get().process().isEmpty()) {
            return Status.CREATING;
        }
        if (!kernel.processes().isAlive(record.get().process().get())) {
            return Status.STOPPED;
        }
        if (folder.has(StateFolder.START)) {
            return Status.CREATED;
        }
        return Cgroup.open(kernel, record.get().cgroups()).frozen() ? Status.PAUSED : Status.RUNNING;
    }

    private StateFolder lock(Fd root, String id) {
        return StateFolder.lock(files, root, ContainerId.check(id)).orElseThrow(() -> missing(id));
    }

    private static RuntimeFailure missing(String id) {
        return new RuntimeFailure("container " + id + " does not exist");
    }

    private Fd makeRoot() {
        try {
            return openRoot();
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw new RuntimeFailure("the state root " + rootPath + ": " + exception.getMessage(), exception);
            }
        }
        for (int slash = rootPath.indexOf('/', 1); ; slash = rootPath.indexOf('/', slash + 1)) {
            String path = slash < 0 ? rootPath : rootPath.substring(0, slash);
            try {
                files.makeDirectory(Fd.CWD, path, ROOT_MODE);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EEXIST) {
                    throw new RuntimeFailure("the state root " + rootPath + ": " + exception.getMessage(), exception);
                }
            }
            if (slash < 0) {
                return openRoot();
            }
        }
    }

    private Fd openRoot() {
        return files.open(Fd.CWD, rootPath, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    private void writePidFile(String path, int pid) {
        int slash = path.lastIndexOf('/');
        String temporary = path.substring(0, slash + 1) + "." + path.substring(slash + 1);
        try (Fd file = files.open(Fd.CWD, temporary, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, 0644, 0)) {
            files.write(file, Integer.toString(pid).getBytes(StandardCharsets.US_ASCII));
        }
        files.rename(Fd.CWD, temporary, Fd.CWD, path);
    }
}
