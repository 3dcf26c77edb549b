package dev.carafe.daemon;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A {@code criu(8)} that works on this kernel, which not every version does: the one that {@code CARAFE_TEST_CRIU} names, or
 * else the one in {@code PATH}.
 *
 * @param folder has it, and nothing else
 */
record Criu(Path folder) {

    private static final String NAMED = "CARAFE_TEST_CRIU";

    /** Without one, the test that asks for it is skipped. */
    static Criu required(Installation carafe) {
        String named = Optional.ofNullable(System.getenv(NAMED)).orElse("criu");
        Outcome found = Commands.run("command -v \"$0\"", named);
        assumeTrue(found.status() == 0, "there is no criu; install Debian's package criu, or name one by " + NAMED);
        String program = found.output().strip();
        assumeTrue(
                Commands.run("exec \"$0\" check", program).status() == 0,
                program + " does not work on this kernel, as \"criu check\" says; name another one by " + NAMED);
        return of(carafe, Path.of(program));
    }

    /** A script in its place. */
    static Criu fake(Installation carafe, String script) {
        try {
            Path program = Files.writeString(carafe.newPath("criu"), "#!/bin/sh\n" + script + "\n");
            Commands.succeed("chmod 755 \"$0\"", program.toString());
            return of(carafe, program);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Criu of(Installation carafe, Path program) {
        try {
            Path folder = carafe.newFolder("path");
            Files.createSymbolicLink(folder.resolve("criu"), program);
            return new Criu(folder);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Skips the test where the kernel or this version lacks something, by CRIU's name. */
    void require(String feature) {
        assumeTrue(
                Commands.run("exec \"$0\" check --feature \"$1\"", folder + "/criu", feature)
                                .status()
                        == 0,
                "this kernel and this criu do not have " + feature);
    }

    /** A call that finds it. */
    Call in(Call call) {
        return call.variable("PATH", folder + ":" + System.getenv("PATH"));
    }
}
