package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * A program of this machine that is run to its end, and that does not outlive this one, not even by {@code kill -9}.
 *
 * <p>It runs as the first process of a process namespace of its own, so that all that it has started ends with it, and
 * has the kernel kill it when the thread that started it ends ({@code PR_SET_PDEATHSIG}). Its mounts are its own too.
 */
record Child(List<String> command, Map<String, String> environment) {

    private static final List<String> WITH_US = List.of(
            "setpriv",
            "--pdeathsig",
            "KILL",
            "--",
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--");

    /**
     * Runs it.
     *
     * @param input a file that it reads from
     * @param output a file that takes what it says and complains about, after what is there
     * @param limit how long it may take
     * @return its exit status
     */
    int run(Path input, Path output, Duration limit) {
        List<String> wrapped = new ArrayList<>(WITH_US);
        wrapped.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(wrapped)
                .directory(new File("/"))
                .redirectInput(input.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        // The kernel watches the thread that starts it, and the carrier of a virtual thread may end at any time.
        FutureTask<Integer> running = new FutureTask<>(() -> toItsEnd(builder, limit));
        Thread thread = Thread.ofPlatform().name(command.getFirst()).start(running);
        try {
            return running.get();
        } catch (InterruptedException exception) {
            running.cancel(true);
            joinUninterruptibly(thread);
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, name() + " was interrupted", exception);
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof ImageException known) {
                throw known;
            }
            throw new ImageException(FAILED, name() + " could not be run: " + exception.getCause(), exception);
        }
    }

    private int toItsEnd(ProcessBuilder builder, Duration limit) throws InterruptedException {
        Process process;
        try {
            process = builder.start();
        } catch (IOException exception) {
            throw new ImageException(
                    UNAVAILABLE,
                    "cannot start " + name() + " (" + exception.getMessage()
                            + "); setpriv and unshare of util-linux must be installed",
                    exception);
        }
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ImageException(
                        FAILED, name() + " did not come to an end within " + limit.toSeconds() + " seconds");
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private String name() {
        return Path.of(command.getFirst()).getFileName().toString();
    }

    private static void joinUninterruptibly(Thread thread) {
        boolean interrupted = Thread.interrupted();
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException exception) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
