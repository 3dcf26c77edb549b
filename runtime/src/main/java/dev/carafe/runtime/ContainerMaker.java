package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.Cgroup;
import dev.carafe.linux.cgroup.CgroupException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.State;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.EndingOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.OversizedPlanException;
import dev.carafe.runtime.plan.Plan;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/** Makes containers: each step has its undo beside it, and what a crash leaves half made, {@code delete} clears. */
final class ContainerMaker {

    private final Kernel kernel;
    private final Caller caller;
    private final Files files;
    private final Rights rights;
    private final ContainerCgroups cgroups;
    private final StateRoot root;
    private final Filters filters;
    private final HostMounts hostMounts;
    private final NetDevices netDevices;

    ContainerMaker(
            Kernel kernel, Caller caller, Rights rights, ContainerCgroups cgroups, StateRoot root, Filters filters) {
        this.kernel = kernel;
        this.caller = caller;
        this.rights = rights;
        this.cgroups = cgroups;
        this.files = kernel.files();
        this.root = root;
        this.filters = filters;
        this.hostMounts = new HostMounts(kernel);
        this.netDevices = new NetDevices(kernel);
    }

    /** @param ending what its monitor does at the end; empty if it waits to be started */
    void make(
            Containers.Creation creation,
            Starter starter,
            Starter.Parent parent,
            Containers.TerminalOwner owner,
            Optional<List<EndingOperation>> ending) {
        make(creation, starter, parent, owner, ending, Optional.empty(), Optional.empty());
    }

