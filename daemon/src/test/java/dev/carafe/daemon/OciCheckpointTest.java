package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code checkpoint} and {@code restore} where nothing comes of it; {@link OciRestoreTest} has those that work. */
@SystemTest
class OciCheckpointTest {

    private static final String WAITS = "touch /began; while :; do sleep 0.05; done";

    private static String start(Installation carafe, Bundle bundle) {
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        Conditions.await("it has begun", () -> Files.exists(bundle.rootfs().resolve("began")));
        return id;
    }

    private static void stillRuns(Installation carafe, String id) {
        assertThat(carafe.status(id)).isEqualTo("running");
        carafe.oci("delete", "--force", id).succeeded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "restore"})
    void withoutCriuTheyAreRefusedInALineAndTheContainerIsLeftAlone(String command, Installation carafe) {
        Bundle bundle = carafe.bundle(WAITS);
        String id = start(carafe, bundle);
        Path images = carafe.newPath("images");
        String empty = carafe.newFolder("path").toString();
        carafe.call("oci", command, "--image-path", images.toString(), id)
                .variable("PATH", empty)
                .in(bundle.folder())
                .execute()
                .failed(1, "criu", "not in PATH", "package criu");
        // podman takes success for "it can".
        carafe.call("oci", command, "--help")
                .variable("PATH", empty)
                .execute()
                .failed(1, "criu", "not in PATH", "package criu");
        assertThat(images).doesNotExist();
        stillRuns(carafe, id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "restore"})
    void withCriuTheyTellTheirOptions(String command, Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        assertThat(criu.in(carafe.call("oci", command, "--help")).execute().succeeded())
                .contains("oci " + command, "--image-path", "--tcp-established");
        String program = criu.folder() + "/criu";
        carafe.oci("--criu", program, command, "--help").succeeded();
        carafe.oci("--criu", program + "-not", command, "--help").failed(1, program + "-not");
        // As podman asks whether a runtime has this option.
        carafe.oci("restore", "--lsm-mount-context").failed(1, "--lsm-mount-context", "flag needs an argument");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--manage-cgroups-mode some   | manage-cgroups-mode",
                "--page-server nowhere        | --page-server ADDRESS:PORT",
                "--page-server :1             | --page-server ADDRESS:PORT",
                "--page-server 127.0.0.1:http | --page-server ADDRESS:PORT",
                "--page-server 127.0.0.1:70000 | --page-server ADDRESS:PORT",
                "--empty-ns pid               | --empty-ns",
                "--parent-path /parent        | --parent-path must be relative",
                "--parent-path ../parent      | --parent-path",
                "--status-fd 1                | --lazy-pages",
                "--lazy-pages --status-fd 77  | --status-fd 77",
                "--unheard-of                 | unknown option --unheard-of"
            })
    void whatMakesNoSenseIsRefusedByName(String options, String words, Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        String id = start(carafe, carafe.bundle(WAITS));
        String[] call =
                ("oci checkpoint " + options + " --image-path " + carafe.newPath("images") + " " + id).split(" +");
        criu.in(carafe.call(call)).execute().failed(1, words);
        stillRuns(carafe, id);
    }

    @Test
    void onlyWhatRunsIsCheckpointed(Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        String id = carafe.newId();
        String images = carafe.newPath("images").toString();
        carafe.oci("create", "--bundle", carafe.bundle(WAITS).folder().toString(), id)
                .succeeded();
        criu.in(carafe.call("oci", "checkpoint", "--image-path", images, id))
                .execute()
                .failed(1, "Container cannot be checkpointed in created state");
        carafe.oci("delete", id).succeeded();
        criu.in(carafe.call("oci", "checkpoint", "--image-path", images, id))
                .execute()
                .failed(1, id, "does not exist");
    }

    @Test
    void whereCriuFailsTheContainerRunsOnAndItsLogIsNamed(Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        String id = start(carafe, carafe.bundle(WAITS));
        Path images = carafe.newPath("images");
        criu.in(carafe.call("oci", "checkpoint", "--image-path", images.toString(), id))
                .execute()
                .failed(1, "criu failed", images + "/dump.log");
        stillRuns(carafe, id);
    }

    @Test
    void aContainerInTheHostsMountsIsNotCheckpointed(Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        String id = start(
                carafe,
                carafe.bundle(WAITS)
                        .edit("del(.linux.namespaces[] | select(.type == \"mount\")) | del(.linux.maskedPaths,"
                                + " .linux.readonlyPaths) | .mounts = []"));
        criu.in(carafe.call(
                        "oci",
                        "checkpoint",
                        "--image-path",
                        carafe.newPath("images").toString(),
                        id))
                .execute()
                .failed(1, "linux.namespaces", "mount namespace");
        stillRuns(carafe, id);
    }

    @Test
    void whereThereIsNoCheckpointNothingIsRestoredAndNothingIsLeft(Installation carafe) {
        Criu criu = Criu.fake(carafe, "exit 1");
        Bundle bundle = carafe.bundle(WAITS);
        Path images = carafe.newPath("images");
        Call call = criu.in(carafe.call(
                "oci",
                "restore",
                "--image-path",
                images.toString(),
                "--bundle",
                bundle.folder().toString(),
                carafe.newId()));
        call.execute().failed(1, "--image-path", images.toString(), "no such file");
        Commands.succeed("mkdir \"$0\"", images.toString());
        call.execute().failed(1, "--image-path", images.toString(), "descriptors.json");
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }
}
