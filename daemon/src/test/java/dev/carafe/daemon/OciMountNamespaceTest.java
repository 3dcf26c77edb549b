package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Containers that have the host's mount namespace, or one that somebody else has made. */
@SystemTest
class OciMountNamespaceTest {

    private static final String HOST_MOUNTS =
            ".linux.namespaces |= map(select(.type != \"mount\")) | del(.linux.maskedPaths, .linux.readonlyPaths)";

    private static String mountsBelow(Bundle bundle) {
        return Commands.run(
                        "grep -c \"$0\" /proc/self/mountinfo", bundle.folder().toString())
                .output();
    }

    @Test
    void aContainerInTheHostsMountNamespaceHasARootOfItsOwnAndLeavesNoMounts(Installation carafe) {
        Bundle bundle = carafe.bundle("readlink /proc/self/ns/mnt; ls /bundle-only; pwd; touch /x; ls /proc/self/fd"
                        + "; chroot . ls / 2>&1 | head -n 1")
                .edit(HOST_MOUNTS + " | .root.readonly = true | .process.cwd = \"/bundle-only\"");
        Commands.succeed("mkdir \"$0\"/bundle-only", bundle.rootfs().toString());
        Outcome outcome = carafe.runBundle(bundle);
        String ours = Commands.succeed("readlink /proc/self/ns/mnt");
        assertThat(outcome.output()).startsWith(ours + "/bundle-only\n");
        assertThat(outcome.error()).isEqualTo("touch: /x: Read-only file system\n");
        assertThat(mountsBelow(bundle)).isEqualTo("0\n");
    }

    @Test
    void itsMountsAreTheHostsUntilItIsDeleted(Installation carafe) {
        Bundle bundle = carafe.bundle("while :; do sleep 0.05; done").edit(HOST_MOUNTS);
        String id = carafe.newId();
        carafe.oci("create", "--bundle", bundle.folder().toString(), id).succeeded();
        carafe.oci("start", id).succeeded();
        assertThat(Installation.list(bundle.rootfs().resolve("proc/1"))).isNotEmpty();
        assertThat(carafe.oci("exec", id, "sh", "-c", "cd / && ls -d bin bundle-only config.json 2>/dev/null; pwd")
                        .succeeded())
                .as("who joins it has its root")
                .isEqualTo("bin\n/\n");
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(mountsBelow(bundle)).isEqualTo("0\n");
    }

    @Test
    void oneThatCannotBeMadeLeavesNoMountsAndTakesNoneAway(Installation carafe) {
        Bundle bundle = carafe.bundle("").edit(HOST_MOUNTS + " | .process.args = [\"/nowhere\"]");
        Commands.succeed("mount --bind \"$0\" \"$0\"", bundle.rootfs().toString());
        try {
            carafe.runBundle(bundle).failed(1, "/nowhere");
            assertThat(mountsBelow(bundle)).isEqualTo("1\n");
            carafe.runBundle(bundle.edit(".mounts = [{destination: \"/x\", type: \"nosuchfs\"}]"))
                    .failed(1, "mounts[0]");
            assertThat(mountsBelow(bundle)).isEqualTo("1\n");
            carafe.runBundle(bundle.edit(".root.path = \"nowhere\"")).failed(1, "root.path");
            assertThat(mountsBelow(bundle)).isEqualTo("1\n");
        } finally {
            Commands.succeed("umount \"$0\"", bundle.rootfs().toString());
        }
    }

    @Test
    void theMountsOfAUserNamespaceAreNotTheHosts(Installation carafe) {
        carafe.runBundle(carafe.bundle("echo ran")
                        .edit(HOST_MOUNTS + " | .linux.namespaces += [{type: \"user\"}]"
                                + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                + " | .linux.gidMappings = .linux.uidMappings"))
                .failed(1, "linux.namespaces", "user");
    }

    @Test
    void aMountNamespaceIsJoined(Installation carafe) throws Exception {
        Path marker = carafe.newFolder("marker");
        Process holder = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs held \"$0\" && touch \"$0\"/inside && echo && exec cat",
                        marker.toString())
                .redirectError(Redirect.to(new File("/dev/null")))
                .start();
        try {
            holder.inputReader().readLine();
            String namespace = "/proc/" + holder.pid() + "/ns/mnt";
            Bundle bundle = carafe.bundle("readlink /proc/self/ns/mnt; ls /from-there; ls -d /bundle-only; touch /made")
                    .edit(
                            "(.linux.namespaces[] | select(.type == \"mount\")).path = \"" + namespace
                                    + "\" | .mounts += [{destination: \"/from-there\", source: $text, options: [\"bind\"]}]",
                            marker.toString());
            Commands.succeed("mkdir \"$0\"/bundle-only", bundle.rootfs().toString());
            String theirs = Commands.succeed("readlink \"$0\"", namespace);
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo(theirs + "inside\n/bundle-only\n");
            assertThat(bundle.rootfs().resolve("made")).exists();
            assertThat(Installation.list(marker)).as("the host has not seen it").isEmpty();
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    @Test
    void theCallersOwnIsNotJoinedAsItsRootWouldChange(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran")
                .edit("(.linux.namespaces[] | select(.type == \"mount\")).path = \"/proc/"
                        + ProcessHandle.current().pid() + "/ns/mnt\"");
        carafe.runBundle(bundle).failed(1, "linux.namespaces", "is the caller's own");
    }
}
