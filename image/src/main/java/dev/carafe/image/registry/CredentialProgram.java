package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A program that keeps credentials: {@code docker-credential-NAME}.
 *
 * @see <a href="https://github.com/docker/docker-credential-helpers#development">docker-credential-helpers</a>
 */
record CredentialProgram(String name, Map<String, String> environment) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final int MOST = 1 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** What it calls a secret that is no password. */
    private static final String TOKEN_USER = "<token>";

    private static final String NOT_FOUND = "credentials not found";

    CredentialProgram {
        if (!NAME.matcher(name).matches()) {
            throw new ImageException(
                    INVALID, "\"" + Failures.plain(name) + "\" is no name of a program that keeps credentials");
        }
        environment = Map.copyOf(environment);
    }

    private record Outcome(int status, String out) {}

    Optional<Credential> get(String host) {
        Outcome outcome = run("get", CredentialFile.key(host));
        if (outcome.status() != 0) {
            if (outcome.out().contains(NOT_FOUND)) {
                return Optional.empty();
            }
            throw failure(outcome);
        }
        try {
            JsonCursor in = new JsonCursor(
                    program(), Json.parse(program(), outcome.out().getBytes(StandardCharsets.UTF_8)));
            String user = in.optionalText("Username").orElse("");
            String secret = in.optionalText("Secret").orElse("");
            return user.isEmpty() && secret.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            user.equals(TOKEN_USER)
                                    ? new Credential.IdentityToken(secret)
                                    : new Credential.Password(user, secret));
        } catch (InvalidDocumentException exception) {
            throw new ImageException(UNAVAILABLE, program() + ": what it says is not what it should be", exception);
        }
    }

    void store(String host, String user, String secret) {
        Outcome outcome = run(
                "store",
                new JsonWriter("")
                        .object()
                        .put("ServerURL", CredentialFile.key(host))
                        .put("Username", user)
                        .put("Secret", secret)
                        .end()
                        .text());
        if (outcome.status() != 0) {
            throw failure(outcome);
        }
    }

    void erase(String host) {
        Outcome outcome = run("erase", CredentialFile.key(host));
        if (outcome.status() != 0 && !outcome.out().contains(NOT_FOUND)) {
            throw failure(outcome);
        }
    }

    private String program() {
        return "docker-credential-" + name;
    }

    private ImageException failure(Outcome outcome) {
        return new ImageException(
                UNAVAILABLE,
                program() + " failed with status " + outcome.status() + ": " + Failures.plain(outcome.out()));
    }

    private Outcome run(String command, String input) {
        ProcessBuilder builder =
                new ProcessBuilder(find().toString(), command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            try {
                CompletableFuture<byte[]> out = CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
                give(process.getOutputStream(), input);
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new ImageException(
                            UNAVAILABLE, program() + " does not end; " + LIMIT.toSeconds() + " s were given to it");
                }
                return new Outcome(process.exitValue(), new String(out.join(), StandardCharsets.UTF_8).strip());
            } finally {
                process.destroyForcibly();
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(UNAVAILABLE, program() + ": interrupted", exception);
        } catch (IOException exception) {
            throw new ImageException(UNAVAILABLE, program() + ": " + exception.getMessage(), exception);
        }
    }

    /** One that ends without having read it all has the last word with its status. */
    private static void give(OutputStream in, String input) {
        try (in) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // It has closed its input.
        }
    }

    private static byte[] read(InputStream in) {
        try (in) {
            return in.readNBytes(MOST);
        } catch (IOException gone) {
            return new byte[0];
        }
    }

    private Path find() {
        for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
            Path program = Path.of(folder).resolve(program());
            if (program.isAbsolute() && Files.isExecutable(program)) {
                return program;
            }
        }
        throw new ImageException(
                UNAVAILABLE,
                "the program " + program()
                        + ", which keeps your credentials as your configuration says, is not in PATH");
    }
}
