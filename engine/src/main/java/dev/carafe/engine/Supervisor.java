package dev.carafe.engine;

import dev.carafe.engine.options.RestartPolicy;
import dev.carafe.linux.Epoll;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Polling;
import dev.carafe.linux.SystemCallException;
import dev.carafe.network.NetworkException;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RunningContainer;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a daemon does for instances as time goes by: hears of their ends from their monitors, tells of them in events, and
 * starts those again whose policy says so. Those that have a health check it has checked.
 *
 * <p>It keeps nothing that matters. A supervisor that begins finds the instances that run, and those that have ended while
 * there was none: what their policies want is done once, as what has been done is written down with the instance. One that
 * was started by a process without a daemon is found within {@value #LOOKS_SECONDS} seconds.
 */
public final class Supervisor extends Watch {

    private static final int LOOKS_SECONDS = 5;
    private static final int AT_ONCE = 64;
    /** Of how many that run it keeps descriptors to tell quickly what they do; each takes two. */
    private static final int MOST_HELD = 1024;

    private static final Duration TELLING = Duration.ofSeconds(1);
    private static final long NANOS_A_MILLISECOND = 1_000_000;

    private final Parts parts;
    private final InstanceMaker maker;
    private final Starter starter;
    private final Consumer<String> log;
    private final HealthChecks checks;
    private final Epoll epoll;
    private final Map<Long, Watched> watched = new HashMap<>();
    private final Map<String, Long> tokens = new HashMap<>();
    /** Those that somebody has asked after. */
    private final Map<String, RunningContainer> held = new HashMap<>();
    /** How often in a row an instance was started again after it had run for a short time only. */
    private final Map<String, Integer> failures = new HashMap<>();

    private long last;

    /** An instance that runs, as it is remembered when nothing may be left of it. */
    private record Watched(InstanceRecord instance, Monitor monitor) {}

    Supervisor(Parts parts, Starter starter, Consumer<String> log) {
        this.parts = parts.watchedBy(this);
        this.maker = new InstanceMaker(this.parts);
        this.starter = starter;
        this.log = log;
        this.checks = new HealthChecks(this.parts, maker, starter, log);
        this.epoll = parts.kernel().polling().epoll();
    }

    /** Begins: with what ran before, and what ended while nobody was there. Returns when that has been seen to. */
    public void start() {
        guarded("networks", parts.networks()::repair);
        guarded("containers", this::clearRemoved);
        BootMark mark = new BootMark(parts.kernel().files(), parts.state().resolveSibling("."));
        guarded("boot", () -> {
            if (!mark.isOfThisBoot()) {
                parts.folders().ids().forEach(id -> guarded(id, () -> wishAgain(id)));
                mark.make();
            }
        });
        for (String id : parts.folders().ids()) {
            guarded(id, () -> find(id));
        }
        guarded("still", this::endStillness);
        guarded("health", checks::tidy);
        Thread.ofPlatform().daemon().name("supervisor").start(this::hear);
        Thread.ofPlatform().daemon().name("lookout").start(() -> {
            if (pause(Duration.ofSeconds(LOOKS_SECONDS))) { // when those who came first have been served
                guarded("snapshots", parts.snapshots()::sweep);
            }
            do {
                look();
            } while (pause(Duration.ofSeconds(LOOKS_SECONDS)));
        });
    }

    /** Whether no instance runs, or waits to be started again. */
    public synchronized boolean isIdle() {
        return watched.isEmpty() && failures.isEmpty();
    }

    /** What monitors have left that were killed when they had removed their instances nearly. */
    private void clearRemoved() {
        if (!parts.kernel().files().exists(Fd.CWD, parts.state().toString())) {
            return; // and asking for them would make it
        }
        List<String> containers = parts.containers().ids(); // an instance has its folder before that
        Set<String> instances = new HashSet<>(parts.folders().ids());
        for (String id : containers) {
            if (!instances.contains(id) && parts.monitor(id).isEmpty()) {
                parts.containers().clear(id);
            }
        }
    }

    @Override
    void began(InstanceRecord instance, Fd monitor) {
        guarded(instance.id(), () -> watch(instance, Monitor.of(parts.kernel(), monitor)));
    }

    @Override
    synchronized void awaitTold(String id) {
        long deadline = System.nanoTime() + TELLING.toNanos();
        try {
            for (long left = TELLING.toMillis(); tokens.containsKey(id) && left > 0; ) {
                wait(left);
                left = (deadline - System.nanoTime()) / NANOS_A_MILLISECOND;
            }
        } catch (InterruptedException given) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    Optional<Containers.Running> running(String id) {
        RunningContainer container;
        synchronized (this) {
            container = held.get(id);
            if (container == null && tokens.containsKey(id) && held.size() < MOST_HELD) {
                container = parts.containers().hold(id).orElse(null);
                if (container != null) {
                    held.put(id, container);
                }
            }
        }
        return container == null ? Optional.empty() : container.look();
    }

    /** Those go on that somebody had stand still who was killed. */
    private void endStillness() {
        Stillness stillness = parts.stillness();
        for (String id : stillness.ids()) {
            Optional<InstanceFolder> open = parts.folders().look(id);
            if (open.isEmpty()) {
                stillness.forget(id);
                continue;
            }
            try (InstanceFolder folder = open.get()) {
                if (!parts.folders().isLocked(folder)) {
                    guarded(id, () -> parts.lock(id, id).close());
                }
            }
        }
    }

    /** Instances that others have started, or removed not quite. */
    private void look() {
        guarded("containers", this::clearRemoved);
        guarded("still", this::endStillness);
        Set<String> known = new HashSet<>();
        synchronized (this) {
            known.addAll(tokens.keySet());
            known.addAll(failures.keySet());
        }
        for (String id : parts.folders().ids()) {
            if (!known.contains(id)) {
                guarded(id, () -> find(id));
            }
        }
    }

    private static boolean pause(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException ending) {
            return false;
        }
    }

    /** What goes wrong with one instance is no other's matter. */
    private void guarded(String what, Runnable work) {
        try {
            work.run();
        } catch (EngineException | RuntimeFailure | NetworkException | SystemCallException failure) {
            log.accept(what + ": " + failure.getMessage());
        }
    }

    private void find(String id) {
        Optional<InstanceFolder> open = parts.folders().look(id);
        if (open.isEmpty()) {
            return;
        }
        try (InstanceFolder folder = open.get()) {
            Optional<InstanceRecord> record = Parts.readable(folder);
            if (record.isEmpty()
                    || record.get().removing()
                    || record.get().started().isEmpty()) {
                return;
            }
            Optional<Exit> exit = folder.exit();
            boolean due = exit.filter(it -> record.get().wished() && Restarts.isDue(record.get(), it))
                    .isPresent();
            if (exit.isPresent() && !due && !record.get().options().policies().autoRemove()) {
                return; // it has ended, and nobody wants more of it
            }
            Optional<Monitor> monitor = parts.monitor(id);
            if (monitor.isPresent()) {
                watch(record.get(), monitor.get());
            } else if (!parts.folders().isLocked(folder)) {
                // Else whoever starts or removes it just now knows himself what has become of it.
                parts.folders().lock(id).ifPresent(it -> ended(it, Optional.empty(), Optional.empty()));
            }
        }
    }

    /** A machine that starts anew starts those again that are always to run, whoever had stopped them. */
    private void wishAgain(String id) {
        Optional<InstanceFolder> locked = parts.folders().lock(id);
        if (locked.isEmpty()) {
            return;
        }
        try (InstanceFolder folder = locked.get()) {
            Parts.readable(folder)
                    .filter(it -> it.started().isPresent() && !it.wished() && !it.removing())
                    .filter(it -> it.options().policies().restart().kind() == RestartPolicy.Kind.ALWAYS)
                    .ifPresent(it -> folder.write(it.wished(true)));
        }
    }

    private synchronized void watch(InstanceRecord record, Monitor monitor) {
        if (tokens.containsKey(record.id())) {
            monitor.close();
            return;
        }
        watched.put(++last, new Watched(record, monitor));
        tokens.put(record.id(), last);
        epoll.add(monitor.socket(), Polling.IN, last);
        guarded(record.id(), () -> checks.began(record));
    }

    private void hear() {
        while (true) {
            for (Epoll.Ready ready : epoll.await(AT_ONCE, Polling.FOREVER)) {
                hear(ready.token());
            }
        }
    }

    private void hear(long token) {
        Watched ended;
        Optional<Exit> exit;
        synchronized (this) {
            Watched one = watched.get(token);
            if (one == null) {
                return;
            }
            Monitor.Heard heard = one.monitor().hear();
            if (!heard.end()) {
                return;
            }
            exit = heard.exit();
            ended = one;
            watched.remove(token);
            epoll.remove(one.monitor().socket());
            one.monitor().close();
            letGo(one.instance().id());
            guarded(one.instance().id(), () -> checks.ended(one.instance().id()));
            if (exit.isPresent()) {
                parts.events().add(Event.died(one.instance(), exit));
            }
            tokens.remove(one.instance().id());
            notifyAll();
        }
        String id = ended.instance().id();
        Thread.ofPlatform().daemon().name("end").start(() -> guarded(id, () -> ended(ended.instance(), exit)));
    }

    /**
     * An instance does not run any more.
     *
     * @param told how it ended, if its monitor has said so, and then that has been told of
     */
    private void ended(InstanceRecord known, Optional<Exit> told) {
        String id = known.id();
        Optional<InstanceFolder> locked = parts.folders().lock(id);
        if (locked.isPresent()) {
            ended(locked.get(), Optional.of(known), told);
            return;
        }
        parts.containers().clear(id); // of a monitor that was killed just before its very last step
        if (told.isEmpty()) {
            parts.events().add(Event.died(known, told));
        }
        if (known.options().policies().autoRemove()) { // its monitor has removed it
            parts.events().add(Event.of(known, "destroy", Map.of()));
        }
        forget(id);
        parts.networks().tidy();
    }

    /**
     * Likewise, of one that is there still.
     *
     * @param locked closed by this
     * @param known what it was when it was last seen to run
     */
    private void ended(InstanceFolder locked, Optional<InstanceRecord> known, Optional<Exit> told) {
        try (InstanceFolder folder = locked) {
            String id = folder.id();
            Optional<InstanceRecord> record = Parts.readable(folder)
                    .or(() -> known.filter(it -> it.options().policies().autoRemove()));
            if (record.isEmpty() || record.get().removing()) {
                return;
            }
            InstanceRecord now = record.get();
            State state = parts.state(folder, now);
            if (state.status().isAlive() || state.exit().isEmpty()) {
                return; // somebody has started it again
            }
            Exit exit = state.exit().get();
            boolean unsettled = folder.exit().isEmpty();
            if (unsettled) {
                maker.settle(folder, exit);
            }
            if (unsettled || (known.isPresent() && told.isEmpty())) {
                parts.events().add(Event.died(now, Optional.of(exit)));
            }
            if (now.options().policies().autoRemove()) { // which its monitor has not come to
                maker.destroy(folder, now, true);
                forget(id);
            } else if (now.wished() && Restarts.isDue(now, exit)) {
                startLater(now, exit);
            } else {
                forget(id);
            }
        }
        parts.networks().tidy();
    }

    private void letGo(String id) {
        RunningContainer container = held.remove(id);
        if (container != null) {
            container.close();
        }
    }

    private synchronized void forget(String id) {
        failures.remove(id);
    }

    private synchronized void startLater(InstanceRecord instance, Exit exit) {
        int before = Restarts.wasGood(instance, exit) ? 0 : failures.getOrDefault(instance.id(), 0);
        failures.put(instance.id(), before + 1);
        Duration delay = Restarts.delay(before);
        Thread.ofPlatform().daemon().name("restart").start(() -> {
            if (pause(delay)) {
                guarded(instance.id(), () -> startAgain(instance.id()));
            }
        });
    }

    private void startAgain(String id) {
        Optional<InstanceFolder> locked = parts.folders().lock(id);
        if (locked.isEmpty()) {
            forget(id);
            return;
        }
        try (InstanceFolder folder = locked.get()) {
            Optional<InstanceRecord> record = Parts.readable(folder);
            if (record.isEmpty() || parts.state(folder, record.get()).status() != Status.RESTARTING) {
                forget(id);
                return;
            }
            try {
                maker.start(folder, record.get().begunAgain(), starter, Optional.empty());
            } catch (RuntimeException failure) {
                forget(id);
                throw failure;
            }
        }
    }
}
