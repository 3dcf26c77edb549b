package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** File systems in memory: how they begin, and with what in them. */
@SystemTest
class OciTmpfsTest {

    /** In the root of a bundle, as an image would have it. */
    private static Bundle withFolder(Bundle bundle, String script) {
        Commands.succeed(
                "mkdir \"$0\"/kept && cd \"$0\"/kept && " + script,
                bundle.rootfs().toString());
        return bundle;
    }

    private static final String MOUNT =
            ".mounts += [{destination: \"/kept\", type: \"tmpfs\", source: \"tmpfs\", options: ";

    @Test
    void aNewOneHasTheModeOfTheDirectoryInItsPlace(Installation carafe) {
        Bundle bundle = withFolder(
                        carafe.bundle("stat -c %a /kept /asked /new; grep -c ' /kept .*mode=710' /proc/self/mounts"),
                        "chmod 710 . && mkdir ../asked && chmod 700 ../asked")
                .edit(MOUNT + "[\"nodev\"]},"
                        + " {destination: \"/asked\", type: \"tmpfs\", options: [\"mode=1500\"]},"
                        + " {destination: \"/new\", type: \"tmpfs\"}]");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("710\n1500\n1777\n1\n");
        assertThat(Commands.succeed(
                        "cd \"$0\"; stat -c %a kept asked", bundle.rootfs().toString()))
                .isEqualTo("710\n700\n");
    }

    @Test
    void whatTheImageHasIsCopiedUpAsItIs(Installation carafe) {
        String look = "cd /kept && find . | sort | while read f; do stat -c '%n %F %a %u:%g %t:%T %N' $f; done;"
                + " cat file deep/er/file; wc -c < large; cat link";
        Bundle bundle = withFolder(
                carafe.bundle(look + "; echo changed > file; mount | grep -c ' /kept .*tmpfs'"),
                "echo content > file && chown 5:6 file && chmod 4751 file && mkdir -p deep/er && chown 7:8 deep"
                        + " && chmod 1730 deep && echo below > deep/er/file && ln -s file link && chown -h 9:10 link"
                        + " && ln -s /nowhere dangling && mkfifo -m 620 fifo && mknod -m 604 null c 1 3 && touch empty"
                        + " && dd if=/dev/urandom of=large bs=1M count=3 status=none && truncate -s 5M large"
                        + " && chmod 755 .");
        bundle.edit(MOUNT + "[]}] | .process.capabilities |= map_values(. + [\"CAP_DAC_OVERRIDE\"])");
        assertThat(carafe.runBundle(bundle).error())
                .as("control: it starts empty")
                .contains("can't open 'file'");
        bundle.edit(".mounts[-1].options = [\"tmpcopyup\"]");
        String copied = carafe.runBundle(bundle).succeeded();
        assertThat(copied).endsWith("\n1\n");
        bundle.edit("del(.mounts[-1]) | .process.args[2] = $text", look + "; echo 1");
        assertThat(copied).isEqualTo(carafe.runBundle(bundle).succeeded());
        assertThat(Installation.read(bundle.rootfs().resolve("kept/file"))).isEqualTo("content\n");
    }

    @Test
    void fileCapabilitiesAreCopiedToo(Installation carafe) {
        Bundle bundle = withFolder(
                carafe.bundle("while :; do sleep 0.05; done"),
                "cp ../bin/busybox program && setcap cap_kill+ep program");
        bundle.edit(MOUNT + "[\"tmpcopyup\"]}]");
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), "--pid-file", pidFile.toString(), id)
                .succeeded();
        try {
            assertThat(Commands.succeed("getcap /proc/\"$0\"/root/kept/program", Installation.read(pidFile)))
                    .contains("cap_kill");
        } finally {
            carafe.oci("delete", "--force", id).succeeded();
        }
    }

    @Test
    void theIdsOfAUserNamespaceAreCopiedAsTheyAreInIt(Installation carafe) {
        Bundle bundle = withFolder(
                carafe.bundle("stat -c '%n %u:%g %a' /kept/*"), "touch a b && chmod 640 a && mkdir c && chmod 2711 c");
        Commands.succeed(
                "chown -R 100000:100000 \"$0\" && chown 100005:100006 \"$0\"/kept/b; chmod 2711 \"$0\"/kept/c; chmod 711 \"$1\"",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        bundle.edit(MOUNT + "[\"tmpcopyup\"]}] | .linux.namespaces += [{type: \"user\"}]"
                + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                + " | .linux.gidMappings = .linux.uidMappings");
        assertThat(carafe.runBundle(bundle).succeeded())
                .isEqualTo("/kept/a 0:0 640\n/kept/b 5:6 644\n/kept/c 0:0 2711\n");
    }

    @Test
    void whatDoesNotFitIsRefusedByName(Installation carafe) {
        Bundle bundle = withFolder(carafe.bundle("echo ran"), "truncate -s 1G sparse");
        bundle.edit(MOUNT + "[\"tmpcopyup\", \"size=1m\"]}]");
        carafe.runBundle(bundle).failed(1, "mounts[7], /kept, tmpcopyup", "no space left on device");
    }

    @Test
    void aTreeThatIsTooDeepIsRefusedByName(Installation carafe) {
        Bundle bundle = withFolder(
                carafe.bundle("echo ran"), "i=0; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i + 1)); done");
        bundle.edit(MOUNT + "[\"tmpcopyup\"]}]");
        carafe.runBundle(bundle).failed(1, "mounts[7], /kept, tmpcopyup");
        Commands.succeed(
                "rm -r \"$0\"/d/d/d/d/d", bundle.rootfs().resolve("kept").toString());
        bundle.edit(".process.args[2] = \"find /kept | wc -l\"");
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEqualTo("5\n");
    }

    @Test
    void oneThatIsReadOnlyHoldsWhatIsMountedInIt(Installation carafe) {
        Bundle bundle = withFolder(
                        carafe.bundle("touch /kept/below/x && ls /kept && touch /kept/x"), "echo content > file")
                .edit(MOUNT + "[\"ro\", \"tmpcopyup\"]}, {destination: \"/kept/below\", type: \"tmpfs\"}]");
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.output()).isEqualTo("below\nfile\n");
        assertThat(outcome.error()).contains("/kept/x: Read-only file system");
    }

    @Test
    void procIsNotCopied(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran");
        Commands.succeed("ln -s /proc \"$0\"/kept", bundle.rootfs().toString());
        bundle.edit(MOUNT + "[\"tmpcopyup\"]}]");
        carafe.runBundle(bundle).failed(1, "mounts[7], /kept");
    }
}
