package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Configurations and root file systems by somebody who means harm: each is refused at once, in one line that names the
 * key, and nothing is left of it.
 */
@SystemTest
class HostileConfigTest {

    private static final Duration AT_ONCE = Duration.ofSeconds(20); // on a busy machine

    private static void refused(Installation carafe, Bundle bundle, String... words) {
        long start = System.nanoTime();
        carafe.runBundle(bundle).failed(1, words);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_ONCE);
        carafe.mustHaveLeftNothing();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ".process.args = \"sh\"                                       | process.args",
                ".process.args = []                                           | process.args",
                ".process = 5                                                 | process",
                ".mounts = {}                                                 | mounts",
                ".process.user.uid = 4294967296                               | process.user.uid",
                ".process.user.uid = 2147483648                               | process.user.uid",
                ".process.user.gid = 4294967295                               | process.user.gid",
                ".process.user.uid = -1                                       | process.user.uid",
                ".process.user.gid = 1.5                                      | process.user.gid",
                ".process.user.additionalGids = [4294967296]                  | process.user.additionalGids[0]",
                ".process.rlimits[0].hard = -1                                | process.rlimits[0].hard",
                ".process.rlimits[0].type = \"RLIMIT_NOPE\"                   | process.rlimits[0].type",
                ".process.cwd = \"relative\"                                  | process.cwd",
                ".process.cwd = \"/a\\u0000b\"                                | process.cwd",
                ".process.args = [\"a\\u0000b\"]                              | process.args[0]",
                ".process.oomScoreAdj = 1001                                  | process.oomScoreAdj",
                ".linux.resources.memory = {limit: 1e30}                      | linux.resources.memory.limit",
                ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"nosuchcall\"], action: \"SCMP_ACT_ERRNO\"}]} | linux.seccomp.syscalls[0].names[0]",
                ".linux.namespaces[0].type = \"nope\"                         | linux.namespaces[0].type",
                ".linux.namespaces += [{type: \"pid\"}]                       | linux.namespaces",
                ".linux.namespaces[1].path = \"/nowhere/net\"                 | linux.namespaces",
                ".linux.sysctl = {\"kernel.core_pattern\": \"evil\"}        | linux.sysctl",
                ".linux.sysctl = {\"net/../kernel/core_pattern\": \"x\"}      | linux.sysctl",
                ".linux.cgroupsPath = \"../../../../escape\"                  | linux.cgroupsPath",
                ".linux.maskedPaths = [\"relative\"]                          | linux.maskedPaths[0]",
                ".hooks.prestart = [{path: \"bin/true\"}]                     | hooks.prestart[0].path",
                ".mounts += [{destination: \"/proc/self\", type: \"tmpfs\"}]  | mounts[7].destination",
                ".mounts += [{destination: \"/proc/../proc\", type: \"tmpfs\"}] | mounts[7]",
                ".mounts += [{destination: \"/proc\", type: \"bind\", source: \"/tmp\", options: [\"bind\"]}] | mounts[7]",
                ".mounts += [{destination: \"/\", type: \"tmpfs\"}]           | mounts[7].destination",
                ".mounts += [{destination: \"/x\", type: \"nosuchfs\"}]       | mounts[7]",
                ".mounts += [{destination: \"/x\", type: \"bind\", source: \"/nowhere/at/all\", options: [\"bind\"]}] | mounts[7]",
                ".root.path = \"/nowhere\"                                    | root.path",
                ".root.path = \"config.json\"                                 | root.path",
                ".root = null                                                 | root",
                ".ociVersion = 1                                              | ociVersion",
                ".hostname = (\"x\" * 10000)                                  | hostname",
            })
    void aValueThatIsNoneIsRefusedByItsKey(String edit, String key, Installation carafe) {
        refused(carafe, carafe.bundle("echo ran").edit(edit), key);
    }

    @Test
    void theHighestIdsAreNotTheSuperusers(Installation carafe) {
        Bundle bundle =
                carafe.bundle("id -u; id -g").edit(".process.user.uid = 2147483647 | .process.user.gid = 2147483646");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("2147483647\n2147483646\n");
    }

    @Test
    void aFileThatIsNoConfigurationIsRefused(Installation carafe) throws IOException {
        Bundle bundle = carafe.bundle("echo ran");
        String good = Files.readString(bundle.config());
        refused(carafe, bundle.replaceConfig(""), "config.json");
        refused(carafe, bundle.replaceConfig("\u0000".repeat(100)), "config.json");
        refused(carafe, bundle.replaceConfig(good + "x"), "config.json");
        refused(carafe, bundle.replaceConfig(good.substring(0, good.length() / 2)), "config.json");
        refused(carafe, bundle.replaceConfig("{\"a\":".repeat(200_000)), "config.json");
        refused(carafe, bundle.replaceConfig("[".repeat(1_000_000)), "config.json");
        refused(
                carafe,
                bundle.replaceConfig(good.replaceFirst("\\{", "{\"process\": {\"args\": [\"id\"]},")),
                "process");
        Commands.succeed("truncate -s 100M \"$0\"", bundle.config().toString());
        refused(carafe, bundle, "config.json", "104857600");
        Commands.succeed("rm \"$0\"; mkfifo \"$0\"", bundle.config().toString());
        refused(carafe, bundle, "config.json", "no regular file");
        Commands.succeed("rm \"$0\"; mkdir \"$0\"", bundle.config().toString());
        refused(carafe, bundle, "config.json", "no regular file");
        Commands.succeed(
                "rmdir \"$0\"; ln -s config.json \"$0\"", bundle.config().toString());
        refused(carafe, bundle, "config.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "proc", "sys", "dev/pts", "etc"})
    void aFolderOfTheRootThatPointsToTheHostLeavesTheHostAsItIs(String folder, Installation carafe) throws IOException {
        Path canary = carafe.newFolder("canary");
        Files.writeString(canary.resolve("null"), "canary");
        Bundle bundle = carafe.bundle("ls /dev/null >/dev/null")
                .edit(".mounts += [{destination: \"/etc/x\", type: \"tmpfs\"}]");
        for (String target :
                List.of(canary.toString(), "../../" + canary.getFileName(), "../../../../../../" + canary)) {
            Commands.succeed(
                    "cd \"$0\"; rm -rf \"$1\"; mkdir -p \"$(dirname \"$1\")\"; ln -s \"$2\" \"$1\"",
                    bundle.rootfs().toString(),
                    folder,
                    target);
            Outcome outcome = carafe.runBundle(bundle);
            // A link is resolved in the root, or refused.
            if (outcome.status() != 0) {
                outcome.failed(1, folder.equals("etc") ? "" : "/" + folder);
            }
            assertThat(Installation.list(canary)).containsExactly(canary.resolve("null"));
            assertThat(canary.resolve("null")).hasContent("canary");
        }
    }

    @Test
    void linksThatGoInCirclesEndNowhere(Installation carafe) {
        Bundle bundle = carafe.bundle("true").edit(".mounts += [{destination: \"/loop/x\", type: \"tmpfs\"}]");
        Commands.succeed(
                "ln -s loop2 \"$0\"/loop; ln -s loop \"$0\"/loop2",
                bundle.rootfs().toString());
        refused(carafe, bundle, "mounts[7]", "/loop/x");
        Commands.succeed(
                "cd \"$0\"; rm loop; ln -s ../../../../loop2 loop",
                bundle.rootfs().toString());
        refused(carafe, bundle, "mounts[7]", "/loop/x");
    }

    @Test
    void aDeviceThatIsAnotherIsNotTaken(Installation carafe) {
        Bundle bundle = carafe.bundle("cat /dev/null; cat /proc/keys")
                .edit(".mounts |= map(select(.destination | startswith(\"/dev\") | not))");
        String dev = bundle.rootfs().resolve("dev").toString();
        // CVE-2025-31133: what masks is said to be the null device, and is something else.
        Commands.succeed("mkdir -p \"$0\"; ln -s /proc/sys/kernel/core_pattern \"$0\"/null", dev);
        refused(carafe, bundle, "/dev/null");
        Commands.succeed("rm \"$0\"/null; mknod \"$0\"/null c 1 5", dev);
        refused(carafe, bundle, "/dev/null");
        Commands.succeed("rm \"$0\"/null; echo secret > \"$0\"/null", dev);
        refused(carafe, bundle, "/dev/null");
        Commands.succeed("rm \"$0\"/null; mknod \"$0\"/null c 1 3", dev);
        assertThat(carafe.runBundle(bundle).succeeded()).as("control").isEmpty();
    }
}
