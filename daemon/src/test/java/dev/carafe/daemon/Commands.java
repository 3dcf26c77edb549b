package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The machine's own programs, for preparing tests and for a second opinion. */
final class Commands {

    private Commands() {}

    /** Runs a shell script, with the arguments from {@code $0} on, and returns both its outputs together. */
    static Outcome run(String script, String... arguments) {
        List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", script));
        words.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            return new Outcome(script, process.waitFor(), output, "");
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(exception);
        }
    }

    /** Runs a shell script that must succeed, and returns its output. */
    static String succeed(String script, String... arguments) {
        return run(script, arguments).succeeded();
    }
}
