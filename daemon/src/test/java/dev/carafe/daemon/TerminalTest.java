package dev.carafe.daemon;

import static dev.carafe.daemon.Installation.DEBIAN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@code carafe run -it}, by somebody who sits at a terminal. */
@SystemTest
class TerminalTest {

    private static final String PROMPT = ":/# ";
    private static final String CONTROL_C = "\u0003";
    private static final String CONTROL_D = "\u0004";
    private static final String CONTROL_Z = "\u001a";

    /** Whoever types to it waits for a prompt first: between commands bash changes the terminal, and keys get lost. */
    private static Terminal bash(Installation carafe) {
        carafe.debian("true").succeeded(); // so that nothing is built on the screen
        Terminal terminal = new Terminal(carafe.call("run", "--rm", "-it", DEBIAN, "bash"), 33, 111);
        terminal.await(PROMPT);
        return terminal;
    }

    @Test
    void aShellPromptsInATerminalOfTheRightSizeAndEndsWithItsStatus(Installation carafe) throws Exception {
        try (Terminal terminal = bash(carafe)) {
            assertThat(terminal.shown()).doesNotContain("no job control");
            terminal.type("stty size; tty; echo $TERM; test -t 0 -a -t 1 -a -t 2 && echo all\n");
            terminal.await("33 111\r\n/dev/pts/0\r\nxterm\r\nall\r\n");
            terminal.await(PROMPT);
            terminal.type("exit 5\n");
            assertThat(terminal.exitStatus()).isEqualTo(5);
        }
    }

    @Test
    void theSizeFollowsTheCallersTerminal(Installation carafe) throws Exception {
        // The trap itself does next to nothing: a signal that comes while it runs is lost.
        String script = "trap sized=1 WINCH; trap 'exit 4' INT; echo ready; while :; do sleep 0.05;"
                + " if [ $sized ]; then sized=; echo changed to $(stty size); fi; done";
        carafe.debian("true").succeeded();
        try (Terminal terminal =
                new Terminal(carafe.call("run", "--rm", "-it", DEBIAN, "bash", "-c", script), 33, 111)) {
            terminal.await("ready\r\n");
            terminal.resize(50, 140);
            terminal.await("changed to 50 140\r\n");
            terminal.resize(20, 60);
            terminal.await("changed to 20 60\r\n");
            terminal.type(CONTROL_C);
            assertThat(terminal.exitStatus()).isEqualTo(4);
        }
    }

    @Test
    void controlCEndsTheCommandAndNotTheShell(Installation carafe) throws Exception {
        try (Terminal terminal = bash(carafe)) {
            terminal.type("sh -c 'echo g\"\"o; exec sleep 1000'\n"); // it says so in the foreground
            terminal.await("go\r\n");
            terminal.type(CONTROL_C);
            terminal.await("^C");
            terminal.await(PROMPT);
            terminal.type("echo status $?\n");
            terminal.await("status 130\r\n");
            terminal.await(PROMPT);
            terminal.type("exit\n");
            assertThat(terminal.exitStatus()).isZero();
        }
    }

    @Test
    void jobsAreControlled(Installation carafe) throws Exception {
        try (Terminal terminal = bash(carafe)) {
            terminal.type("echo g''o; cat\n");
            terminal.await("go\r\n");
            terminal.type("one\n");
            terminal.await("one\r\none\r\n");
            terminal.type(CONTROL_Z);
            terminal.await("Stopped");
            terminal.await(PROMPT);
            terminal.type("fg\n");
            terminal.await("cat\r\n");
            terminal.type("two\n");
            terminal.await("two\r\ntwo\r\n");
            terminal.type(CONTROL_D);
            terminal.await(PROMPT);
            terminal.type("sleep 1000 & jobs; kill %1; exit\n");
            terminal.await("Running");
            assertThat(terminal.exitStatus()).isIn(0, 143);
        }
    }

    @Test
    void whatIsTypedAndShownPassesUnchanged(Installation carafe) throws Exception {
        try (Terminal terminal = bash(carafe)) {
            terminal.type("stty raw -echo; printf rea''dy; head -c 6 | od -An -tx1; stty sane; echo\n");
            terminal.await("ready");
            terminal.type("\u0003\u001a\r\u0000\u0011\u007f");
            terminal.await("03 1a 0d 00 11 7f");
            terminal.await(PROMPT);
            terminal.type("echo beg''in; seq 100000; echo e''nd\n");
            terminal.await("begin\r\n");
            assertThat(terminal.await("end\r\n").lines())
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, 100_000)
                            .mapToObj(Integer::toString)
                            .toList());
            terminal.await(PROMPT);
            terminal.type("exit\n");
            assertThat(terminal.exitStatus()).isZero();
        }
    }

    @Test
    void theTerminalsEndIsTheInstancesEnd(Installation carafe) {
        Terminal terminal = bash(carafe);
        terminal.type("sleep 1000\n");
        terminal.await("sleep 1000\r\n");
        terminal.hangUp();
        Conditions.await(
                "the client has ended",
                () -> !ProcessHandle.of(terminal.pid())
                        .map(ProcessHandle::isAlive)
                        .orElse(false));
    }

    @Test
    void aClientThatIsKilledLeavesItsInstanceRunning(Installation carafe) throws Exception {
        try (Terminal terminal = new Terminal(
                carafe.call("run", "--network", "none", "--name", "box", "-it", DEBIAN, "bash"), 33, 111)) {
            terminal.await("# ");
            Commands.succeed("kill -9 \"$0\"", Long.toString(terminal.pid()));
            assertThat(InstanceTest.status(carafe, "box")).isEqualTo("running");
            carafe.execute("rm", "-f", "box").succeeded();
        }
    }

    @Test
    void aTerminalWithoutATerminalIsRefused(Installation carafe) {
        carafe.run("-it", DEBIAN, "true").failed(125, "-t wants a terminal");
        assertThat(carafe.run("-t", DEBIAN, "tty").ended(0).output()).isEqualTo("/dev/pts/0\r\n");
    }
}
