package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an image has at {@code /dev} in place of what should be there. */
@SystemTest
class DevEscapeTest {

    private static final String WITHOUT_DEV = ".mounts |= map(select(.destination | startswith(\"/dev\") | not))";

    /**
     * CVE-2019-18837, CVE-2026-41579, CVE-2026-47766: what belongs into /dev was made, and what had its name removed,
     * where that links to.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsMadeInADevThatLeadsOutStaysInside(boolean mounted, Installation carafe) throws Exception {
        Path canary = carafe.newFolder("canary");
        Path file = Files.writeString(canary.resolve("ptmx"), "canary");
        Bundle bundle = carafe.bundle("[ -c /dev/null ] && [ -L /dev/fd ] && echo inside");
        if (!mounted) {
            bundle.edit(WITHOUT_DEV);
        }
        Path dev = bundle.rootfs().resolve("dev");
        for (String target : new String[] {canary.toString(), "../../../../../../../.." + canary}) {
            Commands.succeed("ln -sfn \"$0\" \"$1\"", target, dev.toString());
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("inside\n");
            assertThat(Installation.list(canary)).containsExactly(file);
            assertThat(file).hasContent("canary");
        }
        Peer.RUNC.run(carafe, bundle);
        Peer.RUNC.mustFallFor("links at /dev", Files.isSymbolicLink(file));
        if (!mounted) {
            Peer.CRUN.run(carafe, bundle);
            Peer.CRUN.mustFallFor("devices at /dev", Files.exists(canary.resolve("null")));
        }
    }

    /** CVE-2025-31133, CVE-2025-62161: what masks was whatever the root had for a null device. */
    @Test
    void onlyTheMachinesNullDeviceMasks(Installation carafe) {
        Bundle bundle = carafe.bundle("head -n 1 /proc/keys > /seen; echo ran").edit(WITHOUT_DEV);
        Path seen = bundle.rootfs().resolve("seen");
        Commands.succeed(
                "cd \"$0\"; mkdir dev; echo chosen > file; ln -s /file dev/null",
                bundle.rootfs().toString());
        carafe.runBundle(bundle).failed(1, "/dev/null");

        // What is bound there is left as it is, and masks nothing.
        Path volume = carafe.newFolder("volume");
        Commands.succeed("ln -s /file \"$0\"/null", volume.toString());
        Bundle bound = new Bundle(carafe.newFolder("bound"));
        Commands.succeed(
                "cp \"$0\" \"$1\"", bundle.config().toString(), bound.folder().toString());
        bound.edit(".root.path = $text", bundle.rootfs().toString())
                .edit(".mounts += [{destination: \"/dev\", source: $text, options: [\"bind\"]}]", volume.toString());
        assertThat(carafe.runBundle(bound).succeeded()).isEqualTo("ran\n");
        assertThat(seen).isEmptyFile();

        Peer.RUNC.run(carafe, bundle);
        Peer.RUNC.mustFallFor("a null device", Installation.read(seen).equals("chosen\n"));
    }

    /** CVE-2026-88265: a file of the machine's became standard output, and the user's own, in place of a null device. */
    @Test
    void noFileTurnsIntoStandardOutput(Installation carafe) throws Exception {
        Path canary = Files.writeString(carafe.newPath("canary"), "");
        Bundle bundle = carafe.bundle("echo out; id -u")
                .edit(WITHOUT_DEV)
                .edit(
                        ".process.user.uid = 1000 | .mounts += [{destination: \"/canary\", source: $text, options: [\"bind\"]}]",
                        canary.toString());
        Commands.succeed(
                "mkdir \"$0\"/dev; ln -s /canary \"$0\"/dev/null",
                bundle.rootfs().toString());
        carafe.runBundle(bundle).failed(1, "/dev/null");
        // Where /dev is bound it is left as it is, and is not where the null device comes from.
        Path volume = carafe.newFolder("volume");
        Commands.succeed("ln -s /canary \"$0\"/null", volume.toString());
        Bundle bound = new Bundle(carafe.newFolder("bound"));
        Commands.succeed(
                "cp \"$0\" \"$1\"", bundle.config().toString(), bound.folder().toString());
        bound.edit(".root.path = $text", bundle.rootfs().toString())
                .edit(
                        ".mounts = [{destination: \"/dev\", source: $text, options: [\"bind\"]}] + .mounts",
                        volume.toString());
        assertThat(carafe.runBundle(bound).succeeded()).isEqualTo("out\n1000\n");
        String id = carafe.newId();
        carafe.oci("create", "--bundle", bound.folder().toString(), id).succeeded();
        carafe.oci("start", id).succeeded();
        Conditions.await("it has ended", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
        assertThat(canary).isEmptyFile();
        assertThat(Files.getAttribute(canary, "unix:uid")).isEqualTo(0);

        Peer.RUNC.run(carafe, bundle);
        Peer.RUNC.mustFallFor("standard output", Installation.read(canary).equals("out\n1000\n"));
        Peer.CRUN.run(carafe, bundle);
        Peer.CRUN.mustFallFor("an owner", Files.getAttribute(canary, "unix:uid").equals(1000));
    }

    /** CVE-2025-52565, CVE-2026-88264: the console was made, or mounted, where a link at its place led to. */
    @Test
    void aConsoleThatLeadsOutIsMadeInside(Installation carafe) throws Exception {
        Path canary = carafe.newFolder("canary");
        Bundle bundle = carafe.bundle("tty")
                .edit(".process.terminal = true | .mounts |= map(select(.destination != \"/dev\"))");
        Path dev = bundle.rootfs().resolve("dev");
        Commands.succeed("mkdir \"$0\"; ln -s \"$1\"/console \"$0\"/console", dev.toString(), canary.toString());
        Call ours = carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId());
        try (Terminal terminal = new Terminal(ours, 20, 100)) {
            terminal.await("/dev/pts/0");
            assertThat(terminal.exitStatus()).isZero();
        }
        assertThat(Installation.list(canary)).isEmpty();
        assertThat(Files.getPosixFilePermissions(dev.resolve(canary.toString().substring(1))))
                .as("what had to be made for it inside are ordinary folders")
                .hasSize(7);

        String id = carafe.newId();
        Call theirs = Peer.CRUN.call(carafe, "run", "--bundle", bundle.folder().toString(), id);
        try (Terminal terminal = new Terminal(theirs, 20, 100)) {
            terminal.exitStatus();
        }
        Peer.CRUN.call(carafe, "delete", "--force", id).execute();
        Peer.CRUN.mustFallFor("a console", Files.exists(canary.resolve("console")));
    }

    /** CVE-2025-52565: a terminal's other end was looked for by a name that the image had taken. */
    @Test
    void aTerminalComesFromNoDevptsOfTheImage(Installation carafe) throws Exception {
        Bundle bundle = carafe.bundle("tty").edit(".process.terminal = true");
        Commands.succeed(
                "mkdir -p \"$0\"/dev/pts; cd \"$0\"/dev/pts; ln -s /proc/1/fd/0 0; ln -s /etc/passwd ptmx",
                bundle.rootfs().toString());
        Call call = carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId());
        try (Terminal terminal = new Terminal(call, 20, 100)) {
            terminal.await("/dev/pts/0");
            assertThat(terminal.exitStatus()).as("control").isZero();
        }
        bundle.edit(".mounts |= map(select(.destination != \"/dev/pts\"))");
        try (Terminal terminal = new Terminal(call, 20, 100)) {
            terminal.await("process.terminal: needs a mount of type devpts at /dev/pts");
            assertThat(terminal.exitStatus()).isEqualTo(1);
        }
    }
}
