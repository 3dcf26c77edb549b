package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.engine.log.InstanceLog;
import dev.carafe.engine.log.LogEntry;
import dev.carafe.engine.log.LogQuery;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sockets;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.CgroupDriver;
import dev.carafe.runtime.Client;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.LogFiles;
import dev.carafe.runtime.MonitorStarter;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.Rights;
import dev.carafe.runtime.RootSource;
import dev.carafe.runtime.Starter;
import dev.carafe.runtime.plan.EndingOperation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A container whose monitor keeps its streams. The test itself is the Java that starts it, of itself or for clients that
 * call: it listens in the daemon's place.
 */
final class KeptInstance implements AutoCloseable {

    private final Kernel kernel = Kernel.host();
    private final Installation carafe;
    private final Bundle bundle;
    private final String id;
    private final Path folder;
    private final Fd listener;
    private final Containers containers;
    private long most;
    private int files = 1;
    private Keeping.Input input = Keeping.Input.NONE;
    private ProcessNotice notice = ProcessNotice.NONE;
    private int monitor;

    KeptInstance(Installation carafe, String script) {
        this(carafe, carafe.bundle(script));
    }

    KeptInstance(Installation carafe, Bundle bundle) {
        this.carafe = carafe;
        this.bundle = bundle;
        this.id = carafe.newId();
        this.folder = carafe.newFolder("instance");
        Caller caller = Caller.inherited(kernel);
        this.listener = DaemonFolder.make(kernel, carafe.state(), caller.uid()).listen();
        this.containers = new Containers(
                kernel,
                caller,
                Rights.of(caller, kernel, Optional.empty()),
                CgroupDriver.FILES,
                carafe.state().resolve("instances").toString(),
                carafe.data().resolve("cache/seccomp").toString());
    }

    /** Its log has so many files, and none is longer; 0 files: there is no log. */
    KeptInstance logged(long mostBytes, int mostFiles) {
        most = mostBytes;
        files = mostFiles;
        return this;
    }

    KeptInstance input(Keeping.Input kind) {
        input = kind;
        return this;
    }

    /** Who starts it gives up at the last moment before it begins. */
    void givesUpWhenReady() {
        notice = new ProcessNotice(Optional.of(folder + "/not/there"), Optional.empty());
    }

    /** A client that calls; what it calls for is what the test then does for it. */
    Call call() {
        return carafe.call("kept");
    }

    /** Starts it without any client. */
    KeptInstance start() {
        run(
                new MonitorStarter(
                        kernel,
                        Installation.program().toString(),
                        List.of("CARAFE_STATE=" + carafe.state()),
                        warning -> {}),
                Optional.empty());
        return this;
    }

    /** Starts it for a client that has called, which then ends. */
    KeptInstance startDetached() {
        try (Client client = accept()) {
            run(client, Optional.empty());
            client.exit(0);
        }
        return this;
    }

    /** Starts it for a client that has called, which is attached from the beginning. */
    KeptInstance startAttached(AttachOptions options) {
        try (Client client = accept();
                Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS)) {
            run(client, Optional.of(pair.second()));
            client.attach(pair.first(), options);
        }
        return this;
    }

    /** Attaches a client that has called. */
    void attach(AttachOptions options) {
        try (Client client = accept();
                Fd connection = containers.connect(id)) {
            client.attach(connection, options);
        }
    }

    /** Attaches the test itself. */
    Attachment attachment(boolean input, boolean output) {
        return Attachment.begin(kernel, containers.connect(id), input, output, output);
    }

    /** A connection to its monitor. */
    Fd connect() {
        return containers.connect(id);
    }

    /** Where its monitor takes on who attaches. */
    Path socket() {
        return folderOfSocket().resolve("attach.sock");
    }

    Path folderOfSocket() {
        return carafe.state().resolve("instances").resolve(id);
    }

    private Client accept() {
        Fd connection = kernel.sockets().accept(listener);
        Client client = Client.accept(
                kernel, connection, Caller.connected(kernel, connection).orElseThrow());
        assertThat(client.takeOn()).isTrue();
        return client;
    }

    private void run(Starter starter, Optional<Fd> client) {
        try (Fd logs = kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            Keeping keeping =
                    Keeping.of(files == 0 ? Optional.empty() : Optional.of(new LogFiles(logs, most, files)), input);
            List<EndingOperation> ending = new ArrayList<>(containers.removal(id));
            ending.add(new EndingOperation.RecordExit(folder.resolve("exit").toString()));
            monitor = containers.run(
                    creation(), starter, client.map(keeping::withClient).orElse(keeping), ending);
        }
    }

    private Containers.Creation creation() {
        try {
            return new Containers.Creation(
                    id,
                    new ConfigReader().config(Files.readAllBytes(bundle.config())),
                    bundle.folder().toString(),
                    new RootSource.Folder(bundle.rootfs().toString()),
                    bundle.rootfs().toString(),
                    Blueprint.Input.INHERITED,
                    0,
                    notice);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** The monitor's process. */
    int monitor() {
        return monitor;
    }

    /** Its first process; 0 if it has ended. */
    int pid() {
        return containers.list().stream()
                .filter(state -> state.id().equals(id))
                .mapToInt(state -> (int) state.pid())
                .findFirst()
                .orElse(0);
    }

    void kill(Signal signal) {
        containers.kill(id, signal, false);
    }

    Path folder() {
        return folder;
    }

    /** The newest text of its log as it is now; nothing if there is none. */
    String log() {
        return Installation.read(folder.resolve("log/text"));
    }

    /** What is in its log, each line with its stream, and with P in place of F where it does not end. */
    String logged() {
        StringBuilder logged = new StringBuilder();
        new InstanceLog(kernel, folder).read(LogQuery.ALL, entry -> {
            if (entry instanceof LogEntry.Line line) {
                logged.append(line.stream() == LogEntry.Stream.ERROR ? "stderr " : "stdout ")
                        .append(line.ends() ? "F " : "P ")
                        .append(new String(line.text(), StandardCharsets.ISO_8859_1))
                        .append('\n');
            }
        });
        return logged.toString();
    }

    /** How it ended; nothing as long as it has not. */
    String exit() {
        return Installation.read(folder.resolve("exit"));
    }

    boolean isMonitored() {
        return kernel.processes()
                        .identify(monitor)
                        .filter(kernel.processes()::isAlive)
                        .isPresent()
                && Installation.describe(monitor).startsWith("carafe-monitor");
    }

    /** Waits for its end. */
    KeptInstance ended() {
        Conditions.await("it has ended", () -> !exit().isEmpty());
        Conditions.await("its monitor has ended", () -> !isMonitored());
        return this;
    }

    /** All that comes from an attachment until the end, and the wait status. */
    static String readAll(Attachment attachment) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        while (true) {
            switch (attachment.read()) {
                case Attachment.Event.Begun ignored -> {}
                case Attachment.Event.Output some -> output.writeBytes(some.bytes());
                case Attachment.Event.ErrorOutput some -> output.writeBytes(some.bytes());
                case Attachment.Event.Ended ended -> {
                    return output.toString(UTF_8) + "[" + ended.waitStatus() + "]";
                }
                case Attachment.Event.Dropped ignored -> {
                    return output.toString(UTF_8) + "[dropped]";
                }
                case Attachment.Event.Lost ignored -> {
                    return output.toString(UTF_8) + "[lost]";
                }
            }
        }
    }

    @Override
    public void close() {
        containers.delete(id, true, new MonitorStarter(kernel, "", List.of(), warning -> {}));
        listener.close();
    }
}
