package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Polling;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.accounts.Accounts;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.linux.cgroup.CgroupException;
import dev.carafe.linux.cgroup.Statistics;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.State;
import dev.carafe.oci.runtime.State.Status;
import dev.carafe.runtime.plan.EndingOperation;
import dev.carafe.runtime.plan.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

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

    private static final String NOT_RUNNING = "container not running";
    /** What a container that waits is given to begin. */
    private static final byte[] WORD = {1};

    private static final Duration DEATH_TIMEOUT = Duration.ofSeconds(10);

    private final Kernel kernel;
    private final Files files;
    private final Rights rights;
    private final StateRoot root;
    private final ContainerCgroups cgroups;
    private final ContainerMaker maker;
    private final ExecStarter execs;

    /**
     * @param caller for whom all this is done
     * @param rights what he may do
     * @param driver who makes the cgroups of new containers
     * @param rootPath the state root, absolute; made when it is first needed
     * @param cachePath where compiled system-call filters are kept, absolute; made likewise
     */
    public Containers(
            Kernel kernel, Caller caller, Rights rights, CgroupDriver driver, String rootPath, String cachePath) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.rights = rights;
        this.root = new StateRoot(kernel, rootPath);
        Filters filters = new Filters(kernel, cachePath);
        this.cgroups = new ContainerCgroups(kernel, caller, rights, driver);
        this.maker = new ContainerMaker(kernel, caller, rights, cgroups, root, filters);
        this.execs = new ExecStarter(kernel, caller, rights, cgroups, root, filters);
    }

    /**
     * A container to make.
     *
     * @param bundle absolute
     * @param root where its root file system comes from
     * @param rootfs what {@code state} says of it: an absolute path
     * @param preserved how many of the caller's descriptors from 3 on its first process keeps
     * @param notice where the caller wants to hear of its first process
     */
    public record Creation(
            String id,
            Config config,
            String bundle,
            RootSource root,
            String rootfs,
            Blueprint.Input input,
            int preserved,
            ProcessNotice notice) {

        Creation with(Blueprint.Input other) {
            return new Creation(id, config, bundle, root, rootfs, other, preserved, notice);
        }
    }

    /** What is done with a terminal's master side, where nobody relays it. */
    @FunctionalInterface
    public interface TerminalOwner {
        void take(Fd master);
    }

    /** Makes a container that waits to be started. */
    public void create(Creation creation, Starter starter, TerminalOwner owner) {
        maker.make(creation, starter, Starter.Parent.CALLER, owner, Optional.empty());
    }

    /**
     * Makes and starts a container, with a monitor as its parent.
     *
     * @param attached whether the client is the monitor, relays its terminal and ends with its status; then this returns
     *     when the program has begun
     * @param ending what the monitor does at the end: see {@link #removal}, which takes the cgroup along, and {@link
     *     #record}
     */
    public void run(
            Creation creation, Starter starter, boolean attached, TerminalOwner owner, List<EndingOperation> ending) {
        maker.make(
                creation,
                starter,
                attached ? Starter.Parent.ATTACHED_MONITOR : Starter.Parent.MONITOR,
                owner,
                Optional.of(ending));
    }

    /**
     * Makes and starts a container with a monitor as its parent that keeps its streams, whoever may leave. Returns when
     * the program has begun.
     *
     * @param creation its {@code input} has no meaning here
     * @param ending what the monitor does at the end, before it tells those who are attached: as of the other {@code run}
     * @return the monitor's process
     */
    public int run(Creation creation, Starter starter, Keeping keeping, List<EndingOperation> ending) {
        return maker.make(
                creation.with(keeping.input() == Keeping.Input.NONE ? Blueprint.Input.NULL : Blueprint.Input.INHERITED),
                starter,
                Starter.Parent.MONITOR,
                master -> {
                    throw new IllegalStateException("a terminal came where the monitor should have kept it");
                },
                Optional.of(ending),
                Optional.empty(),
                Optional.of(keeping));
    }

    /**
     * Connects to the monitor that keeps a container's streams, for {@link Client#attach} or {@link Attachment#begin}.
     *
     * @throws RuntimeFailure if there is none: the container has ended, or its streams are its caller's
     */
    public Fd connect(String id) {
        try (StateFolder folder = root.look(id)) {
            return folder.connect(kernel.sockets());
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /**
     * Makes a container that goes on where another one was when it was {@linkplain #checkpoint checkpointed}.
     *
     * @param attached as of {@link #run}; if not, it has the parent that it had: a monitor, or a client that ends
     * @param ending what a monitor does at the end
     */
    public void restore(
            Creation creation,
            CheckpointOptions options,
            Starter starter,
            boolean attached,
            TerminalOwner owner,
            List<EndingOperation> ending) {
        Unsupported.checkCheckpoint(creation.config(), rights);
        try (Restoration restoration = new Restoration(kernel, options, creation.config())) {
            // One that was under a monitor has asked not to outlive it.
            Starter.Parent parent = attached
                    ? Starter.Parent.ATTACHED_MONITOR
                    : restoration.diesWithParent() ? Starter.Parent.MONITOR : Starter.Parent.CALLER;
            maker.make(
                    creation,
                    starter,
                    parent,
                    owner,
                    parent == Starter.Parent.CALLER ? Optional.empty() : Optional.of(ending),
                    Optional.of(restoration),
                    Optional.empty());
        }
    }

    /** Writes what a container is doing to images. Unless it is to run on, it is deleted after that. */
    public void checkpoint(String id, CheckpointOptions options, Starter starter) {
        try (StateFolder folder = root.lock(id)) {
            Status status = status(folder);
            if (status != Status.RUNNING && status != Status.PAUSED) {
                throw new RuntimeFailure("Container cannot be checkpointed in " + status + " state");
            }
            Config config = folder.config();
            Unsupported.checkCheckpoint(config, rights);
            new Checkpointer(kernel, options).dump(folder.read().orElseThrow(), config);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
        if (!options.leaveRunning() && !options.preDump()) {
            delete(id, true, starter);
        }
    }

    /** What a monitor does to leave nothing of a container's state behind; it is deleted then, and its hooks are run. */
    public List<EndingOperation> removal(String id) {
        return List.of(maker.removal(id));
    }

    /** What a monitor does to keep how the container ended. */
    public List<EndingOperation> record(String id) {
        return List.of(new EndingOperation.RecordExit(root.path(id) + "/" + StateFolder.EXIT));
    }

    /** The plan that {@link #create} would have executed, without making anything. */
    public Plan explain(Creation creation) {
        return maker.explain(creation);
    }

    /** What would be done in the runtime's namespaces beside that, until the container is deleted. */
    public Optional<Plan> explainHooks(Creation creation) {
        return new HookCompiler(creation.config(), creation.id(), creation.bundle()).outside();
    }

    /**
     * Runs another process in a container that has been created or started.
     *
     * @param detached whether it outlives the client as an orphan; else the client is its monitor, relays its terminal
     *     and ends with its status, and this returns when the program has begun
     * @throws PlanFailure if it could not be made, with runC's words where the program is at fault
     */
    public void exec(ExecRequest request, Starter starter, boolean detached, TerminalOwner owner) {
        Starter.Parent parent = detached ? Starter.Parent.CALLER : Starter.Parent.ATTACHED_MONITOR;
        execs.start(request, starter, parent, owner, Optional.empty());
    }

    /**
     * Runs another process in a container, without a terminal, with a monitor of its own as its parent that keeps its
     * streams. Returns when the program has begun.
     *
     * @param keeping {@link Keeping#boundTo}
     * @throws PlanFailure as the other {@code exec}
     */
    public void exec(ExecRequest request, Starter starter, Keeping keeping) {
        execs.start(
                request,
                starter,
                Starter.Parent.MONITOR,
                master -> {
                    throw new IllegalStateException("a terminal came where none was asked for");
                },
                Optional.of(keeping));
    }

    /** What a container was made from; later changes to its bundle have no effect. */
    public Config config(String id) {
        try (StateFolder folder = root.look(id)) {
            return folder.config();
        }
    }

    /** The numbers of all processes in a container, in ascending order. */
    public List<Integer> processes(String id) {
        try {
            return cgroup(id).processes().stream().sorted().toList();
        } catch (CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /** Stops all processes of a container where they stand. */
    public void pause(String id) {
        try (StateFolder folder = root.lock(id)) {
            Status status = status(folder);
            if (status != Status.RUNNING && status != Status.CREATED) {
                throw new RuntimeFailure("container not running: cannot pause a container that is " + status);
            }
            cgroup(folder).freeze();
        } catch (CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /** Lets the processes of a paused container go on. */
    public void resume(String id) {
        try (StateFolder folder = root.lock(id)) {
            Status status = status(folder);
            if (status != Status.PAUSED) {
                throw new RuntimeFailure("container not paused: cannot resume a container that is " + status);
            }
            cgroup(folder).thaw();
        } catch (CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /**
     * Changes the limits of a container that has been created or started: those that are given, and no others. Devices
     * cannot be changed.
     */
    public void update(String id, Resources resources) {
        try (StateFolder folder = root.lock(id)) {
            Status status = status(folder);
            if (status == Status.STOPPED || status == Status.CREATING) {
                throw new RuntimeFailure("container not running: cannot update a container that is " + status);
            }
            cgroups.update(folder.read().orElseThrow(), Limits.of(resources).withDevices(List.of()));
        } catch (CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /** What a container uses and has used. */
    public Usage usage(String id) {
        try (StateFolder folder = root.look(id)) {
            Status status = status(folder);
            if (status == Status.STOPPED || status == Status.CREATING) {
                throw new RuntimeFailure("container not running: container " + id + " is " + status);
            }
            Cgroup cgroup = cgroup(folder);
            return new Usage(cgroup.statistics(), cgroup.oomKills());
        }
    }

    /**
     * What a container uses and has used.
     *
     * @param oomKills how many of its processes the kernel has killed for want of memory; empty if nothing counts them
     */
    public record Usage(Statistics statistics, OptionalLong oomKills) {}

    private Cgroup cgroup(String id) {
        try (StateFolder folder = root.look(id)) {
            return cgroup(folder);
        }
    }

    private Cgroup cgroup(StateFolder folder) {
        return Cgroup.open(kernel, folder.read().map(ContainerRecord::cgroups).orElse(Map.of()));
    }

    /**
     * Lets a created container begin.
     *
     * @throws HookFailure if a hook fails; the container is deleted then
     */
    public void start(String id, Starter starter) {
        try (Beginning beginning = begin(id)) {
            byte[] said = hear(beginning.start());
            if (said.length > 0) {
                throw failure(id, said);
            }
            if (beginning.hooks().isPresent()) {
                HookRunner.poststart(beginning.hooks().get(), beginning.pid(), starter);
            }
        } catch (HookFailure failure) {
            try {
                delete(id, true, starter);
            } catch (RuntimeFailure remains) {
                failure.addSuppressed(remains);
                starter.warn(remains.getMessage() + "; \"delete --force\" clears it");
            }
            throw failure;
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /**
     * What the process tells that has been given the word; nothing if it has begun. Nobody may listen before the word has
     * been read, or would take it away.
     */
    private byte[] hear(Fd start) {
        kernel.polling().poll(List.of(new Polling.Interest(start, Polling.OUT)), Polling.FOREVER);
        // Now the word has been read, or whoever was to read it has gone: perhaps after he has told why.
        try (Fd told = files.open(Fd.CWD, "/proc/self/fd/" + start.number(), OpenFlags.RDONLY | OpenFlags.NONBLOCK)) {
            start.close(); // so that there is an end when the process has no more to say
            kernel.polling().awaitReadable(told, Polling.FOREVER);
            byte[] said = files.read(told, HookFailure.MOST_BYTES);
            if (Arrays.equals(said, WORD)) {
                throw new RuntimeFailure("cannot start a container that has stopped");
            }
            return said;
        }
    }

    /** What a process that could not begin has told. In its container somebody may have had the means to make it up. */
    private static RuntimeFailure failure(String id, byte[] said) {
        Message message = Message.parse(said);
        if (message.type() == Message.Type.HOOK_FAILED) {
            return HookFailure.parse(said);
        }
        return new RuntimeFailure("container " + id + " could not begin: " + HookFailure.words(message.b()));
    }

    /** A container that has been told to begin, and is nobody's: its hooks may take long, or want something of it. */
    private record Beginning(Fd start, int pid, Optional<HookCompiler> hooks) implements AutoCloseable {
        @Override
        public void close() {
            start.close();
        }
    }

    private Beginning begin(String id) {
        try (StateFolder folder = root.lock(id)) {
            Status status = status(folder);
            if (status != Status.CREATED) {
                throw new RuntimeFailure(
                        switch (status) {
                            case STOPPED -> "cannot start a container that has stopped";
                            case PAUSED -> "cannot start a container in the paused state; resume it first";
                            default -> "cannot start an already " + status + " container";
                        });
            }
            ContainerRecord record = folder.read().orElseThrow();
            Optional<HookCompiler> hooks = hooks(id, folder, record);
            Fd start = giveWord(folder);
            folder.remove(StateFolder.START);
            return new Beginning(start, record.process().orElseThrow().pid(), hooks);
        }
    }

    private Fd giveWord(StateFolder folder) {
        Fd start;
        try {
            start = folder.open(StateFolder.START, OpenFlags.WRONLY | OpenFlags.NONBLOCK);
        } catch (SystemCallException exception) {
            throw exception.errno() == Errno.ENXIO
                    ? new RuntimeFailure("cannot start a container that has stopped", exception)
                    : exception;
        }
        try {
            files.shrinkPipe(start); // one byte fills it, so that it shows when that has been read
            files.write(start, WORD);
            return start;
        } catch (SystemCallException exception) {
            start.close();
            throw exception;
        }
    }

    private static Optional<HookCompiler> hooks(String id, StateFolder folder, ContainerRecord record) {
        return record.hooks() ? Optional.of(new HookCompiler(folder.config(), id, record.bundle())) : Optional.empty();
    }

    /** What the container is and whether it runs. */
    public State state(String id) {
        try (StateFolder folder = root.look(id)) {
            return state(id, folder);
        }
    }

    /** The ids of all containers, in no order. */
    public List<String> ids() {
        return root.ids();
    }

    /** Every container, oldest first. */
    public List<State> list() {
        List<State> states = new ArrayList<>();
        for (String id : ids()) {
            Optional<StateFolder> seen = root.lookIfPresent(id);
            if (seen.isPresent()) {
                try (StateFolder folder = seen.get()) {
                    states.add(state(id, folder));
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
        try (StateFolder folder = root.lock(id)) {
            Optional<ContainerRecord> record = folder.read();
            if (all && record.isPresent() && !record.get().cgroups().isEmpty()) {
                signalAll(Cgroup.open(kernel, record.get().cgroups()), signal);
                return;
            }
            if (signal == Signal.SIGKILL && record.isPresent() && hasPidsOfTheHost(folder)) {
                Cgroup cgroup = Cgroup.open(kernel, record.get().cgroups());
                if (cgroup.processes().isEmpty()) {
                    throw new RuntimeFailure(NOT_RUNNING);
                }
                cgroup.kill();
                return;
            }
            try (Fd process = running(record)) {
                kernel.processes().signal(process, signal);
            }
            if (signal == Signal.SIGKILL) {
                thawV1(record);
            }
        } catch (SystemCallException | CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /**
     * Asks whether the container's first process is there, as {@code kill(2)} does with signal 0.
     *
     * @throws RuntimeFailure with runC's words {@code container not running} if it is not
     */
    public void requireRunning(String id) {
        try (StateFolder folder = root.look(id)) {
            running(folder.read()).close();
        }
    }

    private Fd running(Optional<ContainerRecord> record) {
        Fd process = record.flatMap(ContainerRecord::process)
                .flatMap(kernel.processes()::open)
                .orElseThrow(() -> new RuntimeFailure(NOT_RUNNING));
        if (!kernel.processes().isAlive(process)) {
            process.close();
            throw new RuntimeFailure(NOT_RUNNING);
        }
        return process;
    }

    /** There the end of the first process is not everybody's. */
    private static boolean hasPidsOfTheHost(StateFolder folder) {
        return folder.config()
                .linux()
                .namespace(dev.carafe.oci.runtime.Namespace.Type.PID)
                .isEmpty();
    }

    /** The freezer of cgroup v1 holds back even those that are to die. */
    private void thawV1(Optional<ContainerRecord> record) {
        if (record.isPresent() && record.get().cgroups().containsKey("freezer")) {
            Cgroup cgroup = Cgroup.open(kernel, record.get().cgroups());
            if (cgroup.frozen()) {
                cgroup.thaw();
            }
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
     * <p>Its hooks for that are run when it is no more; one that fails is told of.
     *
     * @param force kills a running one first, clears one whose making was cut short, and takes one that is not there as
     *     deleted
     */
    public void delete(String id, boolean force, Starter starter) {
        Optional<StateFolder> locked = root.lockIfPresent(id);
        if (locked.isEmpty()) {
            if (force) {
                return;
            }
            throw StateRoot.missing(id);
        }
        Optional<HookCompiler> hooks;
        try (StateFolder folder = locked.get()) {
            hooks = hooksOfDeleted(id, folder, force, starter);
            delete(id, folder, force);
        } catch (SystemCallException | CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
        if (hooks.isPresent()) {
            HookRunner.poststop(hooks.get(), starter);
        }
    }

    /** What cannot be read is lost to whoever deletes by force. */
    private static Optional<HookCompiler> hooksOfDeleted(
            String id, StateFolder folder, boolean force, Starter starter) {
        try {
            Optional<ContainerRecord> record = force ? readable(folder) : folder.read();
            return record.isEmpty() ? Optional.empty() : hooks(id, folder, record.get());
        } catch (RuntimeFailure damaged) {
            if (!force) {
                throw damaged;
            }
            starter.warn("hooks.poststop are not run: " + damaged.getMessage());
            return Optional.empty();
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
                thawV1(record);
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
            cgroups.remove(record.get());
            record.get().resctrl().forEach(group -> ResctrlGroups.remove(files, group));
            record.get()
                    .beneath()
                    .ifPresent(
                            mount -> new HostMounts(kernel).remove(record.get().rootfs(), mount));
        }
        folder.removeAll();
    }

    /**
     * Removes what there is of a container, ending it first, whatever state it is in; nothing happens if there is none. Hooks
     * are not run.
     */
    public void clear(String id) {
        Optional<StateFolder> locked = root.lockIfPresent(id);
        if (locked.isEmpty()) {
            return;
        }
        try (StateFolder folder = locked.get()) {
            delete(id, folder, true);
        } catch (SystemCallException | CgroupException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    /**
     * The first process of a container that has not ended.
     *
     * @param paused whether it stands still
     */
    public record Running(int pid, boolean paused) {}

    /** The first process of a container; empty if there is none, or it has ended. */
    public Optional<Running> running(String id) {
        Optional<StateFolder> seen = root.lookIfPresent(id);
        if (seen.isEmpty()) {
            return Optional.empty();
        }
        try (StateFolder folder = seen.get()) {
            Optional<ContainerRecord> record = folder.read();
            return switch (status(folder, record)) {
                case CREATING, STOPPED -> Optional.empty();
                case CREATED, RUNNING ->
                    Optional.of(new Running(
                            record.orElseThrow().process().orElseThrow().pid(), false));
                case PAUSED ->
                    Optional.of(new Running(
                            record.orElseThrow().process().orElseThrow().pid(), true));
            };
        }
    }

    /** The same for whoever asks often. */
    public Optional<RunningContainer> hold(String id) {
        Optional<StateFolder> seen = root.lookIfPresent(id);
        if (seen.isEmpty()) {
            return Optional.empty();
        }
        try (StateFolder folder = seen.get()) {
            Optional<ContainerRecord> record = folder.read();
            Optional<Fd> process = record.flatMap(ContainerRecord::process).flatMap(kernel.processes()::open);
            if (process.isEmpty()) {
                return Optional.empty();
            }
            try {
                return Optional.of(new RunningContainer(
                        kernel.processes(),
                        record.orElseThrow().process().orElseThrow().pid(),
                        process.get(),
                        Cgroup.open(kernel, record.get().cgroups()).holdFreezer()));
            } catch (RuntimeException exception) {
                process.get().close();
                throw exception;
            }
        }
    }

    /** A damaged record is as good as none to whoever deletes by force. */
    private static Optional<ContainerRecord> readable(StateFolder folder) {
        try {
            return folder.read();
        } catch (RuntimeFailure damaged) {
            return Optional.empty();
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

    /** By name, as far as this machine's own list of users goes; asking other services takes more than it is worth. */
    private String owner(long uid) {
        if (uid == 0) {
            return "root";
        }
        try {
            return Accounts.parse(files.readText(Fd.CWD, "/etc/passwd", Accounts.FILE_MOST), "")
                    .name(uid)
                    .orElse("#" + uid);
        } catch (SystemCallException unreadable) {
            return "#" + uid;
        }
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
        if (Cgroup.open(kernel, record.get().cgroups()).frozen()) {
            return Status.PAUSED;
        }
        return folder.has(StateFolder.START) ? Status.CREATED : Status.RUNNING;
    }
}
