package dev.carafe.engine;

import dev.carafe.engine.log.InstanceLog;
import dev.carafe.engine.log.JournalException;
import dev.carafe.engine.log.LogEntry;
import dev.carafe.engine.log.LogQuery;
import dev.carafe.engine.log.LogSource;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.RestartPolicy;
import dev.carafe.image.NewImage;
import dev.carafe.image.layer.FileChange;
import dev.carafe.image.snapshot.Usage;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Polling;
import dev.carafe.linux.Signal;
import dev.carafe.network.Endpoint;
import dev.carafe.oci.Digest;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One instance, by its id: what can be done with it, in which state of its life, {@link Verb} tells.
 *
 * <p>Methods throw {@link EngineException}: not found if it is gone, conflict if its state is in the way.
 */
public final class Instance {

    /** How long a program has for its end, unless it was asked for another time. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Parts parts;
    private final InstanceMaker maker;
    private final String id;

    Instance(Parts parts, InstanceMaker maker, String id) {
        this.parts = parts;
        this.maker = maker;
        this.id = id;
    }

    /** 64 hexadecimal digits. */
    public String id() {
        return id;
    }

    /**
     * What there is to be known of one.
     *
     * @param image as it was asked for
     * @param identity of the image's content
     * @param options what was asked for, over what the image wants
     * @param restarts how often its policy has started it since its user did
     * @param health empty if it does not run, or has no health check
     * @param endpoints its places in networks while it runs
     */
    public record View(
            String id,
            String name,
            Instant created,
            String image,
            String identity,
            InstanceOptions options,
            int restarts,
            State state,
            Optional<Health> health,
            List<Endpoint> endpoints) {

        public Map<String, String> labels() {
            return options.identity().labels();
        }

        /** What it runs: the program first. */
        public List<String> command() {
            List<String> command =
                    new ArrayList<>(options.program().entrypoint().orElse(List.of()));
            command.addAll(options.program().command());
            return command;
        }
    }

    /** What it is and does now. */
    public View look() {
        return lookIfPresent().orElseThrow(() -> InstanceFolders.missing(shortId()));
    }

    /** Likewise; empty if it is gone. */
    Optional<View> lookIfPresent() {
        return Failures.mapped(() -> parts.look(id)
                .map(known -> known.record()
                        .map(record -> view(record, known.state()))
                        .orElseGet(() -> new View(
                                id,
                                parts.folders().names(id).stream().findFirst().orElse(shortId()),
                                Instant.EPOCH,
                                "",
                                "",
                                InstanceOptions.DEFAULT,
                                0,
                                known.state(),
                                Optional.empty(),
                                List.of()))));
    }

    private View view(InstanceRecord record, State state) {
        return new View(
                record.id(),
                record.name(),
                record.created(),
                record.image(),
                record.identity(),
                record.options(),
                record.restarts(),
                state,
                state.status().isAlive()
                        ? HealthChecks.of(record)
                                .flatMap(check -> record.started())
                                .map(started -> parts.health().read(record.id(), started))
                        : Optional.empty(),
                state.status().isAlive() && record.options().network().mode() instanceof NetworkMode.Networks
                        ? parts.networks().endpoints(record.id())
                        : List.of());
    }

    private String shortId() {
        return id.substring(0, Instances.SHORT_ID);
    }

