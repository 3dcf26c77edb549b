package dev.carafe.linux.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.CgroupLayout.Hierarchy;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringTokenizer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * One cgroup: a directory in every mounted hierarchy, or just one under v2.
 *
 * <p>An object of this class holds paths and nothing open: what outlives this process is {@link #paths}, from which
 * {@link #open} makes the same object again. It is thread-safe as far as the kernel is, which orders single writes.
 *
 * {@snippet :
 * Cgroup cgroup = Cgroup.create(kernel, CgroupLayout.of(kernel), "/carafe/web");
 * cgroup.apply(resources);
 * cgroup.join(pid);       // or clone3(2) into cloneInto()
 * ...
 * cgroup.kill();
 * cgroup.remove();
 * }
 */
public final class Cgroup {

    /** The key of v2's directory in {@link #paths}. */
    public static final String UNIFIED = "";

    /** In the order in which they are applied: what is likeliest to be refused comes first. */
    private static final List<Controller> CONTROLLERS = List.of(
            new CpusetController(),
            new DeviceController(),
            new MemoryController(),
            new CpuController(),
            new PidsController(),
            new BlockIoController(),
            new HugePageController(),
            new NetworkClassController(),
            new NetworkPriorityController(),
            new RdmaController());

    private static final String PROCESSES = "cgroup.procs";
    private static final int REMOVAL_TRIES = 11;
    private static final int JOIN_TRIES = 5;
    private static final int KILL_TRIES = 10;
    private static final int SIGKILL = 9;
    private static final int DEPTH_MOST = 64;
    private static final long MILLISECOND = 1_000_000;

    private final Kernel kernel;
    private final Map<String, String> paths;

    private Cgroup(Kernel kernel, Map<String, String> paths) {
        this.kernel = kernel;
        this.paths = Collections.unmodifiableMap(new LinkedHashMap<>(paths));
    }

    /**
     * Makes a cgroup, with those above it that are missing. One that is there already is taken over if it is empty and
     * thawed. If anything fails, what was made so far goes again.
     *
     * <p>Under v2 each cgroup on the way hands every controller that it may on to its children. Under v1 a cpuset that
     * has no processors gets those of its parent.
     *
     * @param cgroupsPath absolute from each hierarchy's mount point; or relative: under v1 to this process's own cgroup
     *     in each hierarchy, under v2 to the parent of this process's own, as a cgroup with processes in it cannot hand
     *     controllers on
     * @throws CgroupException as invalid for a path that leads out of where it starts, as a conflict for a cgroup that
     *     is frozen or has processes
     */
    public static Cgroup create(Kernel kernel, CgroupLayout layout, String cgroupsPath) {
        return createWherePermitted(kernel, layout, cgroupsPath, hierarchy -> false);
    }

    /**
     * As {@link #create}, without those hierarchies in which this process has no permission to. It may come to have no
     * directory at all: then it has no processes that it knows of, cannot be frozen, and takes no limits.
     *
     * @param dispensable which ones it can do without
     */
    public static Cgroup createWherePermitted(
            Kernel kernel, CgroupLayout layout, String cgroupsPath, Predicate<Hierarchy> dispensable) {
        CgroupPath path = CgroupPath.parse(cgroupsPath);
        List<String> made = new ArrayList<>();
        Map<String, String> paths = new LinkedHashMap<>();
        try {
            for (Hierarchy hierarchy : layout.hierarchies()) {
                int before = made.size();
                String directory;
                try {
                    directory = make(kernel, layout.mode(), hierarchy, path, made, false);
                } catch (CgroupException refused) {
                    if (dispensable.test(hierarchy) && refused.isDenied()) {
                        removeMade(kernel, made.subList(before, made.size()), refused);
                        continue;
                    }
                    throw refused;
                }
                for (String controller : hierarchy.controllers()) {
                    paths.put(controller, directory);
                }
                if (hierarchy.unified()) {
                    paths.put(UNIFIED, directory);
                }
            }
            return new Cgroup(kernel, paths);
        } catch (RuntimeException failure) {
            removeMade(kernel, made, failure);
            throw failure;
        }
    }

    /**
     * Makes what is missing of a cgroup that systemd has made and put processes in: v1's directories in the hierarchies
     * that it leaves alone, and controllers that it knows nothing of.
     *
     * @param cgroupsPath absolute from each hierarchy's mount point
     */
    public static Cgroup complete(Kernel kernel, CgroupLayout layout, String cgroupsPath) {
        CgroupPath path = CgroupPath.parse(cgroupsPath);
        for (Hierarchy hierarchy : layout.hierarchies()) {
            make(kernel, layout.mode(), hierarchy, path, new ArrayList<>(), true);
        }
        return new Cgroup(kernel, paths(layout, cgroupsPath));
    }

    /** The directories of a cgroup, by controller, whether they are there or not. */
    public static Map<String, String> paths(CgroupLayout layout, String cgroupsPath) {
        Map<String, String> paths = new LinkedHashMap<>();
        for (Hierarchy hierarchy : layout.hierarchies()) {
            for (String controller : hierarchy.controllers()) {
                paths.put(controller, hierarchy.mountPoint() + cgroupsPath);
            }
            if (hierarchy.unified()) {
                paths.put(UNIFIED, hierarchy.mountPoint() + cgroupsPath);
            }
        }
        return paths;
    }

    /**
     * A cgroup that was made before, perhaps by another process. Nothing is checked: it may be gone by now.
     *
     * @param paths what {@link #paths} gave
     */
    public static Cgroup open(Kernel kernel, Map<String, String> paths) {
        return new Cgroup(kernel, paths);
    }

    private static String make(
            Kernel kernel, Mode mode, Hierarchy hierarchy, CgroupPath path, List<String> made, boolean used) {
        List<String> names = new ArrayList<>(path.absolute() ? List.of() : start(mode, hierarchy));
        int given = names.size();
        names.addAll(path.names());
        boolean fresh = false;
        Directory current = Directory.open(kernel, hierarchy.mountPoint());
        try {
            for (int i = 0; i < names.size(); i++) {
                if (mode == Mode.V2) {
                    SubtreeControl.enable(current);
                }
                fresh = i >= given && current.makeChild(names.get(i));
                if (fresh) {
                    String directory = current.path() + "/" + names.get(i);
                    made.add(directory);
                    if (i == names.size() - 1
                            && mode != Mode.V2
                            && !hierarchy.controllers().contains("cpuset")) {
                        return directory; // there is nothing to set in it yet
                    }
                }
                try (Directory parent = current) {
                    current = parent.child(names.get(i));
                    if (hierarchy.controllers().contains("cpuset")) {
                        CpusetController.inherit(parent, current);
                    }
                }
                if (mode == Mode.V2) {
                    SubtreeControl.settle(current);
                }
            }
            if (!fresh && !used) {
                checkUnused(current, hierarchy.unified());
            }
            return current.path();
        } finally {
            current.close();
        }
    }

    private static List<String> start(Mode mode, Hierarchy hierarchy) {
        if (hierarchy.ownPath().isEmpty()) {
            throw CgroupException.invalid(
                    "a relative cgroup path starts at this process's own cgroup, which lies outside "
                            + "of what is mounted at " + hierarchy.mountPoint() + ": use an absolute path");
        }
        List<String> names = new ArrayList<>();
        for (StringTokenizer own = new StringTokenizer(hierarchy.ownPath().get(), "/"); own.hasMoreTokens(); ) {
            names.add(own.nextToken());
        }
        if (mode == Mode.V2 && !names.isEmpty()) {
            names.removeLast();
        }
        return names;
    }

    private static void checkUnused(Directory directory, boolean unified) {
        List<Integer> processes = new ArrayList<>();
        collect(directory, processes, 0);
        if (!processes.isEmpty()) {
            throw CgroupException.conflict("container's cgroup is not empty: " + directory + " has " + processes.size()
                    + " processes, such as " + processes.getFirst());
        }
        if (new Freezer(directory, unified).frozen()) {
            throw CgroupException.conflict("container's cgroup unexpectedly frozen: " + directory + "; thaw it first");
        }
    }

    private static void removeMade(Kernel kernel, List<String> made, RuntimeException failure) {
        for (String directory : made.reversed()) {
            removeMade(kernel, directory, failure);
        }
        made.clear();
    }

    private static void removeMade(Kernel kernel, String path, RuntimeException failure) {
        int slash = path.lastIndexOf('/');
        try (Directory parent = Directory.open(kernel, path.substring(0, slash))) {
            Optional<SystemCallException> refused = parent.removeChild(path.substring(slash + 1));
            if (refused.isPresent()) {
                failure.addSuppressed(refused.get());
            }
        } catch (CgroupException refused) {
            failure.addSuppressed(refused);
        }
    }

    /**
     * Its directory by controller, such as {@code memory}, or by name, such as {@code name=systemd}; v2's is under
     * {@link #UNIFIED}. This is what to keep in order to {@link #open} it again. Controllers that are mounted together
     * have the same directory.
     */
    public Map<String, String> paths() {
        return paths;
    }

    /** Its directories, each once. */
    public List<String> directories() {
        List<String> directories = new ArrayList<>(paths.size());
        for (String path : paths.values()) {
            if (!directories.contains(path)) {
                directories.add(path);
            }
        }
        return directories;
    }

    /** The files that take the number of a process that is to join, all of them; {@code 0} is the one that writes. */
    public List<String> processFiles() {
        List<String> files = directories();
        files.replaceAll(Cgroup::processFile);
        return files;
    }

    private static String processFile(String directory) {
        return directory + "/" + PROCESSES;
    }

    /** The directory for {@code CLONE_INTO_CGROUP}; only pure v2, where it spares every {@link #processFiles}, has it. */
    public Optional<String> cloneInto() {
        return v2() ? Optional.ofNullable(paths.get(UNIFIED)) : Optional.empty();
    }

    private boolean v2() {
        return paths.size() == 1 && paths.containsKey(UNIFIED);
    }

    /** Moves a process into it, with all its threads. */
    public void join(int pid) {
        for (String path : directories()) {
            try (Directory directory = Directory.open(kernel, path)) {
                join(directory, Integer.toString(pid));
            }
        }
    }

    private static void join(Directory directory, String pid) {
        for (int i = 1; ; i++) {
            Optional<SystemCallException> refused = directory.attempt(PROCESSES, pid);
            if (refused.isEmpty()) {
                return;
            }
            // EINVAL: the task is so new that the scheduler has not seen it.
            if (refused.get().errno() != Errno.EINVAL || i == JOIN_TRIES) {
                throw directory.refusal(PROCESSES, pid, refused.get());
            }
            LockSupport.parkNanos(30 * MILLISECOND);
        }
    }

    /**
     * Sets limits, in an order that the kernel accepts; what the resources leave open stays. A failure may leave some
     * set. Most limits hold for processes from the moment that they join: apply first, join then.
     *
     * @throws CgroupException as unavailable for a limit whose controller is not there, as a conflict for one that is
     *     below what is in use
     */
    public void apply(Resources resources) {
        if (paths.isEmpty()) {
            applyNowhere(resources);
        } else if (v2()) {
            applyV2(resources);
        } else {
            applyV1(resources);
        }
    }

    /**
     * Refuses limits that would end the processes in it at once, if the resources ask for that.
     *
     * @throws CgroupException as a conflict
     */
    public void check(Resources resources) {
        if (v2() && resources.memory().checkBeforeUpdate()) {
            try (Directory directory = Directory.open(kernel, directories().getFirst())) {
                MemoryController.check(directory, resources.memory());
            }
        }
    }

    private static void applyNowhere(Resources resources) {
        for (Controller controller : CONTROLLERS) {
            Optional<String> asked = controller.asked(resources);
            if (asked.isPresent()) {
                throw CgroupException.unavailable(
                        asked.get() + " cannot be set: there was no permission to make a cgroup");
            }
        }
        if (!resources.unified().isEmpty()) {
            throw CgroupException.unavailable(
                    "unified resources cannot be set: there was no permission to make a cgroup");
        }
    }

    private void applyV1(Resources resources) {
        if (!resources.unified().isEmpty()) {
            throw CgroupException.invalid(
                    "invalid configuration: unified resources are for cgroup v2, and this machine uses v1");
        }
        for (Controller controller : CONTROLLERS) {
            if (!controller.concernedBy(resources)) {
                continue;
            }
            Optional<Directory> opened = directory(controller.v1());
            if (opened.isEmpty()) {
                Optional<String> asked = controller.asked(resources);
                if (asked.isPresent()) {
                    throw CgroupException.unavailable(asked.get() + " cannot be set: the cgroup controller \""
                            + controller.v1() + "\" is not mounted, or there was no permission to use it");
                }
                continue;
            }
            try (Directory directory = opened.get()) {
                controller.applyV1(directory, resources);
            }
        }
    }

    private void applyV2(Resources resources) {
        try (Directory directory = Directory.open(kernel, directories().getFirst())) {
            String available = directory.read("cgroup.controllers");
            for (Controller controller : CONTROLLERS) {
                if (!controller.concernedBy(resources)) {
                    continue;
                }
                Optional<String> name = controller.v2();
                Optional<String> asked = controller.asked(resources);
                if (name.isEmpty() || SubtreeControl.contains(available, name.get())) {
                    controller.applyV2(directory, resources);
                } else if (asked.isPresent()) {
                    throw SubtreeControl.missing(directory, name.get(), asked.get());
                }
            }
            for (Map.Entry<String, String> file : resources.unified().entrySet()) {
                applyUnified(directory, available, file.getKey(), file.getValue());
            }
        }
    }

    private static void applyUnified(Directory directory, String available, String file, String value) {
        String controller = file.substring(0, file.indexOf('.'));
        if (!controller.equals("cgroup") && !SubtreeControl.contains(available, controller)) {
            throw SubtreeControl.missing(directory, controller, "the unified resource " + file);
        }
        for (StringTokenizer lines = new StringTokenizer(value, "\n"); lines.hasMoreTokens(); ) {
            directory.write(file, lines.nextToken());
        }
    }

    /** The processes in it and in its descendants, in no order; none if it is gone. */
    public List<Integer> processes() {
        if (paths.isEmpty()) {
            throw CgroupException.unavailable(
                    "there was no permission to make a cgroup, so that nothing knows of them");
        }
        return processes(directories().getFirst());
    }

    private List<Integer> processes(String path) {
        List<Integer> processes = new ArrayList<>();
        Optional<Directory> opened = Directory.openIfPresent(kernel, path);
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                collect(directory, processes, 0);
            }
        }
        return processes;
    }

    private static void collect(Directory directory, List<Integer> processes, int depth) {
        if (depth > DEPTH_MOST) {
            throw CgroupException.failed("the cgroup " + directory + " is nested too deeply");
        }
        processes.addAll(directory.processes());
        for (String name : directory.children()) {
            Optional<Directory> opened = Directory.openIfPresent(directory.kernel(), directory.path() + "/" + name);
            if (opened.isPresent()) {
                try (Directory child = opened.get()) {
                    collect(child, processes, depth + 1);
                }
            }
        }
    }

    /** Whether it was told to freeze. */
    public boolean frozen() {
        Optional<Directory> opened = freezer();
        if (opened.isEmpty()) {
            return false;
        }
        try (Directory directory = opened.get()) {
            return freezer(directory).frozen();
        }
    }

    /** The same for whoever asks often; empty if it cannot be frozen, or is gone. */
    public Optional<HeldFreezer> holdFreezer() {
        Optional<Directory> opened = freezer();
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        try (Directory directory = opened.get()) {
            return freezer(directory).openState().map(state -> new HeldFreezer(kernel.files(), this, state));
        }
    }

    /**
     * Stops all its processes where they stand, and waits until they do.
     *
     * @throws CgroupException as unavailable if there is no freezer; as failed if it did not work, the processes running
     */
    public void freeze() {
        try (Directory directory = neededFreezer()) {
            freezer(directory).freeze();
        }
    }

    /** Lets its processes run again. */
    public void thaw() {
        try (Directory directory = neededFreezer()) {
            freezer(directory).thaw();
        }
    }

    private Directory neededFreezer() {
        Optional<Directory> opened = freezer();
        if (opened.isEmpty()) {
            throw CgroupException.unavailable(
                    paths.isEmpty()
                            ? "it cannot be frozen: there was no permission to make a cgroup"
                            : "the cgroup " + this + " cannot be frozen: no freezer is mounted");
        }
        return opened.get();
    }

    private Optional<Directory> freezer() {
        return directory(paths.containsKey("freezer") ? "freezer" : UNIFIED);
    }

    private Freezer freezer(Directory directory) {
        return new Freezer(directory, !paths.containsKey("freezer"));
    }

    /**
     * Kills every process in it and in its descendants. They are dying when this returns, not yet gone.
     *
     * <p>A process that forks cannot escape: {@code cgroup.kill} (Linux 5.14) takes all at once; without it they are
     * frozen, killed one by one, and thawed so that they can die.
     */
    public void kill() {
        boolean atOnce = killAtOnce();
        if (atOnce && v2()) {
            return;
        }
        // Beside v1, only those are dying that had joined the v2 directory too, and v1's freezer holds even them back.
        boolean held = atOnce || freezeQuietly();
        try {
            for (int i = 0; i < KILL_TRIES && killEach() && !held; i++) {
                LockSupport.parkNanos(MILLISECOND);
            }
        } finally {
            thawQuietly();
        }
    }

    private boolean killAtOnce() {
        Optional<Directory> opened = directory(UNIFIED);
        if (opened.isEmpty()) {
            return false;
        }
        try (Directory directory = opened.get()) {
            return directory.attempt("cgroup.kill", "1").isEmpty();
        }
    }

    private boolean killEach() {
        boolean any = false;
        for (String path : directories()) {
            for (int pid : processes(path)) {
                any = true;
                kernel.calls().call(SystemCall.KILL, pid, SIGKILL, 0, 0, 0, 0);
            }
        }
        return any;
    }

    private boolean freezeQuietly() {
        Optional<Directory> opened = freezer();
        if (opened.isEmpty()) {
            return false;
        }
        try (Directory directory = opened.get()) {
            freezer(directory).freeze();
            return true;
        } catch (CgroupException unable) {
            return false;
        }
    }

    private void thawQuietly() {
        Optional<Directory> opened = freezer();
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                freezer(directory).thaw();
            } catch (CgroupException gone) {
                // Nothing is left that could be frozen.
            }
        }
    }

    /** What it uses and has used. */
    public Statistics statistics() {
        if (v2()) {
            try (Directory directory = Directory.open(kernel, directories().getFirst())) {
                return new Statistics(
                        Statistics.memoryV2(directory),
                        Statistics.cpuV2(directory),
                        Statistics.pids(directory),
                        Statistics.blockIoV2(directory));
            }
        }
        return statisticsV1();
    }

    private Statistics statisticsV1() {
        Optional<Statistics.Memory> memory = Optional.empty();
        Optional<Directory> opened = directory("memory");
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                memory = Statistics.memoryV1(directory);
            }
        }
        Optional<Statistics.Pids> pids = Optional.empty();
        opened = directory("pids");
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                pids = Statistics.pids(directory);
            }
        }
        List<Statistics.BlockIo> blockIo = List.of();
        opened = directory("blkio");
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                blockIo = Statistics.blockIoV1(directory);
            }
        }
        Optional<Directory> cpuacct = directory("cpuacct");
        Optional<Directory> cpu = directory("cpu");
        try {
            return new Statistics(memory, Statistics.cpuV1(cpuacct, cpu), pids, blockIo);
        } finally {
            close(cpuacct);
            close(cpu);
        }
    }

    private static void close(Optional<Directory> directory) {
        if (directory.isPresent()) {
            directory.get().close();
        }
    }

    /** The period that its quota of processor time is for, in microseconds; empty if it has none. */
    public OptionalLong cpuPeriod() {
        Optional<Directory> opened = directory(v2() ? UNIFIED : "cpu");
        if (opened.isEmpty()) {
            return OptionalLong.empty();
        }
        try (Directory directory = opened.get()) {
            if (!v2()) {
                return directory.number("cpu.cfs_period_us");
            }
            String max = directory.readIfPresent("cpu.max").orElse("");
            int blank = max.indexOf(' ');
            return blank < 0
                    ? OptionalLong.empty()
                    : OptionalLong.of(Long.parseLong(max.substring(blank + 1).strip()));
        }
    }

    /** The file in which {@code oom_kill} counts what {@link #oomKills} tells; empty if nothing counts it. */
    public Optional<String> oomKillsFile() {
        return Optional.ofNullable(paths.get(v2() ? UNIFIED : "memory"))
                .map(path -> path + (v2() ? "/memory.events" : "/memory.oom_control"));
    }

    /** How many of its processes the kernel has killed for want of memory; empty if nothing counts them. */
    public OptionalLong oomKills() {
        Optional<Directory> opened = directory(v2() ? UNIFIED : "memory");
        if (opened.isEmpty()) {
            return OptionalLong.empty();
        }
        try (Directory directory = opened.get()) {
            return directory.number(v2() ? "memory.events" : "memory.oom_control", "oom_kill");
        }
    }

    /**
     * Removes it with its descendants. Processes that are dying hold it for a moment, so this waits about a second for
     * them. A directory that is gone already counts as removed.
     *
     * @throws CgroupException as a conflict if there are processes in it still
     */
    public void remove() {
        for (String path : directories()) {
            int slash = path.lastIndexOf('/');
            Optional<Directory> opened = Directory.openIfPresent(kernel, path.substring(0, slash));
            if (opened.isPresent()) {
                try (Directory parent = opened.get()) {
                    remove(parent, path.substring(slash + 1), 0);
                }
            }
        }
    }

    private static void remove(Directory parent, String name, int depth) {
        String path = parent.path() + "/" + name;
        if (depth > DEPTH_MOST) {
            throw CgroupException.failed("the cgroup " + path + " is nested too deeply");
        }
        for (int i = 0; i < REMOVAL_TRIES; i++) {
            Optional<SystemCallException> refused = parent.removeChild(name);
            if (refused.isEmpty()) {
                return;
            }
            if (refused.get().errno() != Errno.EBUSY && refused.get().errno() != Errno.ENOTEMPTY) {
                throw CgroupException.failed(
                        "cannot remove the cgroup " + path + ": "
                                + refused.get().getMessage(),
                        refused.get());
            }
            if (i > 0) {
                LockSupport.parkNanos(MILLISECOND << (i - 1));
            }
            removeChildren(parent.kernel(), path, depth);
        }
        throw CgroupException.conflict("cannot remove the cgroup " + path + ": it is in use" + holders(parent, name));
    }

    private static void removeChildren(Kernel kernel, String path, int depth) {
        Optional<Directory> opened = Directory.openIfPresent(kernel, path);
        if (opened.isPresent()) {
            try (Directory directory = opened.get()) {
                for (String child : directory.children()) {
                    remove(directory, child, depth + 1);
                }
            }
        }
    }

    private static String holders(Directory parent, String name) {
        try (Directory directory = parent.child(name)) {
            List<Integer> processes = directory.processes();
            return processes.isEmpty() ? "" : " by the processes " + processes;
        }
    }

    private Optional<Directory> directory(String controller) {
        String path = paths.get(controller);
        return path == null ? Optional.empty() : Directory.openIfPresent(kernel, path);
    }

    @Override
    public String toString() {
        return paths.isEmpty() ? "none" : directories().getFirst();
    }
}
