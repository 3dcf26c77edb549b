package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.Carafe;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.ExecOptions;
import dev.carafe.engine.Instance;
import dev.carafe.engine.options.HealthCheck;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.engine.options.Policies;
import dev.carafe.engine.options.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The engine in a program of one's own. */
@SystemTest
class EmbeddingTest {

    /** What a JVM makes in the folder of state when it has started what it is to start. */
    private static final String READY = "ready";

    private static final String IMAGE = "host:";

    private static Path program() {
        return Installation.home().resolve("out");
    }

    private static Carafe open(Installation carafe) {
        return Carafe.open(program(), carafe.data(), carafe.state(), line -> {});
    }

    static InstanceOptions shell(String script) {
        return InstanceOptions.DEFAULT
                .withProgram(Program.of("sh", "-c", script))
                .withNetwork(NetworkOptions.DEFAULT.withMode(NetworkMode.Simple.NONE));
    }

    @Test
    void aProgramRunsContainersLooksIntoThemAndLeavesNothing(Installation installation) throws IOException {
        try (Carafe carafe = open(installation)) {
            Instance box = carafe.run(IMAGE, shell("echo hello; echo from here >&2; sleep 1000"));
            assertThat(box.look().state().pid()).isPositive();
            Conditions.await("it has spoken", () -> carafe.logs(box).lines().count() == 2);
            assertThat(carafe.logs(box)).contains("hello\n").contains("from here\n");

            Instance.Ended ended = carafe.exec(box, "sh", "-c", "echo out; echo err >&2; exit 3");
            assertThat(ended).isEqualTo(new Instance.Ended(3, "out\n", "err\n"));
            assertThatThrownBy(() -> carafe.exec(box, "/no/such/program"))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("/no/such/program");
            assertThatThrownBy(() ->
                            box.execute(ExecOptions.of("sleep", "1000"), carafe.starter(), Duration.ofMillis(200)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("did not end in");

            Path tar = installation.newPath("some.tar");
            Path files = installation.newFolder("files");
            Files.writeString(files.resolve("file"), "copied");
            Commands.succeed("tar -C \"$0\" -cf \"$1\" file", files.toString(), tar.toString());
            box.copyIn("/srv", new ByteArrayInputStream(Files.readAllBytes(tar)), false);
            assertThat(carafe.exec(box, "cat", "/srv/file").output()).isEqualTo("copied");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            box.copyOut("/srv/file", "file", false, out);
            assertThat(out.toString(StandardCharsets.ISO_8859_1)).contains("copied");
            assertThat(installation.execute("ps", "-q").succeeded()).hasLineCount(1);
        }
        assertThat(installation.execute("ps", "-aq").succeeded()).isEmpty();
    }

    @Test
    void whatEndsByItselfIsForgotten(Installation installation) {
        try (Carafe carafe = open(installation)) {
            for (int i = 0; i < 3; i++) {
                Instance box = carafe.run(IMAGE, shell("exit 5"));
                Conditions.await(
                        "it is gone", () -> carafe.engine().instances().list().isEmpty());
                assertThatThrownBy(box::look).isInstanceOf(EngineException.class);
            }
        }
    }

    private static InstanceOptions checked(String script, String check, int retries) {
        HealthCheck often = new HealthCheck(
                List.of("CMD-SHELL", check),
                Optional.of(Duration.ofMillis(50)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.of(retries));
        return shell(script).withPolicies(Policies.DEFAULT.withHealthCheck(often));
    }

    @Test
    void aProgramWaitsUntilWhatItRunsIsHealthy(Installation installation) {
        Duration patience = Duration.ofSeconds(20);
        try (Carafe carafe = open(installation)) {
            Instance good = carafe.run(IMAGE, checked("sleep 0.3; touch /tmp/up; sleep 1000", "test -e /tmp/up", 1000));
            carafe.awaitHealthy(good, patience);
            assertThat(carafe.exec(good, "test", "-e", "/tmp/up").status()).isZero();

            Instance bad = carafe.run(IMAGE, checked("sleep 1000", "echo it is broken; exit 3", 2));
            assertThatThrownBy(() -> carafe.awaitHealthy(bad, patience))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("is unhealthy; its last check ended with 3: it is broken");
            Instance slow = carafe.run(IMAGE, checked("sleep 1000", "sleep 1000", 2));
            assertThatThrownBy(() -> carafe.awaitHealthy(slow, Duration.ofMillis(200)))
                    .hasMessageContaining("is not healthy after");
            Instance ends = carafe.run(IMAGE, checked("sleep 0.2", "sleep 1000", 2));
            assertThatThrownBy(() -> carafe.awaitHealthy(ends, patience)).hasMessageContaining("has ended");
            Instance none = carafe.run(IMAGE, shell("sleep 1000"));
            assertThatThrownBy(() -> carafe.awaitHealthy(none, patience)).hasMessageContaining("has no health check");
        }
        assertThat(Installation.list(installation.state().resolve("health"))).isEmpty();
    }

    @Test
    void whatIsStartedOutlivesIt(Installation installation) {
        try (Carafe carafe = open(installation)) {
            Instance box = carafe.start("stays", IMAGE, shell("sleep 1000"));
            assertThat(carafe.exec(box, "true").status()).isZero();
        }
        assertThat(InstanceTest.status(installation, "stays")).isEqualTo("running");
        try (Carafe carafe = open(installation)) {
            carafe.engine().instances().find("stays").remove(true, true);
        }
    }

    /** Started as a JVM of its own, to be killed. */
    static final class Owner {

        private Owner() {}

        /**
         * Runs one that is its own and one that is not, and waits.
         *
         * @param arguments the program's folder, that of data and that of state
         */
        public static void main(String[] arguments) throws IOException, InterruptedException {
            @SuppressWarnings("MustBeClosedChecker") // it is killed before that
            Carafe carafe = Carafe.open(
                    Path.of(arguments[0]), Path.of(arguments[1]), Path.of(arguments[2]), System.err::println);
            carafe.run(IMAGE, shell("sleep 1000 & sleep 1000"));
            carafe.start("stays", IMAGE, shell("sleep 1000"));
            Files.createFile(Path.of(arguments[2], READY));
            Thread.sleep(Duration.ofMinutes(5));
        }
    }

    @Test
    void whatRunsEndsWithItsJvmHoweverThatEnds(Installation installation) throws IOException {
        Process owner = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.sqlite.lib.path=" + System.getProperty("org.sqlite.lib.path"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        program().toString(),
                        installation.data().toString(),
                        installation.state().toString())
                .inheritIO()
                .start();
        try {
            Conditions.await(
                    "both have begun", () -> Files.exists(installation.state().resolve(READY)));
            assertThat(installation.execute("ps", "-q").succeeded()).hasLineCount(2);
        } finally {
            owner.destroyForcibly();
        }
        Conditions.await(
                "one has ended",
                () -> installation.execute("ps", "-aq").output().lines().count() == 1);
        assertThat(InstanceTest.status(installation, "stays")).isEqualTo("running");
        InstanceTest.remove(installation, "stays");
        assertThat(List.of(installation.execute("ps", "-aq").succeeded())).containsExactly("");
    }
}
