package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A command line of an installation's program, or of another that is to use it: what it is given, and then
 * {@link #execute} or {@link #start}.
 */
final class Call {

    private static final long PATIENCE_SECONDS = 90;
    private static final long BUILDING_SECONDS = 600;

    private final Installation installation;
    private final List<String> program;
    private final List<String> arguments;
    private final Map<String, String> environment = new TreeMap<>(System.getenv());
    private Optional<Path> directory = Optional.empty();
    private List<String> through;
    private Redirect input = Redirect.from(new java.io.File("/dev/null"));

    Call(Installation installation, List<String> arguments) {
        this(installation, List.of(Installation.program().toString()), arguments);
    }

    /** @param program the program's name and the arguments that it always gets */
    Call(Installation installation, List<String> program, List<String> arguments) {
        this.installation = installation;
        this.program = List.copyOf(program);
        this.arguments = List.copyOf(arguments);
        this.through = installation.through();
        environment.put("CARAFE_DATA", installation.data().toString());
        environment.put("CARAFE_STATE", installation.state().toString());
        environment.put("CARAFE_DAEMON", "running"); // a test says itself when there is to be one
    }

    Call variable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Only the two folders are in the environment. */
    Call withoutEnvironment() {
        environment.keySet().removeIf(name -> !name.startsWith("CARAFE_"));
        return this;
    }

    Call in(Path folder) {
        directory = Optional.of(folder);
        return this;
    }

    /** Started by way of another program, which is given its command line. */
    Call through(String... program) {
        through = List.of(program);
        return this;
    }

    Call input(String text) {
        try {
            Path file = Files.writeString(installation.newPath("input"), text);
            return input(Redirect.from(file.toFile()));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    Call input(Redirect redirect) {
        input = redirect;
        return this;
    }

    /** Runs it to its end. */
    Outcome execute() {
        return start().await();
    }

    /** Runs it with its outputs in files. */
    Running start() {
        Path output = installation.newPath("output");
        Path error = installation.newPath("error");
        Process process = start(Redirect.to(output.toFile()), Redirect.to(error.toFile()));
        String name = String.valueOf(Path.of(program.getFirst()).getFileName());
        return new Running(name + " " + String.join(" ", arguments), process, output, error);
    }

    Process start(Redirect output, Redirect error) {
        return startAs(through, output, error);
    }

    /** Starts it by way of another program, which is given its command line. */
    Process startAs(List<String> before, Redirect output, Redirect error) {
        List<String> words = new ArrayList<>(before);
        words.addAll(program);
        words.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectInput(input)
                .redirectOutput(output)
                .redirectError(error);
        directory.ifPresent(path -> builder.directory(path.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** A call on its way. */
    record Running(String what, Process process, Path outputFile, Path errorFile) {

        Outcome await() {
            try {
                boolean builds = what.contains(Installation.DEBIAN);
                if (!process.waitFor(builds ? BUILDING_SECONDS : PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    return new Outcome(what + "\nwhich did not end and was killed", -1, output(), error());
                }
                return new Outcome(what, process.exitValue(), output(), withoutBuilding(error()));
            } catch (InterruptedException exception) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(exception);
            }
        }

        /** The first to ask for an image hears that it is made. */
        private static String withoutBuilding(String error) {
            return error.replaceAll("(?m)^(Building|Built) bootstrap:.*\n", "");
        }

        String output() {
            return text(outputFile);
        }

        String error() {
            return text(errorFile);
        }

        private static String text(Path file) {
            try {
                return new String(Files.readAllBytes(file), UTF_8);
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }
}
