package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

/** A script that tells whether it runs on a terminal of the caller's size and gets what is typed there. */
final class TerminalProbe {

    /** An engine may tell the size only when the program runs already. */
    static final String SCRIPT = "tty; until [ \"$(stty size)\" = '22 88' ]; do sleep 0.02; done; echo it fits;"
            + " read word; echo \"you typed $word\"; exit 9";

    private TerminalProbe() {}

    /** Sits at the terminal of a call that runs the script. */
    static void check(Call call) throws InterruptedException {
        try (Terminal terminal = new Terminal(call, 22, 88)) {
            terminal.await("/dev/pts/");
            terminal.await("it fits");
            terminal.type("hello\n");
            terminal.await("you typed hello");
            assertThat(terminal.exitStatus()).isEqualTo(9);
        }
    }
}
