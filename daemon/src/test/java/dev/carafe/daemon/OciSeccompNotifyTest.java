package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** System calls that are held up until an agent has answered for them. */
@SystemTest
class OciSeccompNotifyTest {

    // Of x86_64, which the tests run on.
    private static final int SETRESUID = 117;
    private static final int CAPSET = 126;
    private static final int MKDIR = 83;
    private static final int READ = 0;
    private static final int ENOMEDIUM = 123;

    private static Bundle asking(Bundle bundle, Path socket, String... calls) {
        return bundle.edit(
                ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", listenerPath: $text, listenerMetadata: \"of a test\","
                        + " syscalls: [{names: [\"" + String.join("\", \"", calls)
                        + "\"], action: \"SCMP_ACT_NOTIFY\"}]} | .annotations = {a: \"b\"}",
                socket.toString());
    }

    @Test
    void anAgentAnswersForACall(Installation carafe) {
        Path socket = carafe.newPath("agent");
        try (Agent agent = new Agent(socket, call -> ENOMEDIUM)) {
            Bundle bundle = asking(carafe.bundle("mkdir /made; ls -d /made"), socket, "mkdir");
            Outcome outcome = carafe.runBundle(bundle);
            assertThat(outcome.error()).contains("mkdir: can't create directory '/made': No medium found");
            assertThat(agent.calls()).containsExactly(MKDIR);
            assertThat(agent.told()).hasSize(1);
            assertThat(Json.read(
                            agent.told().getFirst(),
                            ".ociVersion, .fds[], .metadata, .state.status, .state.bundle, .state.annotations.a,"
                                    + " (.pid > 1 and .pid == .state.pid)"))
                    .isEqualTo("1.3.0\nseccompFd\nof a test\ncreating\n" + bundle.folder() + "\nb\ntrue");
        }
    }

    @Test
    void itAnswersForTheCallsThatLeadToTheProgramToo(Installation carafe) {
        Path socket = carafe.newPath("agent");
        try (Agent agent = new Agent(socket, call -> Agent.GO_ON)) {
            // Without no_new_privs the capabilities are given up after the filter is loaded.
            Bundle bundle = asking(carafe.bundle("echo ran"), socket, "capset", "read")
                    .edit(".process.noNewPrivileges = false");
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("ran\n");
            assertThat(agent.calls()).contains(CAPSET, READ).doesNotContain(SETRESUID);
        }
    }

    @Test
    void aProcessThatJoinsTheContainerHasAListenerOfItsOwn(Installation carafe) {
        Path socket = carafe.newPath("agent");
        try (Agent agent = new Agent(socket, call -> ENOMEDIUM)) {
            Bundle bundle = asking(carafe.bundle("while :; do sleep 0.05; done"), socket, "mkdir");
            String id = carafe.newId();
            carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
            try {
                assertThat(carafe.oci("exec", id, "mkdir", "/made").error()).contains("No medium found");
                assertThat(agent.told()).hasSize(2);
                assertThat(agent.told().getLast()).contains("\"status\":\"running\"", "\"id\":\"" + id + "\"");
            } finally {
                carafe.oci("delete", "--force", id).succeeded();
            }
        }
    }

    @Test
    void withoutAnAgentThereIsNoContainer(Installation carafe) {
        Path socket = carafe.newPath("agent");
        Bundle bundle = asking(carafe.bundle("mkdir /made && echo ran"), socket, "mkdir");
        carafe.runBundle(bundle).failed(1, "linux.seccomp.listenerPath", socket.toString());
        bundle.edit(".linux.seccomp.syscalls[].action = \"SCMP_ACT_ALLOW\"");
        assertThat(carafe.runBundle(bundle).succeeded())
                .as("the path means nothing where no call is held up")
                .isEqualTo("ran\n");
    }

    @Test
    void theCallThatTellsOfTheListenerCannotBeHeldUp(Installation carafe) {
        carafe.runBundle(asking(carafe.bundle("echo ran"), carafe.newPath("agent"), "write"))
                .failed(1, "linux.seccomp", "write");
    }
}
