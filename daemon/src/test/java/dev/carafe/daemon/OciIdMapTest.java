package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Id-mapped mounts: files that look as if they belonged to others, and are the same files. */
@SystemTest
class OciIdMapTest {

    /** Who owns what a volume holds, as the container sees it. */
    private static final String LOOK = "cd /v && stat -c '%n %u:%g' * */*";

    private static final String USER_NAMESPACE = ".linux.namespaces += [{type: \"user\"}]"
            + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
            + " | .linux.gidMappings = .linux.uidMappings";

    /** A folder with a file of 1000:2000's, and one of the same on a mount below it. */
    private static Path volume(Installation carafe) {
        Path volume = carafe.newFolder("volume");
        Commands.succeed(
                "cd \"$0\" && mkdir below && touch file && chown 1000:2000 file"
                        + " && mount -t tmpfs -o mode=777 none below && touch below/file && chown 1000:2000 below below/file",
                volume.toString());
        return volume;
    }

    private static void remove(Path volume) {
        Commands.succeed("umount \"$0\"/below", volume.toString());
    }

    private static String mapsTo(long id) {
        return "uidMappings: [{containerID: 1000, hostID: " + id + ", size: 1}],"
                + " gidMappings: [{containerID: 2000, hostID: " + id + ", size: 1}]";
    }

