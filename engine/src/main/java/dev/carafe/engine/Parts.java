package dev.carafe.engine;

import dev.carafe.engine.log.Journal;
import dev.carafe.image.Images;
import dev.carafe.image.snapshot.DriverKind;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.network.Networks;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What an engine makes and keeps instances with.
 *
 * @param watch is told of instances that begin
 * @param state absolute: the folder that has one for each container of the runtime
 */
record Parts(
        Kernel kernel,
        Images images,
        Containers containers,
        Networks networks,
        Volumes volumes,
        InstanceFolders folders,
        Events events,
        Watch watch,
        Journal journal,
        Path state) {

    /** The same for somebody else who is told. */
    Parts watchedBy(Watch other) {
        return new Parts(kernel, images, containers, networks, volumes, folders, events, other, journal, state);
    }

    /** A connection to an instance's monitor; empty if there is none, or it has ended. */
    Optional<Monitor> monitor(String id) {
        return Monitor.connect(kernel, containers, id);
    }

    /** What is known of the health of those that run. */
    HealthFiles health() {
        return new HealthFiles(kernel, state.resolveSibling("health"));
    }

    /** Those that stand still for somebody who looks at their files. */
    Stillness stillness() {
        return new Stillness(kernel, containers, state.resolveSibling("still"));
    }

    /** Those of other drivers would take other means to remove them when an instance ends. */
    Snapshots snapshots() {
        return images.snapshots(Optional.of(DriverKind.OVERLAY));
    }

    /** The instance's folder, when nobody else is at work on it. */
    InstanceFolder lock(String id, String name) {
        InstanceFolder folder = folders.lock(id).orElseThrow(() -> InstanceFolders.missing(name));
        try {
            stillness().endLeft(id);
            return folder;
        } catch (RuntimeException exception) {
            folder.close();
            throw exception;
        }
    }

    /** What is kept of an instance; empty if that makes no sense, or is not there yet. */
    static Optional<InstanceRecord> readable(InstanceFolder folder) {
        try {
            return folder.read();
        } catch (InvalidDocumentException damaged) {
            return Optional.empty();
        }
    }

    /** What is kept of an instance, if that makes sense, and what it is doing. */
    record Known(Optional<InstanceRecord> record, State state) {}

    /** What can be seen of an instance; empty if it is gone. */
    Optional<Known> look(String id) {
        Optional<Known> running = watch.running(id).flatMap(it -> look(id, it));
        if (running.isPresent()) {
            return running;
        }
        Optional<InstanceFolder> open = folders.look(id);
        if (open.isEmpty()) {
            return Optional.empty();
        }
        try (InstanceFolder folder = open.get()) {
            return Optional.of(look(folder));
        }
    }

    /** What can be seen of one that runs; empty if that is not quite clear. */
    private Optional<Known> look(String id, Containers.Running running) {
        try {
            return folders.read(id)
                    .filter(it -> it.started().isPresent() && !it.removing())
                    .map(it -> new Known(Optional.of(it), alive(it, running)));
        } catch (InvalidDocumentException damaged) {
            return Optional.empty();
        }
    }

    private Known look(InstanceFolder folder) {
        Optional<InstanceRecord> read;
        try {
            read = folder.read();
        } catch (InvalidDocumentException damaged) {
            return new Known(Optional.empty(), State.broken(String.valueOf(damaged.getMessage())));
        }
        if (read.isEmpty()) {
            return new Known(read, withoutRecord(folder));
        }
        return new Known(read, read.get().removing() ? inRemoval(folder) : state(folder, read.get()));
    }

    private State inRemoval(InstanceFolder folder) {
        return folders.isLocked(folder)
                ? State.of(Status.REMOVING)
                : State.broken("its removal was cut short; remove it again");
    }

    private State withoutRecord(InstanceFolder folder) {
        if (folders.isLocked(folder)) {
            return State.of(Status.CREATING);
        }
        return isMonitored(folder.id())
                ? State.of(Status.REMOVING) // by its monitor, as it was to leave nothing
                : State.broken("its making was cut short");
    }

    /** What an instance is doing of which this is kept. */
    State state(InstanceFolder folder, InstanceRecord record) {
        if (record.started().isEmpty()) {
            return State.of(Status.CREATED);
        }
        Optional<Containers.Running> running = containers.running(record.id());
        if (running.isPresent()) {
            return alive(record, running.get());
        }
        Optional<Exit> exit = folder.exit();
        if (exit.isEmpty() && isMonitored(record.id())) {
            return new State(Status.STOPPING, 0, record.started(), Optional.empty(), Optional.empty());
        }
        exit = exit.or(folder::exit); // its monitor may just have written it
        if (exit.isPresent()) {
            boolean again = record.wished() && Restarts.isDue(record, exit.get());
            return new State(again ? Status.RESTARTING : Status.STOPPED, 0, record.started(), exit, Optional.empty());
        }
        if (folders.isLocked(folder)) { // somebody starts it, or writes down how it ended
            return State.of(record.restarts() > 0 ? Status.RESTARTING : Status.CREATED);
        }
        Exit unknown = Exit.unknown(Instant.now(), lost(record.id()));
        return new State(Status.STOPPED, 0, record.started(), Optional.of(unknown), Optional.empty());
    }

    private static State alive(InstanceRecord record, Containers.Running running) {
        Status status = running.paused() ? Status.PAUSED : record.wished() ? Status.RUNNING : Status.STOPPING;
        return new State(status, running.pid(), record.started(), Optional.empty(), Optional.empty());
    }

    /** Why nobody knows how an instance ended. */
    private String lost(String id) {
        return kernel.files().exists(Fd.CWD, state.resolve(id).toString())
                ? "its monitor was killed"
                : "the machine was restarted, or its start was cut short";
    }

    private boolean isMonitored(String id) {
        try {
            containers.connect(id).close();
            return true;
        } catch (RuntimeFailure none) {
            return false;
        }
    }
}