    /**
     * Starts it. Returns when its program has begun.
     *
     * @param client who is attached from the beginning: see {@link dev.carafe.runtime.Keeping#client}
     * @return false if it runs already
     */
    public boolean start(Starter starter, Optional<Fd> client) {
        return Failures.mapped(() -> {
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                InstanceRecord record = folder.require();
                State state = parts.state(folder, record);
                if (state.status() == Status.RUNNING) {
                    return false;
                }
                Verb.START.require(record.name(), state);
                maker.start(folder, record.begun(), starter, client.map(it -> new FirstClient(it, false)));
                return true;
            }
        });
    }

    /**
     * Ends it: its stop signal first, and, if that takes longer than this, SIGKILL to all of it. Its policy does not start
     * it again.
     *
     * @param signal empty for its own
     * @param patience empty for its own, 10 seconds unless it was asked for another; negative for as long as it takes
     * @return false if it does not run
     */
    public boolean stop(Optional<Signal> signal, Optional<Duration> patience) {
        return Failures.mapped(() -> {
            InstanceRecord record;
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                record = folder.require();
                State state = parts.state(folder, record);
                if (state.status() == Status.CREATED || state.status() == Status.STOPPED) {
                    return false;
                }
                Verb.STOP.require(record.name(), state);
                folder.write(record.wished(false));
                if (!state.status().isAlive()) {
                    return true; // it waits to be started again, and will not be
                }
                if (state.status() == Status.PAUSED) {
                    parts.containers().resume(id);
                }
            }
            end(
                    record,
                    signal.orElseGet(() -> Signals.toStop(record)),
                    patience.or(record.options().policies()::stopTimeout).orElse(PATIENCE));
            parts.watch().awaitTold(id);
            parts.networks().tidy(); // whoever asks at its ports is refused from now on
            parts.events().add(Event.of(record, "stop", Map.of()));
            return true;
        });
    }

    private void end(InstanceRecord record, Signal signal, Duration patience) {
        Optional<Monitor> monitor = parts.monitor(id);
        if (monitor.isEmpty()) {
            settle();
            return;
        }
        try (Monitor open = monitor.get()) {
            boolean sent = signal(signal);
            if (sent) {
                parts.events().add(Event.of(record, "kill", Map.of("signal", Integer.toString(signal.number()))));
            }
            if (sent
                    && open.awaitEnd(patience.isNegative() ? Polling.FOREVER : patience)
                            .isPresent()) {
                return;
            }
            killAll();
            if (open.awaitEnd(Monitor.LAST_WORK).isEmpty()) {
                throw new EngineException(
                        EngineException.Kind.FAILED,
                        "the instance \"" + record.name() + "\" does not end on SIGKILL: a process of it may hang in"
                                + " the kernel; \"carafe top " + record.name() + "\" shows which");
            }
        }
    }

    /** @return false if nobody is there to be signalled */
    private boolean signal(Signal signal) {
        try {
            parts.containers().kill(id, signal, false);
            return true;
        } catch (RuntimeFailure gone) {
            return false;
        }
    }

    private void killAll() {
        try {
            parts.containers().kill(id, Signal.SIGKILL, true);
        } catch (RuntimeFailure gone) {
            // It has ended meanwhile.
        }
    }

    /** Signals its program. One that is to end it for good is {@link #stop}'s business: its policy may start it again. */
    public void kill(Signal signal) {
        Failures.mapped(() -> {
            InstanceRecord record;
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                record = folder.require();
                Verb.KILL.require(record.name(), parts.state(folder, record));
                if (signal == Signal.SIGKILL) {
                    folder.write(record.wished(false));
                    killAll();
                } else {
                    parts.containers().kill(id, signal, false);
                }
            }
            parts.events().add(Event.of(record, "kill", Map.of("signal", Integer.toString(signal.number()))));
        });
    }

    /** Stops all of its processes where they stand. */
    public void pause() {
        change(Verb.PAUSE, "pause", () -> parts.containers().pause(id));
    }

    /** Lets its processes go on. */
    public void unpause() {
        change(Verb.UNPAUSE, "unpause", () -> parts.containers().resume(id));
    }

    private void change(Verb verb, String event, Runnable work) {
        Failures.mapped(() -> {
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                InstanceRecord record = folder.require();
                verb.require(record.name(), parts.state(folder, record));
                work.run();
                parts.events().add(Event.of(record, event, Map.of()));
            }
        });
    }

    /** Gives it another name. */
    public void rename(String name) {
        Failures.mapped(() -> {
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                InstanceRecord record = folder.require();
                State state = parts.state(folder, record);
                Verb.RENAME.require(record.name(), state);
                if (record.options().policies().autoRemove() && state.status().isAlive()) {
                    throw new EngineException(
                            EngineException.Kind.CONFLICT,
                            "cannot rename the instance \"" + record.name()
                                    + "\": its monitor removes it under this name when it ends");
                }
                parts.folders().link(name, id);
                folder.writeLastingly(record.named(name));
                parts.folders().names(id).stream()
                        .filter(it -> !it.equals(name))
                        .forEach(parts.folders()::unlink);
                parts.events().add(Event.of(record.named(name), "rename", Map.of("oldName", record.name())));
            }
        });
    }

    /**
     * Runs another program in it. Returns when that has begun; unless it is detached, the starter's caller then has its
     * streams, and ends with its status.
     */
    public void exec(ExecOptions options, Starter starter) {
        Failures.mapped(() -> {
            InstanceRecord record;
            try (InstanceFolder folder =
                    parts.folders().look(id).orElseThrow(() -> InstanceFolders.missing(shortId()))) {
                record = folder.require();
                Verb.EXEC.require(record.name(), parts.state(folder, record));
            }
            new Execs(parts, maker).start(record, options, starter);
            parts.events().add(Event.of(record, "exec", Map.of("command", String.join(" ", options.command()))));
        });
    }

    /**
     * What has come of a program that was run to its end.
     *
     * @param status 128 and the signal's number if one ended it
     * @param output what it has written, as UTF-8
     */
    public record Ended(int status, String output, String error) {}

    /**
     * Runs another program in it to its end, for this process alone: neither it nor what it has started outlives that.
     *
     * @param patience {@link Polling#FOREVER} to wait without end
     * @throws EngineException if it could not be begun, or takes longer; it is killed then
     */
    public Ended execute(ExecOptions options, Starter starter, Duration patience) {
        return Failures.mapped(() -> {
            InstanceRecord record = record();
            try (InstanceFolder folder =
                    parts.folders().look(id).orElseThrow(() -> InstanceFolders.missing(shortId()))) {
                Verb.EXEC.require(record.name(), parts.state(folder, record));
            }
            Collected collected = new Collected(new ByteArrayOutputStream(), new ByteArrayOutputStream());
            OptionalInt status = new Execs(parts, maker).run(record, options, starter, patience, collected);
            if (status.isEmpty()) {
                throw new EngineException(
                        EngineException.Kind.FAILED,
                        String.join(" ", options.command()) + ": was killed, as it did not end in " + patience);
            }
            return new Ended(
                    status.getAsInt(),
                    collected.output.toString(StandardCharsets.UTF_8),
                    collected.error.toString(StandardCharsets.UTF_8));
        });
    }

    private record Collected(ByteArrayOutputStream output, ByteArrayOutputStream error) implements Execs.Sink {
        @Override
        public void output(byte[] bytes) {
            output.writeBytes(bytes);
        }

        @Override
        public void error(byte[] bytes) {
            error.writeBytes(bytes);
        }
    }

    /** The processes of all its programs, in ascending order. One that has just ended is left out. */
    public List<InstanceProcess> processes() {
        return Failures.mapped(() -> {
            look(Verb.TOP);
            return parts.containers().processes(id).stream()
                    .flatMap(pid -> InstanceProcess.read(parts.kernel().files(), pid).stream())
                    .toList();
        });
    }

    /** What it uses and has used. */
    public InstanceUsage usage() {
        return Failures.mapped(() -> {
            View view = look(Verb.TOP);
            return InstanceUsage.read(
                    parts.kernel().files(),
                    view.state().pid(),
                    parts.containers().usage(id).statistics(),
                    view.options().network().mode() != NetworkMode.Simple.HOST);
        });
    }

    /** Hands on what it has written by now. */
    public void readLog(LogQuery query, Consumer<LogEntry> receiver) {
        Failures.mapped(() -> log().read(query, receiver));
    }

    /**
     * Hands on what it has written by now, and then what it writes further, until it ends.
     *
     * @throws InterruptedException if the thread is interrupted
     */
    public void followLog(LogQuery query, Consumer<LogEntry> receiver) throws InterruptedException {
        Optional<Monitor> connected = Failures.mapped(() -> parts.monitor(id));
        if (connected.isEmpty()) {
            readLog(query, receiver);
            return;
        }
        try (Monitor monitor = connected.get()) {
            // Its first word is that it listens; from then on there is something to hear when it ends.
            if (Failures.mapped(monitor::hear).end()) {
                readLog(query, receiver);
            } else {
                Failures.mapped(this::log).follow(query, monitor.socket(), receiver);
            }
        } catch (JournalException exception) {
            throw new EngineException(EngineException.Kind.UNAVAILABLE, exception);
        }
    }

    /**
     * What a path in it stands for, whether it runs or not; empty if there is nothing.
     *
     * @param path from its root; with a slash at the end, a folder or a link to one
     * @param follow whether a link in the end is followed, within the instance
     */
    public Optional<PathStatus> status(String path, boolean follow) {
        return Failures.mapped(() -> {
            try (InstanceFiles files = InstanceFiles.open(parts, maker, id)) {
                return files.status(path, follow);
            }
        });
    }

    /**
     * Writes a file of it, or a folder with all in it, as a tar archive. What the kernel makes up in proc and its like is
     * left out.
     *
     * @param path as for {@link #status}
     * @param name what it is called in the archive; empty for what is in a folder, without a name of its own
     * @param follow whether a link in the end is followed, within the instance
     * @param output stays open
     * @return what was left out, one line each
     * @throws EngineException not found if it is not there
     * @throws UncheckedIOException if the output cannot be written
     */
    public List<String> copyOut(String path, String name, boolean follow, OutputStream output) {
        return Failures.mapped(() -> {
            try (InstanceFiles files = InstanceFiles.open(parts, maker, id)) {
                return files.copyOut(path, name, follow, output);
            }
        });
    }

    /**
     * Puts what is in a tar archive into a folder of it. Nothing leads out of that: neither names nor links, those of the
     * archive as little as those of the instance. A file replaces no folder, and a folder no file.
     *
     * @param path of a folder, as for {@link #status}
     * @param tar uncompressed; stays open
     * @param owners whether files get the users and groups that the archive tells; else they are root's
     * @return what was left out, one line each
     * @throws EngineException not found if the folder is not there; denied if it is read-only; invalid if the archive is
     * @throws UncheckedIOException if the archive cannot be read
     */
    public List<String> copyIn(String path, InputStream tar, boolean owners) {
        return Failures.mapped(() -> {
            try (InstanceFiles files = InstanceFiles.open(parts, maker, id)) {
                return files.copyIn(path, tar, owners);
            }
        });
    }

    private LogSource log() {
        InstanceRecord record = record();
        return switch (record.options().policies().log().kind()) {
            case FILE -> new InstanceLog(parts.kernel(), parts.folders().path(id));
            case JOURNALD -> parts.journal().log(JournalFields.ID, id);
            case NONE ->
                throw new EngineException(
                        EngineException.Kind.UNAVAILABLE,
                        "the instance \"" + record.name() + "\" keeps no log: it was made with --log-driver none");
        };
    }

    private InstanceRecord record() {
        try (InstanceFolder folder = parts.folders().look(id).orElseThrow(() -> InstanceFolders.missing(shortId()))) {
            return folder.require();
        }
    }

    private View look(Verb verb) {
        View view = look();
        verb.require(view.name(), view.state());
        return view;
    }

    /**
     * A connection to its monitor, for whoever wants its streams.
     *
     * @return the caller's to close
     */
    public Fd attach() {
        return Failures.mapped(() -> {
            look(Verb.ATTACH);
            return parts.containers().connect(id);
        });
    }

    /**
     * Waits until it does not run.
     *
     * @param patience {@link Polling#FOREVER} to wait without end
     * @return how it ended the last time; empty if the time is over, or if it has never run
     */
    public Optional<Exit> await(Duration patience) {
        return Failures.mapped(() -> {
            Optional<Monitor> monitor = parts.monitor(id);
            if (monitor.isPresent()) {
                try (Monitor open = monitor.get()) {
                    Optional<Monitor.Heard> heard = open.awaitEnd(patience);
                    if (heard.isEmpty()) {
                        return Optional.empty();
                    }
                    // What is written down says more, where the instance is still there.
                    settle();
                    return lookIfPresent().flatMap(view -> view.state().exit()).or(heard.get()::exit);
                }
            }
            settle();
            return look().state().exit();
        });
    }

    /** Writes down what nobody else could: that it ended with its monitor. Does nothing if all is well. */
    void settle() {
        Optional<InstanceFolder> locked = parts.folders().lock(id);
        if (locked.isEmpty()) {
            return;
        }
        try (InstanceFolder folder = locked.get()) {
            settle(folder);
        }
    }

    private void settle(InstanceFolder folder) {
        Optional<InstanceRecord> record = Parts.readable(folder);
        if (record.isEmpty()) {
            return;
        }
        State state = parts.state(folder, record.get());
        if (state.status().isAlive() || state.exit().isEmpty()) {
            return;
        }
        if (folder.exit().isEmpty()) {
            maker.settle(folder, state.exit().get());
            parts.events().add(Event.died(record.get(), state.exit()));
        }
    }

    /**
     * Gives it other limits, at once if it runs, and another policy for its end. What {@code ulimit} limits, and who dies
     * first for want of memory, changes when it is started again.
     *
     * @param change of the limits that it has
     * @throws EngineException if it cannot have them; it has those that it had then
     */
    public void update(UnaryOperator<Limits> change, Optional<RestartPolicy> restart) {
        Failures.mapped(() -> {
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                InstanceRecord before = folder.require();
                State state = parts.state(folder, before);
                Verb.UPDATE.require(before.name(), state);
                InstanceOptions options = before.options();
                InstanceOptions changed = options.withLimits(change.apply(options.limits()))
                        .withPolicies(options.policies()
                                .withRestart(restart.orElse(options.policies().restart())));
                InstanceRecord after = before.with(changed);
                if (state.status() == Status.STOPPED || state.status() == Status.CREATED) {
                    after = after.wished(false); // another policy starts nothing that has ended
                } else if (state.status() != Status.RESTARTING) {
                    limit(options.limits(), changed.limits());
                }
                folder.writeLastingly(after);
                parts.events().add(Event.of(after, "update", Map.of()));
            }
        });
    }

    private void limit(Limits before, Limits after) {
        AppResources resources = new AppResources(new HostDevices(parts.kernel().files()));
        try {
            parts.containers().update(id, resources.change(after));
        } catch (RuntimeException refused) {
            try {
                parts.containers().update(id, resources.change(before)); // some of them may have been changed
            } catch (RuntimeException remains) {
                refused.addSuppressed(remains);
            }
            throw refused;
        }
    }

    /** What it has written, beside its image and volumes, takes on the disk. */
    public Usage written() {
        return Failures.mapped(() -> {
            Changes changes = maker.changes(record());
            return changes.snapshots().usage(changes.snapshot());
        });
    }

    /** The files that are not as its image has them, in the order of their names. */
    public List<FileChange> changes() {
        return Failures.mapped(() -> {
            try (InstanceFolder folder = parts.lock(id, shortId())) {
                InstanceRecord record = folder.require();
                Verb.DIFF.require(record.name(), parts.state(folder, record));
                return new Capture(parts, record, maker.changes(record)).list();
            }
        });
    }

    /**
     * Writes all its files as an archive: those of its image, as it has changed them. What is mounted is not among them.
     *
     * @param output gets the uncompressed archive, and stays open
     * @param pause whether it stands still meanwhile; else a file that it writes to fails this
     * @throws IOException if the output takes no more
     */
    public void export(OutputStream output, boolean pause) throws IOException {
        Optional<IOException> failure = Failures.mapped(() -> still(Verb.EXPORT, pause, capture -> {
            try {
                capture.export(output);
                return Optional.empty();
            } catch (IOException exception) {
                return Optional.of(exception);
            }
        }));
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /**
     * Makes an image of its files, which runs as it does, but for what the new one's instructions change.
     *
     * @param pause whether it stands still meanwhile; else a file that it writes to fails this
     * @return the digest of the image's manifest
     */
    public Digest commit(NewImage wanted, boolean pause) {
        return Failures.mapped(() -> still(Verb.COMMIT, pause, capture -> {
            Digest digest = capture.commit(wanted);
            parts.events()
                    .add(Event.of(
                            capture.record(),
                            "commit",
                            Map.of("to", wanted.name().familiar(), "digest", digest.toString())));
            return digest;
        }));
    }

    /** Does something with its files while nobody changes them. */
    private <T> T still(Verb verb, boolean pause, Function<Capture, T> work) {
        try (InstanceFolder folder = parts.lock(id, shortId())) {
            InstanceRecord record = folder.require();
            State state = parts.state(folder, record);
            verb.require(record.name(), state);
            boolean paused = pause && state.status() == Status.RUNNING;
            if (paused) {
                parts.stillness().begin(id);
            }
            try {
                return work.apply(new Capture(parts, record, maker.changes(record)));
            } finally {
                if (paused) {
                    parts.stillness().end(id);
                }
            }
        }
    }

    /**
     * Removes it and its changes to its image.
     *
     * @param force ends it first if it runs, and removes what is broken
     * @param volumes whether the volumes without names that were made for it go too
     */
    public void remove(boolean force, boolean volumes) {
        Failures.mapped(() -> {
            if (force) {
                lookIfPresent().filter(view -> view.state().status().isAlive()).ifPresent(view -> end());
            }
            Optional<InstanceFolder> locked = parts.folders().lock(id);
            if (locked.isEmpty()) {
                parts.folders().names(id).forEach(parts.folders()::unlink);
                return;
            }
            try (InstanceFolder folder = locked.get()) {
                remove(folder, force, volumes);
            }
        });
    }

    private void end() {
        try (InstanceFolder folder = parts.lock(id, shortId())) {
            folder.write(folder.require().wished(false));
        }
        Optional<Monitor> monitor = parts.monitor(id);
        if (monitor.isPresent()) {
            try (Monitor open = monitor.get()) {
                killAll();
                open.awaitEnd(Monitor.LAST_WORK);
            }
            parts.watch().awaitTold(id);
        }
    }

    private void remove(InstanceFolder folder, boolean force, boolean volumes) {
        Optional<InstanceRecord> record = Parts.readable(folder);
        State state = record.isPresent() && !record.get().removing()
                ? parts.state(folder, record.get())
                : State.broken("it is half made");
        String name = record.map(InstanceRecord::name).orElse(shortId());
        if (state.status() != Status.BROKEN || !force) {
            Verb.REMOVE.require(name, state);
        }
        record.ifPresentOrElse(
                it -> maker.destroy(folder, it, volumes), () -> maker.remove(id, Optional.empty(), volumes));
    }
}
