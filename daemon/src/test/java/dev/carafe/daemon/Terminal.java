package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.Terminals.Pseudoterminal;
import dev.carafe.linux.Terminals.WindowSize;
import dev.carafe.linux.Termios;
import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A terminal at which somebody sits, who types and reads; one program runs in it. */
final class Terminal implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration TICK = Duration.ofMillis(50);
    /** As a login opens it: once, to read and to write. ctr(1) reads from what it writes to. */
    private static final String ON_DEVICE = "device=$0; exec \"$@\" <>\"$device\" >&0 2>&0";

    private final Kernel kernel = Kernel.host();
    private final Pseudoterminal pair = kernel.terminals().open();
    private final StringBuilder seen = new StringBuilder();
    private final Process process;
    private final Termios before;
    private int read;

    /** Starts a call in a new terminal of this size. */
    Terminal(Call call, int rows, int columns) {
        resize(rows, columns);
        before = settings();
        File device = new File("/dev/pts/" + kernel.terminals().index(pair.controller()));
        process = call.input(Redirect.from(device))
                .startAs(
                        List.of("setsid", "--ctty", "--wait", "sh", "-c", ON_DEVICE, device.toString()),
                        Redirect.to(device),
                        Redirect.to(device));
    }

    void resize(int rows, int columns) {
        kernel.terminals().setWindowSize(pair.controller(), new WindowSize(rows, columns));
    }

    void type(String text) {
        kernel.files().write(pair.controller(), text.getBytes(UTF_8));
    }

    /** Waits until a text appears that was not waited for yet, and returns what came before it. */
    String await(String text) {
        long start = System.nanoTime();
        while (true) {
            int at = seen.indexOf(text, read);
            if (at >= 0) {
                String passed = seen.substring(read, at);
                read = at + text.length();
                return passed;
            }
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                return fail("waited in vain for \"" + text + "\" on the terminal, which shows:\n" + seen);
            }
            look();
        }
    }

    private void look() {
        if (kernel.polling().awaitReadable(pair.controller(), TICK)) {
            seen.append(new String(kernel.files().read(pair.controller(), 65536), UTF_8));
        }
    }

    /** Everything that the terminal has shown so far. */
    String shown() {
        return seen.toString();
    }

    Termios settings() {
        return kernel.terminals().settings(pair.peer());
    }

    long pid() {
        return process.pid();
    }

    /** Waits for the program's end; the terminal is then as it was before. */
    int exitStatus() throws InterruptedException {
        long start = System.nanoTime();
        while (!process.waitFor(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
            look();
            assertThat(System.nanoTime() - start)
                    .as("waiting for the end of what shows\n%s", seen)
                    .isLessThan(PATIENCE.toNanos());
        }
        assertThat(settings()).as("the terminal's settings").isEqualTo(before);
        return process.exitValue();
    }

    /** Whoever sat there has closed the window. */
    void hangUp() {
        pair.close();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            pair.close();
        } catch (SystemCallException exception) {
            throw new AssertionError(exception);
        }
    }
}