    /**
     * Likewise.
     *
     * @param restoration of one that goes on where it was checkpointed
     * @param keeping how its monitor keeps its streams
     * @return its parent's process
     */
    int make(
            Containers.Creation creation,
            Starter starter,
            Starter.Parent parent,
            Containers.TerminalOwner owner,
            Optional<List<EndingOperation>> ending,
            Optional<Restoration> restoration,
            Optional<Keeping> keeping) {
        String id = ContainerId.check(creation.id());
        hostMounts.check(creation.config());
        try (Undo undo = new Undo();
                StateFolder folder = root.create(id)) {
            HookCompiler hooks = new HookCompiler(creation.config(), id, creation.bundle());
            AtomicBoolean begun = new AtomicBoolean();
            undo.add(() -> {
                if (begun.get()) {
                    HookRunner.poststop(hooks, starter);
                }
            });
            undo.addOfRecord(() -> remove(id));
            folder.write(creation.config());
            ContainerRecord record = newRecord(creation);
            folder.write(record);

            Cgroup cgroup = cgroups.make(record, creation.config().linux());
            if (record.scope().isEmpty()) {
                undo.add(() -> {
                    cgroup.kill(); // a hook in it may be at work still
                    cgroup.remove();
                });
            }
            ResctrlGroups.Groups resctrl = creation.config()
                    .linux()
                    .intelRdt()
                    .map(asked -> ResctrlGroups.of(kernel).plan(asked, id))
                    .orElse(ResctrlGroups.Groups.NONE);
            ContainerRecord placed = record.withCgroups(cgroup.paths()).withResctrl(resctrl.owned());
            folder.write(placed);
            resctrl.owned().forEach(group -> undo.add(() -> ResctrlGroups.remove(files, group)));
            creation.config()
                    .linux()
                    .intelRdt()
                    .ifPresent(asked -> ResctrlGroups.of(kernel).make(asked, id));
            cgroups.limit(record, cgroup, creation.config());

            boolean waits = ending.isEmpty() && restoration.isEmpty();
            if (waits) {
                folder.makeFifo();
            }
            Blueprint blueprint = blueprint(
                    creation,
                    cgroup.paths(),
                    resctrl.joined(),
                    waits ? whenStarted(id) : new Blueprint.Beginning.AtOnce(true));
            Plan plan = restoration.map(it -> it.compile(blueprint)).orElseGet(() -> Compiler.compile(blueprint));
            GrantedCapabilities.warnings(creation.config().process(), grantable(creation.config()))
                    .forEach(starter::warn);
            Optional<Plan> endingPlan =
                    ending.map(steps -> endingPlan(creation, record, cgroup, resctrl, steps, hooks));
            Optional<Plan> parentsPlan = hooks.parents(ending.isPresent() && restoration.isEmpty());
            record.beneath().ifPresent(mount -> undo.add(() -> hostMounts.remove(record.rootfs(), mount)));
            begun.set(true);
            int monitor;
            Optional<Fd> birthplace = blueprint.process().openBirthplace(files);
            List<Fd> inputs = Stream.concat(
                            birthplace.stream(), restoration.stream().map(Restoration::input))
                    .toList();
            try (Fd _ = birthplace.orElse(null);
                    Init init =
                            start(creation, folder, starter, parent, plan, inputs, endingPlan, parentsPlan, keeping)) {
                IntConsumer keep = pid -> folder.write(placed.withProcess(identify(pid)));
                monitor = Conversation.converse(init, plan, owner, reached -> {
                    switch (reached.point()) {
                        case ControlOperation.TO_PLACE -> cgroups.place(placed, creation.config(), reached.pid(), undo);
                        case ControlOperation.IN_NETWORK ->
                            netDevices.move(creation.config().linux().netDevices(), reached.pid());
                        case ControlOperation.LISTENING ->
                            new SeccompAgent(kernel)
                                    .introduce(
                                            creation.config().linux().seccomp().orElseThrow(),
                                            reached,
                                            placed.state(State.Status.CREATING, reached.pid()));
                        case ControlOperation.GIVING_WAY -> {
                            boolean attached = parent == Starter.Parent.ATTACHED_MONITOR;
                            int pid = restoration
                                    .orElseThrow()
                                    .perform(
                                            blueprint,
                                            reached.pid(),
                                            init,
                                            attached ? Conversation.parentAsOwner(init) : owner,
                                            keep);
                            creation.notice().give(kernel, pid);
                            init.giveWayTo(pid);
                            return;
                        }
                        default -> {
                            if (restoration.isPresent()) {
                                init.goOnToGiveWay();
                                return;
                            }
                            keep.accept(reached.pid());
                            creation.notice().give(kernel, reached.pid());
                        }
                    }
                    init.goOn();
                });
            }
            undo.keep();
            return monitor;
        } catch (SystemCallException | CgroupException | OversizedPlanException exception) {
            throw new RuntimeFailure("container " + id + ": " + exception.getMessage(), exception);
        }
    }

    private Init start(
            Containers.Creation creation,
            StateFolder folder,
            Starter starter,
            Starter.Parent parent,
            Plan plan,
            List<Fd> inputs,
            Optional<Plan> ending,
            Optional<Plan> hooks,
            Optional<Keeping> keeping) {
        if (keeping.isEmpty()) {
            return starter.start(parent, plan, inputs, ending, hooks);
        }
        boolean terminal =
                creation.config().process().map(ProcessConfig::terminal).orElse(false);
        try (Fd listener = folder.listen(kernel.sockets())) {
            Keeping completed = keeping.get().completed(terminal, listener);
            completed.watcher().ifPresent(socket -> folder.connect(kernel.sockets(), socket));
            return starter.start(parent, plan, inputs, ending, hooks, Optional.of(completed));
        }
    }

    private ProcessIdentity identify(int pid) {
        return kernel.processes()
                .identify(pid)
                .orElseThrow(() -> new RuntimeFailure("the container's first process is gone"));
    }

    private Blueprint.Beginning whenStarted(String id) {
        return new Blueprint.Beginning.WhenStarted(root.path(id) + "/" + StateFolder.START);
    }

    private ContainerRecord newRecord(Containers.Creation creation) {
        Config config = creation.config();
        return new ContainerRecord(
                creation.id(),
                config.ociVersion(),
                creation.bundle(),
                creation.rootfs(),
                config.annotations(),
                Instant.now(),
                caller.uid(),
                cgroupsPath(creation),
                cgroups.scope(config.linux(), creation.id()),
                Map.of(),
                List.of(),
                hostMounts.beneath(config, creation.rootfs()),
                HookCompiler.last(config.hooks()),
                Optional.empty());
    }

