package dev.carafe.daemon;

import java.util.ArrayList;
import java.util.List;

/** {@code podman(1)} with storage of its own, which knows both runtimes. */
final class Podman {

    private final Installation carafe;
    private final PeerFolder folder;
    private final String configuration;

    Podman(Installation carafe) {
        this.carafe = carafe;
        this.folder = carafe.newPeerFolder();
        StringBuilder text = new StringBuilder("""
                [containers]
                default_ulimits = []
                [engine]
                lock_type = "file"
                runtime_supports_json = ["runc", "carafe-oci"]
                [network]
                network_config_dir = "%s"
                [engine.runtimes]
                """.formatted(folder.path("networks")));
        for (OciRuntime runtime : OciRuntime.values()) {
            text.append(runtime.title())
                    .append(" = [\"")
                    .append(runtime.program(carafe))
                    .append("\"]\n");
        }
        configuration = folder.write("containers.conf", text.toString()).toString();
        succeed("load", "--quiet", "--input", folder.image().toString());
    }

    Call call(String... arguments) {
        return call(List.of(arguments));
    }

    private Call call(List<String> arguments) {
        List<String> program = List.of(
                "podman",
                "--root=" + folder.path("root"),
                "--runroot=" + folder.path("run"),
                "--tmpdir=" + folder.path("tmp"),
                "--storage-driver=overlay",
                "--cgroup-manager=cgroupfs",
                "--events-backend=file");
        // Its conmon leaves a file where it was called, when a container has used too much memory.
        return new Call(carafe, program, arguments)
                .variable("CONTAINERS_CONF", configuration)
                .in(folder.path("."));
    }

    Outcome execute(String... arguments) {
        return call(arguments).execute();
    }

    /** Its output, without the end of its last line. */
    String succeed(String... arguments) {
        return execute(arguments).succeeded().stripTrailing();
    }

    /** {@code podman run} with a runtime, and options before the image and the command. */
    Call run(OciRuntime runtime, String... arguments) {
        return making("run", runtime, arguments);
    }

    Call create(OciRuntime runtime, String... arguments) {
        return making("create", runtime, arguments);
    }

    private Call making(String command, OciRuntime runtime, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                "--runtime=" + runtime.title(),
                command,
                "--network=none",
                "--ulimit=host",
                "--cgroup-parent=/" + folder.token()));
        words.addAll(List.of(arguments));
        return call(words);
    }

    /** Removes all containers, whatever they do. */
    void removeAll() {
        succeed("rm", "--all", "--force", "--time=0");
    }
}
