package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What callers are told that this runtime can do, beside what runC tells them. */
@SystemTest
class OciFeaturesTest {

    private static List<String> list(String features, String filter) {
        return Json.read(features, filter + "[]").lines().toList();
    }

    @Test
    void allThatRuncCanIsThereWhereItIsNotTheFileSystems(Installation carafe) {
        String ours = carafe.oci("features").succeeded();
        String theirs = Commands.succeed("runc features");
        assertThat(list(ours, ".mountOptions"))
                .containsAll(list(theirs, "(.mountOptions - [\"acl\", \"noacl\", \"iversion\", \"noiversion\"])"));
        for (String member : List.of(
                ".hooks",
                ".linux.namespaces",
                ".linux.capabilities",
                ".linux.seccomp.actions",
                ".linux.seccomp.operators",
                ".linux.seccomp.archs")) {
            assertThat(list(ours, member)).as(member).containsAll(list(theirs, member));
        }
        assertThat(Json.read(ours, ".linux.cgroup | .v1, .v2, .systemd")).isEqualTo("true\ntrue\ntrue");
        assertThat(Json.read(ours, ".linux.seccomp.supportedFlags == .linux.seccomp.knownFlags"))
                .as("this kernel takes all of them")
                .isEqualTo("true");
    }

    @Test
    void whatIsSaidToBeKnownIsTaken(Installation carafe) {
        String features = carafe.oci("features").succeeded();
        Bundle bundle = carafe.bundle("grep -c ' /many ' /proc/self/mountinfo")
                .edit(
                        ".mounts += [{destination: \"/many\", type: \"tmpfs\", options: ($text | fromjson | .mountOptions"
                                // One that is there is needed for some, and mandatory locks are gone since Linux 5.15.
                                + " - [\"bind\", \"rbind\", \"remount\", \"idmap\", \"ridmap\", \"mand\", \"unbindable\", \"runbindable\","
                                + " \"ro\", \"rro\"])}]",
                        features);
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("1\n");
    }
}
