package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that are checkpointed and go on, by a real CRIU. */
@SystemTest
class OciRestoreTest {

    private static final String COUNTS = "i=0; while :; do i=$((i+1)); echo $i > /data/count; sleep 0.02; done";

    private Criu criu;
    private Path images;

    @BeforeEach
    void findCriu(Installation carafe) {
        criu = Criu.required(carafe);
        images = carafe.newPath("images");
    }

    private Call call(Installation carafe, String command, String... words) {
        List<String> all = new ArrayList<>(List.of("oci", command, "--image-path", images.toString()));
        all.addAll(List.of(words));
        return criu.in(carafe.call(all.toArray(String[]::new)));
    }

    private void checkpoint(Installation carafe, String... words) {
        call(carafe, "checkpoint", words).execute().succeeded();
    }

    private static Bundle counter(Installation carafe, Path data) {
        return carafe.bundle(COUNTS)
                .edit(
                        ".mounts += [{destination: \"/data\", type: \"bind\", source: $text, options: [\"bind\"]}]"
                                + " | .linux.resources.memory = {limit: 67108864}",
                        data.toString());
    }

    private static int count(Path data) {
        String text = Installation.read(data.resolve("count")).strip();
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private static void goesOn(Path data, int from) {
        Conditions.await("it goes on from " + from, () -> count(data) > from + 5);
    }

    private static String inside(Installation carafe, String id, String script) {
        return carafe.oci("exec", id, "sh", "-c", script).succeeded().strip();
    }

    private static String pid(Installation carafe, String id) {
        return Json.read(carafe.oci("state", id).succeeded(), ".pid");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aContainerGoesOnWhereItWas(boolean started, Installation carafe) throws Exception {
        Path data = carafe.newFolder("data");
        Bundle bundle = counter(carafe, data);
        String folder = bundle.folder().toString();
        String id = carafe.newId();
        if (started) {
            carafe.oci("create", "--bundle", folder, id).succeeded();
            carafe.oci("start", id).succeeded();
        } else {
            carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        }
        goesOn(data, 0);
        String mounts = "cut -d' ' -f4-6 /proc/self/mountinfo | sort";
        String mountsBefore = inside(carafe, id, mounts);
        checkpoint(carafe, id);
        carafe.oci("state", id).failed(1, "does not exist");
        int before = count(data);
        Files.delete(data.resolve("count"));

        Path pidFile = carafe.newPath("pid");
        call(carafe, "restore", "--detach", "--bundle", folder, "--pid-file", pidFile.toString(), id)
                .execute()
                .succeeded();
        goesOn(data, before);
        assertThat(count(data)).isLessThan(before + 5000);
        assertThat(Installation.read(pidFile)).isEqualTo(pid(carafe, id));
        assertThat(inside(carafe, id, "cat /proc/1/comm")).isEqualTo("sh");
        assertThat(inside(carafe, id, mounts)).isEqualTo(mountsBefore);
        assertThat(inside(carafe, id, "cat /proc/keys; ls /proc/acpi"))
                .as("what is masked")
                .isEmpty();
        assertThat(carafe.oci("exec", id, "sh", "-c", "echo x > /proc/sys/kernel/hostname")
                        .ended(1)
                        .error())
                .contains("Read-only file system");
        Outcome cgroups = Commands.run("cat /proc/\"$0\"/cgroup", pid(carafe, id));
        assertThat(cgroups.output().lines()).allMatch(line -> line.endsWith("/" + id));
        assertThat(Commands.succeed(
                                "find /sys/fs/cgroup -path \"*/$0/memory.limit_in_bytes\" -o -path"
                                        + " \"*/$0/memory.max\" | xargs cat",
                                id)
                        .strip())
                .isEqualTo("67108864");
        carafe.oci("kill", id, "KILL").succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aDaemonDoesTheSame(Installation carafe) {
        carafe.startDaemon();
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        goesOn(data, 0);
        checkpoint(carafe, id);
        int before = count(data);
        call(carafe, "restore", "--detach", "--bundle", folder, id).execute().succeeded();
        goesOn(data, before);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void itMayRunOnAndTheCheckpointIsOneOfThatMoment(Installation carafe) {
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        goesOn(data, 0);
        checkpoint(carafe, "--leave-running", id);
        int then = count(data);
        goesOn(data, then + 50);
        carafe.oci("delete", "--force", id).succeeded();
        call(carafe, "restore", "--detach", "--bundle", folder, id).execute().succeeded();
        Conditions.await("it is back where it was", () -> count(data) > 0 && count(data) < then + 50);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void memoryIsWrittenBefore(Installation carafe) {
        criu.require("mem_dirty_track");
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        goesOn(data, 0);
        Path parent = carafe.newPath("parent");
        criu.in(carafe.call("oci", "checkpoint", "--pre-dump", "--image-path", parent.toString(), id))
                .execute()
                .succeeded();
        goesOn(data, count(data));
        checkpoint(carafe, "--parent-path", "../" + parent.getFileName(), id);
        assertThat(images.resolve("parent")).isSymbolicLink();
        int before = count(data);
        call(carafe, "restore", "--detach", "--bundle", folder, id).execute().succeeded();
        goesOn(data, before);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void itsInputAndOutputAreTheNewCallers(Installation carafe) {
        Bundle bundle = carafe.bundle("i=0; until [ -e /end ]; do i=$((i+1)); echo $i; sleep 0.02; done; exit 7");
        String folder = bundle.folder().toString();
        String id = carafe.newId();
        Call.Running first = carafe.call("oci", "run", "--bundle", folder, id).start();
        Conditions.await("it counts", () -> first.output().contains("5\n"));
        checkpoint(carafe, id);
        assertThat(first.await().ended(137).output()).startsWith("1\n2\n");

        Call.Running second = call(carafe, "restore", "--bundle", folder, id).start();
        Conditions.await("it goes on", () -> second.output().lines().count() > 5);
        Commands.succeed("touch \"$0\"", bundle.rootfs().resolve("end").toString());
        Outcome outcome = second.await().ended(7);
        assertThat(outcome.error()).isEmpty();
        int last = Integer.parseInt(first.output().lines().toList().getLast());
        // What it wrote when it was stopped may be lost with the line.
        assertThat(Integer.parseInt(outcome.output().lines().findFirst().orElseThrow()))
                .isBetween(last, last + 2);
        carafe.oci("state", id).failed(1, "does not exist");
    }

    @Test
    void anAttachedOneEndsWithItsMonitorIfItHasBefore(Installation carafe) {
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        goesOn(data, 0);
        checkpoint(carafe, id);
        int before = count(data);
        Call.Running restored = call(carafe, "restore", "--bundle", folder, id).start();
        goesOn(data, before);
        Commands.succeed("kill -9 \"$0\"", Long.toString(restored.process().pid()));
        restored.await().ended(137);
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aTerminalIsRelayedAgain(Installation carafe) throws Exception {
        Bundle bundle = carafe.bundle("touch /began; read line; echo got $line; read line; echo then $line; exit 6")
                .edit(".process.terminal = true");
        String folder = bundle.folder().toString();
        String id = carafe.newId();
        try (Terminal first = new Terminal(carafe.call("oci", "run", "--bundle", folder, id), 22, 88)) {
            first.type("one\n");
            first.await("got one\r\n");
            checkpoint(carafe, id);
            assertThat(first.exitStatus()).isEqualTo(137);
        }
        try (Terminal second = new Terminal(call(carafe, "restore", "--bundle", folder, id), 22, 88)) {
            second.type("two\n");
            second.await("then two\r\n");
            assertThat(second.exitStatus()).isEqualTo(6);
        }
    }

    @Test
    void aTerminalGoesToTheConsoleSocket(Installation carafe) {
        Kernel kernel = Kernel.host();
        Bundle bundle =
                carafe.bundle("while read line; do echo got $line; done").edit(".process.terminal = true");
        Path folder = carafe.newFolder("console");
        String id = carafe.newId();
        try (Fd directory = kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd listener = kernel.sockets().open(Sockets.Type.STREAM)) {
            kernel.sockets().bind(listener, directory, "socket");
            kernel.sockets().listen(listener, 1);
            for (String command : List.of("run", "restore")) {
                List<String> words = new ArrayList<>(List.of("oci", command, "--detach", "--bundle"));
                words.addAll(List.of(bundle.folder().toString(), "--console-socket", folder + "/socket"));
                if (command.equals("restore")) {
                    words.addAll(List.of("--image-path", images.toString()));
                }
                words.add(id);
                criu.in(carafe.call(words.toArray(String[]::new))).execute().succeeded();
                try (Fd connection = kernel.sockets().accept(listener);
                        Sockets.Message message = kernel.sockets().receiveMessage(connection, 4096, 1)) {
                    Fd controller = message.descriptors().getFirst();
                    kernel.files().write(controller, (command + "\n").getBytes(UTF_8));
                    StringBuilder shown = new StringBuilder();
                    Conditions.await("it answers", () -> {
                        if (kernel.polling().awaitReadable(controller, java.time.Duration.ofMillis(50))) {
                            shown.append(new String(kernel.files().read(controller, 4096), UTF_8));
                        }
                        return shown.indexOf("got " + command + "\r\n") >= 0;
                    });
                    if (command.equals("run")) {
                        checkpoint(carafe, id);
                    }
                }
            }
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void whatWasStartedInItLaterGoesOnToo(Installation carafe) {
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        for (int round = 0; round < 2; round++) {
            goesOn(data, count(data));
            // After the first round the container is in a time namespace of CRIU's making.
            inside(carafe, id, "sleep 100" + round + " </dev/null >/dev/null 2>&1 &");
            checkpoint(carafe, id);
            call(carafe, "restore", "--detach", "--bundle", folder, id)
                    .execute()
                    .succeeded();
        }
        assertThat(inside(carafe, id, "ps")).contains("sleep 1000", "sleep 1001");
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void hooksThatPrepareItsNamespacesAreRunForTheNewOnes(Installation carafe) {
        Path data = carafe.newFolder("data");
        Path told = carafe.newPath("told");
        String hook =
                "{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo KIND >> $text; cat >> $text; echo >> $text\"]}";
        Bundle bundle = counter(carafe, data);
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        goesOn(data, 0);
        checkpoint(carafe, id);
        int before = count(data);
        StringBuilder filter = new StringBuilder(".hooks = {");
        for (String kind : List.of("prestart", "createRuntime", "createContainer", "poststart")) {
            filter.append(kind)
                    .append(": [")
                    .append(hook.replace("KIND", kind).replace("$text", told.toString()))
                    .append("],");
        }
        bundle.edit(filter.deleteCharAt(filter.length() - 1) + "}");
        call(carafe, "restore", "--detach", "--bundle", bundle.folder().toString(), id)
                .execute()
                .succeeded();
        goesOn(data, before);
        List<String> lines = Installation.read(told).lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).isEqualTo("prestart");
        assertThat(lines.get(2)).isEqualTo("createRuntime");
        assertThat(Json.read(lines.get(1), ".id, .pid")).isEqualTo(id + "\n" + pid(carafe, id));
        carafe.oci("delete", "--force", id).succeeded();

        bundle.edit(".hooks.prestart[0].args[2] = \"echo no way; exit 3\"");
        call(carafe, "restore", "--detach", "--bundle", bundle.folder().toString(), id)
                .execute()
                .failed(1, "hooks.prestart[0]", "no way");
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }

    @Test
    void whereCriuFailsNothingIsLeftOfTheContainer(Installation carafe) throws Exception {
        Path data = carafe.newFolder("data");
        String folder = counter(carafe, data).folder().toString();
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", folder, id).succeeded();
        goesOn(data, 0);
        checkpoint(carafe, id);
        Files.delete(images.resolve("pages-1.img"));
        call(carafe, "restore", "--detach", "--bundle", folder, id)
                .execute()
                .failed(1, "criu failed: Error (", images + "/restore.log");
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }
}