    /** Where nothing else is asked for, a cgroup beside the caller's own processes with the container's name, as runC's. */
    private static String cgroupsPath(Containers.Creation creation) {
        return creation.config().linux().cgroupsPath().orElse(creation.id());
    }

    private Blueprint blueprint(
            Containers.Creation creation,
            Map<String, String> folders,
            List<String> resctrl,
            Blueprint.Beginning beginning) {
        Config config = creation.config();
        new SecurityModules(kernel).check(config);
        ProcessConfig process = config.process()
                .orElseThrow(() -> new RuntimeFailure("config.json: process: is missing; there is nothing to run"));
        return new Blueprint(
                creation.id(),
                config,
                creation.bundle(),
                creation.root(),
                new ProcessBlueprint(
                        rights,
                        process,
                        folders,
                        this.cgroups.scope(config.linux(), creation.id()).isPresent(),
                        resctrl,
                        config.linux().seccomp().map(filters::compile),
                        config.linux().personality(),
                        config.linux().memoryPolicy(),
                        new HomeFolder(files).of(process, creation.root()),
                        grantable(config),
                        creation.input(),
                        beginning,
                        creation.preserved()));
    }

    /** The plan of a container that waits to be started, without making anything. */
    Plan explain(Containers.Creation creation) {
        Map<String, String> cgroups = new LinkedHashMap<>();
        String path = cgroupsPath(creation);
        for (CgroupLayout.Hierarchy hierarchy : caller.cgroups().hierarchies()) {
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
        List<String> resctrl = creation.config()
                .linux()
                .intelRdt()
                .map(asked -> ResctrlGroups.of(kernel).joined(asked, creation.id()))
                .orElse(List.of());
        return Compiler.compile(blueprint(creation, cgroups, resctrl, whenStarted(creation.id())));
    }

    /** In a new user namespace every capability is there to give. */
    private Set<Capability> grantable(Config config) {
        return config.linux()
                        .namespace(dev.carafe.oci.runtime.Namespace.Type.USER)
                        .isPresent()
                ? Set.of(Capability.values())
                : caller.capabilities();
    }

    private Plan endingPlan(
            Containers.Creation creation,
            ContainerRecord record,
            Cgroup cgroup,
            ResctrlGroups.Groups resctrl,
            List<EndingOperation> steps,
            HookCompiler hooks) {
        Plan.Builder plan = new Plan.Builder();
        boolean removed = steps.contains(removal(creation.id()));
        if (steps.stream().anyMatch(EndingOperation.RecordExit.class::isInstance)) {
            cgroup.oomKillsFile()
                    .ifPresent(
                            file -> plan.add(new EndingOperation.CountKills(file), "as long as its cgroup is there"));
        }
        if (removed) { // else delete finds there what has outlived the first process
            for (EndingOperation step : cgroups.ending(record, cgroup)) {
                plan.add(step, "nothing of it runs on");
            }
        }
        for (String folder : resctrl.owned()) {
            plan.add(new EndingOperation.RemoveTree(folder), "linux.intelRdt");
        }
        for (Operation step : HostMounts.removal(creation.config(), creation.rootfs())) {
            plan.add(step, "its mounts are the host's");
        }
        for (EndingOperation step : steps) {
            plan.add(step, "it has ended");
        }
        if (removed) {
            hooks.addPoststop(plan);
        }
        return plan.build();
    }

    /** What a monitor does to leave nothing of a container's state behind. */
    EndingOperation removal(String id) {
        return new EndingOperation.RemoveLocked(root.path(id));
    }

    private void remove(String id) {
        Optional<StateFolder> locked = root.lockIfPresent(id);
        if (locked.isPresent()) {
            try (StateFolder folder = locked.get()) {
                folder.removeAll();
            }
        }
    }
}
