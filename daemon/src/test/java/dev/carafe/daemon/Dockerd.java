package dev.carafe.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@code dockerd} of our own, without networks, which knows both runtimes, driven by {@code docker(1)}. */
final class Dockerd {

    private final Installation carafe;
    private final Path socket;
    private final Path runtimeState;

    Dockerd(Installation carafe, PeerFolder folder, Containerd containerd) {
        this.carafe = carafe;
        this.socket = folder.path("docker.sock");
        this.runtimeState = folder.path("docker-run/runtime-runc").resolve(containerd.namespace());
        folder.start(
                "dockerd",
                "--containerd=" + containerd.socket(),
                "--containerd-namespace=" + containerd.namespace(),
                "--containerd-plugins-namespace=" + containerd.namespace() + "-plugins",
                "--data-root=" + folder.path("docker"),
                "--exec-root=" + folder.path("docker-run"),
                "--pidfile=" + folder.path("docker.pid"),
                "--host=unix://" + socket,
                "--cgroup-parent=/" + folder.token(),
                "--exec-opt=native.cgroupdriver=cgroupfs",
                "--bridge=none",
                "--iptables=false",
                "--ip-forward=false",
                "--ip-masq=false",
                "--add-runtime=carafe-oci=" + OciRuntime.CARAFE.program(carafe));
        Conditions.await(
                "dockerd listens: " + folder.logs(), () -> execute("version").status() == 0);
    }

    Call call(String... arguments) {
        return call(List.of(arguments));
    }

    private Call call(List<String> arguments) {
        return new Call(carafe, List.of("docker", "--host=unix://" + socket), arguments);
    }

    Outcome execute(String... arguments) {
        return call(arguments).execute();
    }

    /** Its output, without the end of its last line. */
    String succeed(String... arguments) {
        return execute(arguments).succeeded().stripTrailing();
    }

    /** {@code docker run} with a runtime, and options before the image and the command. */
    Call run(OciRuntime runtime, String... arguments) {
        return making("run", runtime, arguments);
    }

    Call create(OciRuntime runtime, String... arguments) {
        return making("create", runtime, arguments);
    }

    private Call making(String command, OciRuntime runtime, String... arguments) {
        List<String> words = new ArrayList<>(List.of(command, "--runtime=" + runtime.title(), "--network=none"));
        words.addAll(List.of(arguments));
        return call(words);
    }

    /** The containers that the runtimes know of; one that dockerd has removed must not be among them. */
    List<Path> runtimeState() {
        return Installation.list(runtimeState);
    }

    /** Removes all containers, whatever they do. */
    void removeAll() {
        String ids = succeed("ps", "--all", "--quiet");
        if (!ids.isEmpty()) {
            execute(PeerFolder.words("rm", "--force", "--volumes", ids.split("\n", -1)))
                    .ended(0);
        }
    }
}
