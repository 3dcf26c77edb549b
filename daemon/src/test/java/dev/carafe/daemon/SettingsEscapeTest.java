package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a runtime writes or runs for a container, which a container has turned to an end of its own. */
@SystemTest
class SettingsEscapeTest {

    /**
     * CVE-2025-52881, CVE-2019-19921, CVE-2025-62596: a setting was written to whatever stood in proc by then. A hook comes
     * at the very moment: proc is mounted, and nothing is written yet.
     */
    @Test
    void settingsAreWrittenToTheKernelWhateverStandsInProc(Installation carafe) {
        Path canary = carafe.newFolder("canary");
        Bundle bundle = carafe.bundle("mount -t proc proc /tmp && cat /tmp/sys/kernel/shm_rmid_forced")
                .edit(".process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"])"
                        + " | .linux.sysctl = {\"kernel.shm_rmid_forced\": \"1\"}")
                .edit(".mounts += [{destination: \"/canary\", source: $text, options: [\"bind\"]}]", canary.toString());
        bundle.edit(
                ".hooks.createContainer = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", $text]}]",
                "mount -t tmpfs none " + bundle.rootfs() + "/proc/sys && cd " + bundle.rootfs()
                        + "/proc/sys && mkdir kernel && ln -s /canary/written kernel/shm_rmid_forced");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("1\n");
        assertThat(Installation.list(canary)).isEmpty();

        Peer.RUNC.run(carafe, bundle);
        Peer.RUNC.mustFallFor(
                "a setting", Installation.read(canary.resolve("written")).equals("1"));
    }

    /** CVE-2022-0811: one setting's value brought another one along. */
    @ParameterizedTest
    @ValueSource(strings = {"1+kernel.core_pattern=carafe", "1\nkernel.core_pattern=carafe"})
    void aValueIsThatOfOneSetting(String value, Installation carafe) {
        String set = ".linux.sysctl = {\"kernel.shm_rmid_forced\": $text}";
        String before = Installation.read(Path.of("/proc/sys/kernel/core_pattern"));
        Bundle bundle = carafe.bundle("cat /proc/sys/kernel/shm_rmid_forced");
        carafe.runBundle(bundle.edit(set, value)).failed(1, "linux.sysctl");
        assertThat(Installation.read(Path.of("/proc/sys/kernel/core_pattern"))).isEqualTo(before);
        assertThat(carafe.runBundle(bundle.edit(set, "1")).succeeded())
                .as("control")
                .isEqualTo("1\n");
    }

    /** CVE-2025-23266: a hook of the machine's had the image's environment, and loaded what that named. */
    @Test
    void noHookOutsideHasTheImagesEnvironment(Installation carafe) {
        Path seen = carafe.newPath("seen");
        Bundle bundle = carafe.bundle("true").edit(".process.env += [\"LD_PRELOAD=/evil.so\"]");
        for (String kind : new String[] {"prestart", "createRuntime", "createContainer", "poststart", "poststop"}) {
            bundle.edit(".hooks." + kind + " = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", $text]}]", "env >> " + seen);
        }
        carafe.runBundle(bundle).succeeded();
        assertThat(seen).content().contains("PWD=").doesNotContain("evil");
        Peer.RUNC.run(carafe, bundle);
        Peer.RUNC.mustFallFor("a hook", Installation.read(seen).contains("LD_PRELOAD=/evil.so"));
    }
}
