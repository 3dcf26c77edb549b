package dev.carafe.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An archive on its way from whoever writes it to whoever unpacks it, both at work at once. */
final class ArchivePipe {

    private static final int BUFFER = 1 << 20;
    private static final int BLOCK = 1 << 16;

    /** Writes it; what was left out. */
    @FunctionalInterface
    interface Writer {
        List<String> write(OutputStream output) throws IOException;
    }

    /** Unpacks it; what was left out. */
    @FunctionalInterface
    interface Reader {
        List<String> read(InputStream input) throws IOException;
    }

    /** What went wrong first: the other one then fails too, as its pipe ends. */
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    private ArchivePipe() {}

    /**
     * Passes it on.
     *
     * @return what was left out by both
     */
    static List<String> pass(Writer writer, Reader reader) throws IOException, InterruptedException {
        return new ArchivePipe().run(writer, reader);
    }

    private List<String> run(Writer writer, Reader reader) throws IOException, InterruptedException {
        List<String> leftOut = new ArrayList<>();
        FutureTask<List<String>> writing;
        try (PipedInputStream input = new PipedInputStream(BUFFER)) {
            PipedOutputStream output = new PipedOutputStream(input);
            writing = new FutureTask<>(() -> {
                try (output) {
                    return noted(() -> write(writer, output));
                }
            });
            Thread.ofPlatform().name("archive").start(writing);
            leftOut.addAll(noted(() -> reader.read(input)));
        } catch (IOException | RuntimeException exception) {
            switch (failure.get()) {
                case IOException first -> throw first;
                case RuntimeException first -> throw first;
                case null, default -> throw exception;
            }
        }
        try {
            leftOut.addAll(0, writing.get());
            return leftOut;
        } catch (ExecutionException exception) {
            switch (exception.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(exception);
            }
        }
    }

    private static List<String> write(Writer writer, OutputStream output) throws IOException {
        OutputStream buffered = new BufferedOutputStream(output, BLOCK);
        List<String> leftOut = writer.write(buffered);
        buffered.flush();
        return leftOut;
    }

    private List<String> noted(Callable<List<String>> work) throws IOException {
        try {
            return work.call();
        } catch (IOException | RuntimeException exception) {
            failure.compareAndSet(null, exception);
            throw exception;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
