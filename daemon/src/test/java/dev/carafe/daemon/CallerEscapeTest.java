package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whoever calls has, and a container got along with it. */
@SystemTest
class CallerEscapeTest {

    private static final String WAITS = "while :; do sleep 0.05; done";

    private static String start(Installation carafe, Bundle bundle) {
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        return id;
    }

    /** CVE-2022-29162, CVE-2022-27650, CVE-2016-8867: capabilities were there for programs that nobody gave them to. */
    @Test
    void capabilitiesOfTheCallersAreNotPassedOn(Installation carafe) {
        String[] caller = {"setpriv", "--inh-caps", "+chown,+sys_admin", "--ambient-caps", "+chown,+sys_admin"};
        String none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n";
        String look = "grep -E '^Cap(Inh|Amb)' /proc/self/status";
        assertThat(Commands.succeed(String.join(" ", caller) + " " + look))
                .as("control")
                .doesNotContain("0000000000000000");

        Bundle bundle = carafe.bundle(look);
        assertThat(carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                        .through(caller)
                        .execute()
                        .succeeded())
                .isEqualTo(none);
        String id = start(carafe, carafe.bundle(WAITS));
        for (String user : List.of("0", "1000")) {
            for (String capability : List.of("CAP_CHOWN", "CAP_SYS_TIME")) {
                assertThat(carafe.call("oci", "exec", "--user", user, "--cap", capability, id, "sh", "-c", look)
                                .through(caller)
                                .execute()
                                .output())
                        .startsWith("CapInh:\t0000000000000000\n");
            }
            assertThat(carafe.call("oci", "exec", "--user", user, id, "sh", "-c", look)
                            .through(caller)
                            .execute()
                            .succeeded())
                    .isEqualTo(none);
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2022-2989, CVE-2022-36109, CVE-2023-25173: groups were there that were not meant, or lacked that were. */
    @Test
    void groupsOfTheCallersAreNotPassedOn(Installation carafe) {
        String[] caller = {"setpriv", "--groups", "4,24,54321"};
        assertThat(Commands.succeed(String.join(" ", caller) + " id -G"))
                .as("control")
                .contains("54321");
        Bundle bundle = carafe.bundle("id -G").edit(".process.user = {uid: 7, gid: 8, additionalGids: [8, 9]}");
        String id = start(carafe, carafe.bundle(WAITS));
        assertThat(carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                        .through(caller)
                        .execute()
                        .succeeded())
                .isEqualTo("8 9\n");
        assertThat(carafe.call("oci", "exec", "--user", "7:8", id, "id", "-G")
                        .through(caller)
                        .execute()
                        .succeeded())
                .isEqualTo("8\n");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2021-21334, CVE-2021-3602: variables of the caller's, or of another container's, were in a container. */
    @Test
    void variablesOfTheCallersAreNotPassedOn(Installation carafe) {
        carafe.startDaemon();
        Path seen = carafe.newPath("seen");
        Bundle bundle = carafe.bundle("env; tr '\\0' '\\n' < /proc/1/environ");
        bundle.edit(
                ".hooks.prestart = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", $text]}]",
                "tr '\\0' '\\n' < /proc/$$/environ > " + seen);
        String id = start(carafe, carafe.bundle(WAITS));
        for (int round = 0; round < 2; round++) {
            Call run = carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId());
            Call exec = carafe.call("oci", "exec", id, "env");
            if (round == 0) {
                run.variable("OF_THE_CALLER", "canary");
                exec.variable("OF_THE_CALLER", "canary");
            }
            assertThat(run.execute().succeeded()).contains("PATH=").doesNotContain("canary");
            assertThat(exec.execute().succeeded()).contains("PATH=").doesNotContain("canary");
            assertThat(Installation.read(seen).contains("OF_THE_CALLER=canary"))
                    .as("control: hooks outside have them, of this call")
                    .isEqualTo(round == 0);
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2024-21626: even a descriptor that is to be passed on is no way to have a working directory outside. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void aDescriptorThatIsPassedOnIsNoWorkingDirectory(String command, Installation carafe) {
        String[] caller = {"sh", "-c", "exec \"$@\" 3</dev/null 4<&3 5<&3 6<&3 7</", "sh"};
        Bundle bundle = carafe.bundle("cd /proc/self/fd/7 && ls -d etc/debian_version");
        assertThat(carafe.call(
                                "oci",
                                "run",
                                "--preserve-fds=5",
                                "--bundle",
                                bundle.folder().toString(),
                                carafe.newId())
                        .through(caller)
                        .execute()
                        .output())
                .as("control: a program that has it may go there")
                .isEqualTo("etc/debian_version\n");
        if (command.equals("run")) {
            bundle.edit(".process.cwd = \"/proc/self/fd/7\" | .process.args[2] = \"ls -d etc/debian_version\"");
            carafe.call(
                            "oci",
                            "run",
                            "--preserve-fds=5",
                            "--bundle",
                            bundle.folder().toString(),
                            carafe.newId())
                    .through(caller)
                    .execute()
                    .failed(1, "process.cwd");
            return;
        }
        String id = start(carafe, carafe.bundle(WAITS));
        carafe.call("oci", "exec", "--preserve-fds=5", "--cwd", "/proc/self/fd/7", id, "ls", "-d", "etc/debian_version")
                .through(caller)
                .execute()
                .failed(255, "process.cwd");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2016-10124, CVE-2023-28339's kind: a program put words into the terminal of whoever had started it. */
    @Test
    void nothingIsTypedIntoTheCallersTerminal(Installation carafe) throws Exception {
        String id = start(carafe, carafe.bundle(WAITS));
        try (Terminal terminal = new Terminal(carafe.call("oci", "exec", id, "attacker", "type", "x"), 20, 100)) {
            terminal.await("refused: Operation not permitted");
            terminal.exitStatus();
        }
        carafe.oci("delete", "--force", id).succeeded();
        Call unconfined = new Call(carafe, List.of(carafe.attacker().toString()), List.of("type", "x"));
        try (Terminal terminal = new Terminal(unconfined, 20, 100)) {
            terminal.await("typed");
            assertThat(terminal.exitStatus()).as("control").isZero();
        }
    }

    @Test
    void keysOfTheCallersAreOutOfReach(Installation carafe) {
        String attacker = carafe.attacker().toString();
        assertThat(Commands.succeed("\"$0\" with-key \"$0\" key", attacker))
                .as("control")
                .isEqualTo("key: secret\n");
        String id = start(carafe, carafe.bundle(WAITS));
        Bundle bundle = carafe.bundle("attacker key");
        for (Call call : List.of(
                carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId()),
                carafe.call("oci", "exec", id, "attacker", "key"))) {
            assertThat(call.through(attacker, "with-key").execute().succeeded())
                    .isEqualTo("key: Required key not available\n");
        }
        carafe.oci("delete", "--force", id).succeeded();
    }
}
