package dev.carafe.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@code containerd} of our own, driven by {@code ctr(1)}. */
final class Containerd {

    private final Installation carafe;
    private final PeerFolder folder;

    Containerd(Installation carafe, PeerFolder folder) {
        this.carafe = carafe;
        this.folder = folder;
        Path configuration = folder.write("containerd.toml", """
                version = 2
                root = "%1$s/containerd"
                state = "%1$s/containerd-state"
                disabled_plugins = ["io.containerd.grpc.v1.cri"]
                [grpc]
                address = "%1$s/containerd.sock"
                [plugins."io.containerd.internal.v1.opt"]
                path = "%1$s/opt"
                """.formatted(folder.path("")));
        folder.start("containerd", "--config=" + configuration);
        Conditions.await("containerd listens", () -> execute("version").status() == 0);
    }

    Path socket() {
        return folder.path("containerd.sock");
    }

    /** The namespace that everything is in; cgroups are called by it. */
    String namespace() {
        return folder.token();
    }

    /** The containers that the runtimes know of; one that containerd has removed must not be among them. */
    List<Path> runtimeState() {
        return Installation.list(folder.path("runtime").resolve(namespace()));
    }

    private Call call(List<String> arguments) {
        return new Call(carafe, List.of("ctr", "--address=" + socket(), "--namespace=" + namespace()), arguments);
    }

    Outcome execute(String... arguments) {
        return call(List.of(arguments)).execute();
    }

    /** Its output, without the end of its last line. */
    String succeed(String... arguments) {
        return execute(arguments).succeeded().stripTrailing();
    }

    /** {@code ctr run} with a runtime; options, image, id and command follow. */
    Call run(OciRuntime runtime, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                "run",
                "--runc-binary=" + runtime.program(carafe),
                "--runc-root=" + folder.path("runtime"),
                "--fifo-dir=" + folder.path("fifos")));
        words.addAll(List.of(arguments));
        return call(words);
    }

    /** {@code ctr task exec} in a container; options before the command. */
    Call exec(String container, String... arguments) {
        List<String> words = new ArrayList<>(
                List.of("task", "exec", "--exec-id=" + carafe.newId(), "--fifo-dir=" + folder.path("fifos")));
        boolean command = false;
        for (String argument : arguments) {
            if (!command && !argument.startsWith("-")) {
                words.add(container);
                command = true;
            }
            words.add(argument);
        }
        return call(words);
    }
}