    @Test
    void filesBelongToOthersInAMappedMountAndOnlyThere(Installation carafe) {
        Path volume = volume(carafe);
        try {
            Bundle bundle = carafe.bundle(LOOK + "; echo x > made; stat -c %u:%g made; ls -ln /plain/file"
                            + " | awk '{print $3, $4}'")
                    .edit(
                            ".process.user = {uid: 7000, gid: 7001}"
                                    + " | .mounts += [{destination: \"/v\", source: $text, options: [\"rbind\"], "
                                    + "uidMappings: [{containerID: 1000, hostID: 7000, size: 1}],"
                                    + " gidMappings: [{containerID: 2000, hostID: 7001, size: 1}]},"
                                    + " {destination: \"/plain\", source: $text, options: [\"bind\"]}]",
                            volume.toString());
            Commands.succeed("chown 1000:2000 \"$0\"", volume.toString());
            assertThat(carafe.runBundle(bundle).succeeded().lines())
                    .containsExactly(
                            "below 1000:2000",
                            "file 7000:7001",
                            "below/file 1000:2000", // not mapped, as it is on another mount
                            "7000:7001",
                            "1000 2000");
            assertThat(Commands.succeed("stat -c %u:%g \"$0\"/made", volume.toString()))
                    .as("on the disk nothing is mapped")
                    .isEqualTo("1000:2000\n");
        } finally {
            remove(volume);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheContainerItselfHasMountedIsMappedElsewhere(boolean userNamespace, Installation carafe) {
        Path volume = volume(carafe);
        try {
            Bundle bundle = carafe.bundle("stat -c %u:%g /first/file /v/file");
            Commands.succeed(
                    "chmod 711 \"$0\"; chown -R " + (userNamespace ? "100000:100000" : "0:0")
                            + " \"$1\"; chmod 755 \"$2\"",
                    bundle.folder().toString(),
                    bundle.rootfs().toString(),
                    volume.toString());
            bundle.edit(userNamespace ? USER_NAMESPACE : ".")
                    .edit(
                            ".mounts += [{destination: \"/first\", source: $text, options: [\"bind\"]},"
                                    + " {destination: \"/v\", source: \"rootfs/first\", options: [\"bind\"], "
                                    + mapsTo(userNamespace ? 100050 : 50) + "}]",
                            volume.toString());
            assertThat(carafe.runBundle(bundle).succeeded())
                    .isEqualTo((userNamespace ? "65534:65534" : "1000:2000") + "\n50:50\n");
        } finally {
            remove(volume);
        }
    }

    @Test
    void whatIsMountedBelowIsMappedWhereThatIsAskedFor(Installation carafe) {
        Path volume = volume(carafe);
        try {
            Bundle bundle = carafe.bundle(LOOK)
                    .edit(
                            ".mounts += [{destination: \"/v\", source: $text, options: [\"rbind\", \"ridmap\"], "
                                    + mapsTo(50) + "}]",
                            volume.toString());
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("below 50:50\nfile 50:50\nbelow/file 50:50\n");
        } finally {
            remove(volume);
        }
    }

    @Test
    void anIdThatTheMapDoesNotHaveIsNobodysAndWritesNothing(Installation carafe) {
        Path volume = volume(carafe);
        try {
            Bundle bundle = carafe.bundle("stat -c %u:%g /v; touch /v/made")
                    .edit(
                            ".mounts += [{destination: \"/v\", source: $text, options: [\"bind\"], " + mapsTo(50)
                                    + "}]",
                            volume.toString());
            Outcome outcome = carafe.runBundle(bundle);
            assertThat(outcome.output()).isEqualTo("65534:65534\n");
            assertThat(outcome.error()).contains("Value too large for defined data type");
        } finally {
            remove(volume);
        }
    }

    private static Bundle inUserNamespace(Bundle bundle) {
        Commands.succeed(
                "chown -R 100000:200000 \"$0\"; chmod 711 \"$1\"",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        return bundle.edit(".linux.namespaces += [{type: \"user\"}]"
                + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                + " | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]");
    }

    @Test
    void aMountWithoutAMapOfItsOwnHasTheContainers(Installation carafe) {
        Path volume = volume(carafe);
        try {
            Bundle bundle = inUserNamespace(carafe.bundle(LOOK + "; touch made; stat -c %u:%g /plain/file"))
                    .edit(
                            ".mounts += [{destination: \"/v\", source: $text, options: [\"rbind\", \"ridmap\"]},"
                                    + " {destination: \"/plain\", source: $text, options: [\"bind\"]}]",
                            volume.toString());
            assertThat(carafe.runBundle(bundle).succeeded())
                    .isEqualTo("below 1000:2000\nfile 1000:2000\nbelow/file 1000:2000\n65534:65534\n");
            assertThat(Commands.succeed("stat -c %u:%g \"$0\"/made", volume.toString()))
                    .isEqualTo("0:0\n");
        } finally {
            remove(volume);
        }
    }

    @Test
    void aMountHasTheMapOfTheUserNamespaceThatIsJoined(Installation carafe) {
        Path volume = volume(carafe);
        Bundle first = inUserNamespace(carafe.bundle("while :; do sleep 0.05; done"));
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        try {
            carafe.oci("run", "-d", "--bundle", first.folder().toString(), "--pid-file", pidFile.toString(), id)
                    .succeeded();
            Bundle second = inUserNamespace(carafe.bundle("cd /v && stat -c '%n %u:%g' *"))
                    .edit(
                            "del(.linux.uidMappings, .linux.gidMappings)"
                                    + " | (.linux.namespaces[] | select(.type == \"user\")).path = \"/proc/"
                                    + Installation.read(pidFile) + "/ns/user\""
                                    + " | .mounts += [{destination: \"/v\", source: $text, options: [\"bind\", \"idmap\"]}]",
                            volume.toString());
            assertThat(carafe.runBundle(second).succeeded()).isEqualTo("below 0:0\nfile 1000:2000\n");
        } finally {
            carafe.oci("delete", "--force", id).succeeded();
            remove(volume);
        }
    }

    @Test
    void whatTheKernelCannotMapIsRefusedByName(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran")
                .edit(".mounts += [{destination: \"/v\", source: \"/sys\"," + " options: [\"bind\"], " + mapsTo(50)
                        + "}]");
        carafe.runBundle(bundle).failed(1, "mounts[7].uidMappings", "cannot be id-mapped by this kernel");
    }
}
