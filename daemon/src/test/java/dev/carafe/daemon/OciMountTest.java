package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What mounts do beyond being there: pass others on, be changed, keep out of proc. */
@SystemTest
class OciMountTest {

    private static final String MAY_MOUNT =
            ".process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"])" + " | del(.linux.seccomp)";

    @ParameterizedTest
    @ValueSource(strings = {"rshared", "rslave", "rprivate"})
    void mountsOfTheContainerReachTheHostOnlyWhereBothSidesShare(String propagation, Installation carafe) {
        Path host = sharedFolder(carafe);
        try {
            Bundle bundle = carafe.bundle("mkdir /v/made && mount -t tmpfs none /v/made && touch /v/made/inside")
                    .edit(MAY_MOUNT)
                    .edit(
                            ".linux.rootfsPropagation = \"rshared\" | .mounts += [{destination: \"/v\", source: $text,"
                                    + " options: [\"rbind\", \"" + propagation + "\"]}]",
                            host.toString());
            carafe.runBundle(bundle).succeeded();
            assertThat(Files.exists(host.resolve("made"))).as("control").isTrue();
            assertThat(Files.exists(host.resolve("made/inside"))).isEqualTo(propagation.equals("rshared"));
        } finally {
            removeShared(host);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"shared", "slave", "private", "unbindable"})
    void theRootPropagatesAsAskedAndNothingMountedInItShowsOnTheHost(String propagation, Installation carafe) {
        Path host = sharedFolder(carafe);
        try {
            Bundle bundle = carafe.bundle(
                            "awk '$5 == \"/\" {print $7}' /proc/self/mountinfo | cut -d: -f1; mkdir /m; mount -t tmpfs none /m")
                    .edit(MAY_MOUNT + " | .linux.rootfsPropagation = \"" + propagation + "\"");
            // The root lies in a file system that is shared, so that a mount in it could be passed on.
            Commands.succeed("cp -a \"$0\" \"$1\"", bundle.rootfs().toString(), host.toString());
            bundle.edit(".root.path = $text", host + "/rootfs");
            String shown = carafe.runBundle(bundle).succeeded();
            assertThat(shown)
                    .isEqualTo(
                            switch (propagation) {
                                case "shared" -> "shared\n";
                                case "unbindable" -> "unbindable\n";
                                default -> "-\n"; // of no group, as runC's
                            });
            assertThat(Commands.run("grep -c \"$0\"/rootfs /proc/self/mountinfo", host.toString())
                            .output())
                    .isEqualTo("0\n");
        } finally {
            removeShared(host);
        }
    }

    private static Path sharedFolder(Installation carafe) {
        Path host = carafe.newFolder("host");
        Commands.succeed("mount -t tmpfs none \"$0\" && mount --make-shared \"$0\"", host.toString());
        return host;
    }

    private static void removeShared(Path host) {
        Commands.run("umount \"$0\"/made; umount -l \"$0\"", host.toString());
    }

    @Test
    void noLinkOfTheImageLeadsAMountIntoProc(Installation carafe) {
        Bundle bundle = carafe.bundle("cat /data/marker")
                .edit(
                        ".mounts += [{destination: \"/data\", type: \"tmpfs\", source: \"tmpfs\", options: [\"mode=755\"]}]");
        Commands.succeed("ln -s /proc/sys \"$0\"/data", bundle.rootfs().toString());
        carafe.runBundle(bundle).failed(1, "/data, by no link into proc");
        Commands.succeed(
                "rm \"$0\"/data && mkdir \"$0\"/elsewhere && ln -s /elsewhere \"$0\"/data",
                bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle.edit(".process.args[2] = \"grep -c /elsewhere /proc/self/mountinfo\""))
                        .succeeded())
                .as("control: any other link is followed, inside the root")
                .isEqualTo("1\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSourceInTheRootIsWhatTheMountsBeforeHaveMadeIt(boolean userNamespace, Installation carafe) {
        Path volume = carafe.newFolder("volume");
        Bundle bundle = carafe.bundle("cat /second/file /third/file")
                .edit(
                        ".mounts += [{destination: \"/first\", source: $text, options: [\"bind\"]},"
                                + " {destination: \"second\", source: \"rootfs/first\", options: [\"rbind\"]},"
                                + " {destination: \"/third\", source: \"rootfs/first/link\", options: [\"bind\"]}]",
                        volume.toString());
        // Its links lead to where they lead inside, and not out.
        Commands.succeed(
                "cd \"$0\" && mkdir -m 755 host && echo host > host/file && echo mounted > file && ln -s \"$0\"/host link"
                        + " && mkdir -p \"$1\"/first \"$1$0\"/host && echo covered > \"$1\"/first/file"
                        + " && echo inside > \"$1$0\"/host/file",
                volume.toString(),
                bundle.rootfs().toString());
        if (userNamespace) {
            bundle.edit(".linux.namespaces += [{type: \"user\"}]"
                    + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                    + " | .linux.gidMappings = .linux.uidMappings");
            Commands.succeed(
                    "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"; chmod 755 \"$2\"",
                    bundle.rootfs().toString(),
                    bundle.folder().toString(),
                    volume.toString());
        }
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("mounted\ninside\n");
    }

    @Test
    void noLinkOfAVolumeMakesProcASourceWithoutItsMasks(Installation carafe) {
        Path volume = carafe.newFolder("volume");
        Bundle bundle = carafe.bundle("ls /second")
                .edit(
                        ".mounts += [{destination: \"/first\", source: $text, options: [\"bind\"]},"
                                + " {destination: \"/second\", source: \"rootfs/first/link\", options: [\"bind\"]}]",
                        volume.toString());
        Commands.succeed("ln -s /proc/sys \"$0\"/link", volume.toString());
        carafe.runBundle(bundle).failed(1, "mounts[", "by no link into proc");
        Commands.succeed("rm \"$0\"/link && ln -s /first \"$0\"/link", volume.toString());
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEqualTo("link\n");
    }

    @Test
    void aMountIsChangedByRemounting(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "df -k /t | awk 'NR==2 {print $2}'; touch /t/x; grep -o ' /t [^ ]*' /proc/self/mountinfo")
                .edit(
                        ".mounts += [{destination: \"/t\", type: \"tmpfs\", source: \"tmpfs\", options: [\"size=64k\", \"nosuid\"]},"
                                + " {destination: \"/t\", options: [\"remount\", \"size=128k\", \"ro\"]}]");
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.output()).isEqualTo("128\n /t ro,nosuid,relatime\n");
        assertThat(outcome.error()).contains("Read-only file system");
    }

    @Test
    void aDevThatIsReadOnlyThroughoutHasItsNodes(Installation carafe) {
        Bundle bundle = carafe.bundle("echo x > /dev/null && touch /dev/made")
                .edit("(.mounts[] | select(.destination == \"/dev\") | .options) |= . + [\"rro\", \"rprivate\"]");
        assertThat(carafe.runBundle(bundle).error()).isEqualTo("touch: /dev/made: Read-only file system\n");
    }

    @Test
    void itsCgroupCanBeSeenInTwoPlaces(Installation carafe) {
        Bundle bundle = carafe.bundle("ls /one | wc -l; ls /two | wc -l; cat /two/pids/pids.max")
                .edit(".linux.resources.pids = {limit: 33} | .mounts |= map(select(.type != \"cgroup\"))"
                        + " | .mounts += [{destination: \"/one\", type: \"cgroup\", source: \"cgroup\", options: [\"ro\"]},"
                        + " {destination: \"/two\", type: \"cgroup\", source: \"cgroup\", options: [\"ro\"]}]");
        String[] lines = carafe.runBundle(bundle).succeeded().split("\n", -1);
        assertThat(lines[0]).isEqualTo(lines[1]).isNotEqualTo("0");
        assertThat(lines[2]).isEqualTo("33");
    }

    @Test
    void aFifoIsMadeInAUserNamespaceToo(Installation carafe) {
        Bundle bundle = carafe.bundle("stat -c '%F %a' /dev/line")
                .edit(
                        ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                + " | .linux.gidMappings = .linux.uidMappings"
                                + " | .linux.devices = [{path: \"/dev/line\", type: \"p\", fileMode: 384}]");
        Commands.succeed(
                "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("fifo 600\n");
    }

    /** As /etc/resolv.conf is in many images. */
    @Test
    void aMountGoesWhereADanglingLinkLeads(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "cat /run/made/below/file; cat /etc/relative; ls -d /etc/loop-not 2>/dev/null; true")
                .edit(
                        ".mounts += [{destination: \"/etc/link\", type: \"bind\", source: \"config.json\", options: [\"bind\"]},"
                                + " {destination: \"/etc/relative\", type: \"bind\", source: \"text\", options: [\"bind\"]}]");
        Commands.succeed(
                "mkdir -p \"$0/etc\" && ln -s /run/made/below/file \"$0/etc/link\" && ln -s ../run/other/file \"$0/etc/relative\""
                        + " && echo text > \"$1/text\"",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        String shown = carafe.runBundle(bundle).succeeded();
        assertThat(shown).contains("ociVersion").endsWith("text\n");
        assertThat(bundle.rootfs().resolve("run/made/below/file")).isEmptyFile();
        assertThat(bundle.rootfs().resolve("run/other/file")).isEmptyFile();
    }

    @Test
    void linksThatLeadInCirclesOrOutOfTheRootMakeNothing(Installation carafe) {
        Bundle bundle = carafe.bundle("true")
                .edit(
                        ".mounts += [{destination: \"/circle/file\", type: \"bind\", source: \"config.json\", options: [\"bind\"]}]");
        Commands.succeed(
                "ln -s /back \"$0/circle\"; ln -s /circle \"$0/back\"",
                bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).status()).isEqualTo(1);
        String outside = carafe.newPath("outside").toString();
        Commands.succeed(
                "rm \"$0/circle\"; ln -s ../../../../../../..\"$1\" \"$0/circle\"",
                bundle.rootfs().toString(),
                outside);
        carafe.runBundle(bundle).succeeded();
        assertThat(java.nio.file.Path.of(outside)).doesNotExist();
        assertThat(bundle.rootfs().resolve(outside.substring(1)).resolve("file"))
                .isEmptyFile();
    }
}
