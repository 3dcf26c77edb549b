package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an image says of how it is to be run, where it means harm. */
@SystemTest
class ImageAttackTest {

    /** Imports busybox, with what a script changes in its root before, under the name {@code attack}. */
    private static void image(Installation carafe, String script, String... instructions) {
        Path folder = carafe.newFolder("image");
        Commands.succeed(
                "cp -a \"$1/.\" \"$0\" && cd \"$0\" && mkdir -p etc && " + script + " && tar -cf \"$0.tar\" .",
                folder.toString(),
                carafe.root().toString());
        List<String> words = new ArrayList<>(List.of("image", "import", "-c", "ENV PATH=/bin"));
        for (String instruction : instructions) {
            words.add("-c");
            words.add(instruction);
        }
        words.add(folder + ".tar");
        words.add("attack");
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    /** CVE-2024-40635, CVE-2026-46680. */
    @ParameterizedTest
    @ValueSource(strings = {"2147483648", "4294967296", "4294967296:0", "0:4294967296", "18446744073709551616"})
    void anIdBeyondAllIdsIsNobodysWhateverTheImagesOwnFilesSay(String user, Installation carafe) {
        String name = user.replaceAll(":.*", "");
        image(
                carafe,
                "printf 'app:x:7:8::/:/bin/sh\\n%s:x:0:0::/:/bin/sh\\n' \"" + name + "\" > etc/passwd"
                        + " && printf '4294967296:x:0:\\n' > etc/group",
                "USER " + user);
        Outcome outcome = carafe.run("attack", "id", "-u");
        assertThat(outcome.status()).as(outcome::toString).isNotZero();
        assertThat(outcome.output()).isEmpty();
        assertThat(outcome.error()).hasLineCount(1).contains(name);
        assertThat(carafe.run("-u", "app", "attack", "id", "-u").succeeded()).isEqualTo("7\n");
        assertThat(carafe.run("-u", "2147483647", "attack", "id", "-u").succeeded())
                .isEqualTo("2147483647\n");
    }

    /** CVE-2026-55686. */
    @Test
    void aWorkingDirectoryOfAnImageIsMadeInsideOrNowhere(Installation carafe) {
        Path outside = carafe.newFolder("outside");
        for (String directory : List.of("/link/made", "/../../../../.." + outside + "/made", "/up/made", "link/made")) {
            image(
                    carafe,
                    "ln -s '" + outside + "' link && ln -s ../../../../../../.." + outside + " up",
                    "WORKDIR " + directory);
            carafe.run("attack", "sh", "-c", "touch here");
            assertThat(outside).as(directory).isEmptyDirectory();
        }
        image(carafe, "true", "WORKDIR /new/made");
        assertThat(carafe.run("attack", "pwd").succeeded()).isEqualTo("/new/made\n");
    }

    /** CVE-2026-53488, CVE-2026-53489, CVE-2026-50195, CVE-2026-53492. */
    @Test
    void labelsOfAnImageChangeNothingOfHowItRuns(Installation carafe) {
        image(carafe, "true");
        String without = explained(carafe);
        image(
                carafe,
                "true",
                "LABEL io.kubernetes.cri-o.privileged=true",
                "LABEL io.containerd.runc.v2.group=/",
                "LABEL io.podman.annotations.privileged=TRUE",
                "LABEL run.oci.keep_original_groups=1",
                "LABEL org.systemd.property.ExecStartPre=/bin/true",
                "LABEL cdi.k8s.io/all=vendor.com/device=all",
                "LABEL dev.carafe.privileged=true");
        assertThat(explained(carafe)).isEqualTo(without);
        image(carafe, "true", "ENV MORE=of-it");
        assertThat(explained(carafe)).isNotEqualTo(without);
    }

    /** What the kernel and a program in there say of it. */
    private static String explained(Installation carafe) {
        return carafe.run(
                        "attack",
                        "sh",
                        "-c",
                        "env; id; pwd; grep -E '^(Cap|Seccomp|NoNewPrivs|Groups)' /proc/self/status;"
                                + " ls /dev; sed 's/^[0-9]* [0-9]* [0-9:]* //; s/[0-9a-f]\\{12,\\}/ID/g' /proc/self/mountinfo | cut -d' ' -f2,3")
                .succeeded()
                .replaceAll("HOSTNAME=.*", "");
    }
}
