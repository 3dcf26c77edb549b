package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checks that tell whether an instance works, which the daemon makes. */
@SystemTest
@WithDaemon
class HealthTest {

    private static final String OFTEN = "--health-interval=100ms";

    /** Starts an instance that has this check. */
    private static String checked(Installation carafe, String name, String check, String... options) {
        List<String> words = new ArrayList<>(
                List.of("run", "-d", "--network", "none", "--name", name, "--health-cmd", check, OFTEN));
        words.addAll(List.of(options));
        words.addAll(List.of(InstanceTest.HOST, "sleep", "1000"));
        carafe.execute(words.toArray(String[]::new)).succeeded();
        return name;
    }

    private static String health(Installation carafe, String name, String key) {
        return field(carafe, name, "state.health." + key);
    }

    private static void awaitHealth(Installation carafe, String name, String status) {
        Conditions.await(
                name + " is " + status, () -> health(carafe, name, "status").equals(status));
    }

    private static int streak(Installation carafe, String name) {
        return Integer.parseInt(health(carafe, name, "failingStreak"));
    }

    private static String shell(Installation carafe, String name, String script) {
        return carafe.execute("exec", name, "sh", "-c", script).succeeded();
    }

    private static List<String> told(Installation carafe, Instant since, String name) {
        return carafe.execute(
                        "events",
                        "--since",
                        since.toString(),
                        "--until",
                        "0s",
                        "--filter",
                        "event=health_status",
                        "--filter",
                        "instance=" + name,
                        "--format",
                        "json")
                .succeeded()
                .lines()
                .map(event -> Json.read(event, ".attributes.health"))
                .toList();
    }

    private static String listed(Installation carafe, String health) {
        return carafe.execute("ps", "--filter", "health=" + health, "--format", "name")
                .succeeded();
    }

    @Test
    void anInstanceIsAsWellAsItsChecksSay(Installation carafe) {
        Instant before = Instant.now();
        checked(carafe, "slow", "true", "--health-interval=1h");
        checked(carafe, "box", "echo looked; test ! -e /run/ill", "--health-retries=2");
        InstanceTest.detached(carafe, "plain", "exec sleep 1000");
        awaitHealth(carafe, "box", "healthy");
        assertThat(health(carafe, "slow", "status")).isEqualTo("starting");
        assertThat(carafe.execute("ps").succeeded())
                .containsPattern("up [^)]* \\(healthy\\) +box\n")
                .containsPattern("up [^)]* \\(health: starting\\) +slow\n")
                .containsPattern("up [0-9a-z ]* +plain\n");
        assertThat(listed(carafe, "healthy")).isEqualTo("box\n");
        assertThat(listed(carafe, "starting")).isEqualTo("slow\n");
        assertThat(listed(carafe, "none")).isEqualTo("plain\n");
        carafe.execute("ps", "--filter", "health=ill").failed(1, "--filter health=ill: starting, healthy, unhealthy");
        shell(carafe, "box", "touch /run/ill");
        awaitHealth(carafe, "box", "unhealthy");
        assertThat(carafe.execute("ps").succeeded()).contains(" (unhealthy) ");
        assertThat(listed(carafe, "unhealthy")).isEqualTo("box\n");
        assertThat(streak(carafe, "box")).isGreaterThanOrEqualTo(2);
        carafe.execute("rename", "box", "other").succeeded();
        shell(carafe, "other", "rm /run/ill");
        awaitHealth(carafe, "other", "healthy");
        assertThat(streak(carafe, "other")).isZero();
        Conditions.await(
                "results are kept",
                () -> carafe.execute("inspect", "-f", "state.health.log.4.output", "other")
                        .output()
                        .strip()
                        .equals("looked"));
        assertThat(Instant.parse(health(carafe, "other", "log.4.end")))
                .isBetween(Instant.parse(health(carafe, "other", "log.4.start")), Instant.now());
        assertThat(told(carafe, before, "box")).containsExactly("healthy", "unhealthy");
        assertThat(told(carafe, before, "other")).containsExactly("healthy");
        assertThat(carafe.execute("events", "--since", before.toString(), "--until", "0s", "--filter", "event=exec")
                        .succeeded())
                .hasLineCount(2); // ours, and none of the checks
        assertThat(field(carafe, "plain", "state")).doesNotContain("health");
        remove(carafe, "slow", "other", "plain");
    }

    @Test
    void failuresDoNotCountInTheStartPeriodUntilACheckHasSucceeded(Installation carafe) {
        checked(
                carafe,
                "box",
                "test -e /run/well",
                "--health-retries=1",
                "--health-start-period=1h",
                "--health-start-interval=50ms");
        checked(carafe, "other", "head -c 100000 /dev/zero | tr '\\0' x; echo y >&2; false", "--health-retries=1");
        awaitHealth(carafe, "other", "unhealthy");
        assertThat(health(carafe, "other", "log.0.output")).matches("[xy\n]{4096}\\.\\.\\.");
        Conditions.await(
                "it has been checked often", () -> health(carafe, "box", "log").split("exitCode\":1", -1).length == 6);
        assertThat(health(carafe, "box", "status")).isEqualTo("starting");
        assertThat(streak(carafe, "box")).isZero();
        shell(carafe, "box", "touch /run/well");
        awaitHealth(carafe, "box", "healthy");
        shell(carafe, "box", "rm /run/well");
        awaitHealth(carafe, "box", "unhealthy");
        remove(carafe, "box", "other");
    }

    @Test
    void aCheckThatTakesTooLongIsKilledWithAllThatItHasStarted(Installation carafe) {
        checked(
                carafe,
                "box",
                "test -e /run/once && exit 0; touch /run/once; echo begun; sleep 1001 & sleep 1002",
                "--health-timeout=2s",
                "--health-retries=1");
        Conditions.await(
                "it hangs", () -> carafe.execute("top", "box").succeeded().contains("sleep 1002"));
        assertThat(health(carafe, "box", "status")).isEqualTo("starting");
        awaitHealth(carafe, "box", "healthy");
        assertThat(health(carafe, "box", "log.0.exitCode")).isEqualTo("-1");
        assertThat(health(carafe, "box", "log.0.output")).isEqualTo("Health check exceeded timeout (2s): begun");
        assertThat(carafe.execute("top", "box").succeeded())
                .contains("sleep 1000")
                .doesNotContain("sleep 1001", "sleep 1002");
        remove(carafe, "box");
    }

    /** Writes an image of busybox with a health check. */
    private static String image(Installation carafe, String check) {
        Path folder = carafe.newFolder("image");
        Commands.succeed("""
                cd "$0" && mkdir -p image/blobs/sha256
                add() { d=$(sha256sum "$1" | cut -d' ' -f1); s=$(stat -c %s "$1"); mv "$1" image/blobs/sha256/$d; }
                tar -C "$1" -cf l.tar . && add l.tar
                layer="{\\"mediaType\\":\\"application/vnd.oci.image.layer.v1.tar\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                echo "{\\"architecture\\":\\"$(dpkg --print-architecture)\\",\\"os\\":\\"linux\\",\\"config\\":{\\"Env\\":[\\"PATH=/bin\\"],\\"Healthcheck\\":$2},\\"rootfs\\":{\\"type\\":\\"layers\\",\\"diff_ids\\":[\\"sha256:$d\\"]}}" > c
                add c; config="{\\"mediaType\\":\\"application/vnd.oci.image.config.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                echo "{\\"schemaVersion\\":2,\\"config\\":$config,\\"layers\\":[$layer]}" > m
                add m; echo "{\\"schemaVersion\\":2,\\"manifests\\":[{\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}]}" > image/index.json
                echo '{"imageLayoutVersion":"1.0.0"}' > image/oci-layout
                """, folder.toString(), carafe.root().toString(), check);
        return "oci:" + folder.resolve("image");
    }

    private static void run(Installation carafe, String image, String name, String... options) {
        List<String> words = new ArrayList<>(List.of("run", "-d", "--network", "none", "--name", name));
        words.addAll(List.of(options));
        words.addAll(List.of(image, "sleep", "1000"));
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    @Test
    void theCheckThatAnImageAsksForIsMade(Installation carafe) {
        String image = image(carafe, "{\"Test\":[\"CMD\",\"echo\",\"$PATH\"],\"Interval\":100000000}");
        run(carafe, image, "images");
        run(carafe, image, "own", "--health-cmd=echo $PATH; exit 3", "--health-retries=1");
        run(carafe, image, "none", "--no-healthcheck");
        awaitHealth(carafe, "images", "healthy");
        assertThat(health(carafe, "images", "log.0.output")).isEqualTo("$PATH"); // no shell has read it
        awaitHealth(carafe, "own", "unhealthy");
        assertThat(health(carafe, "own", "log.0.exitCode")).isEqualTo("3");
        assertThat(health(carafe, "own", "log.0.output")).isEqualTo("/bin");
        assertThat(field(carafe, "none", "state")).doesNotContain("health");
        String missing = image(carafe, "{\"Test\":[\"CMD\",\"/not/there\"],\"Interval\":100000000,\"Retries\":1}");
        run(carafe, missing, "missing");
        awaitHealth(carafe, "missing", "unhealthy");
        assertThat(health(carafe, "missing", "log.0.exitCode")).isEqualTo("-1");
        assertThat(health(carafe, "missing", "log.0.output")).contains("/not/there");
        remove(carafe, "images", "own", "none", "missing");
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException none) {
            return 0;
        }
    }

    private static void awaitGrowth(Path file) {
        long before = size(file);
        Conditions.await("it is checked", () -> size(file) > before);
    }

    private static void assertNoGrowth(Path file) {
        long before = size(file);
        Conditions.pause(Duration.ofMillis(500)); // five checks would have been made
        assertThat(size(file)).isEqualTo(before);
    }

    @Test
    void nothingIsCheckedThatStandsStillOrHasEnded(Installation carafe) {
        Path folder = carafe.newFolder("checks");
        Path checks = folder.resolve("checks");
        Instant before = Instant.now();
        checked(carafe, "box", "echo >> /mnt/checks", "-v", folder + ":/mnt", "--health-retries=1");
        awaitHealth(carafe, "box", "healthy");
        awaitGrowth(checks);
        carafe.execute("pause", "box").succeeded();
        assertNoGrowth(checks);
        carafe.execute("unpause", "box").succeeded();
        awaitGrowth(checks);
        carafe.execute("stop", "-t", "0", "box").succeeded();
        assertNoGrowth(checks);
        assertThat(field(carafe, "box", "state")).doesNotContain("health");
        assertThat(Installation.list(carafe.state().resolve("health"))).isEmpty();
        carafe.execute("start", "box").succeeded();
        awaitGrowth(checks);
        awaitHealth(carafe, "box", "healthy");
        // It was starting again in between, and neither its pause nor its end has made it ill.
        Conditions.await("it is told", () -> told(carafe, before, "box").size() == 2);
        assertThat(told(carafe, before, "box")).containsExactly("healthy", "healthy");
        remove(carafe, "box");
    }

    @Test
    void whenTheDaemonIsKilledNoCheckIsLeftAndAnotherDaemonGoesOn(Installation carafe) {
        Instant before = Instant.now();
        checked(carafe, "box", "test -e /run/hang && sleep 1001; exit 1", "--health-retries=2", "--health-timeout=1h");
        checked(carafe, "ends", "true");
        awaitHealth(carafe, "box", "unhealthy");
        awaitHealth(carafe, "ends", "healthy");
        shell(carafe, "box", "touch /run/hang");
        Conditions.await(
                "a check hangs", () -> carafe.execute("top", "box").succeeded().contains("sleep 1001"));
        int streak = streak(carafe, "box");
        carafe.killDaemon();
        Conditions.await(
                "it has gone", () -> !carafe.execute("top", "box").succeeded().contains("sleep 1001"));
        assertThat(health(carafe, "box", "status")).isEqualTo("unhealthy");
        assertThat(streak(carafe, "box")).isEqualTo(streak);
        shell(carafe, "box", "rm /run/hang");
        remove(carafe, "ends");
        carafe.startDaemon();
        Conditions.await("it is checked", () -> streak(carafe, "box") > streak);
        assertThat(told(carafe, before, "box")).containsExactly("unhealthy");
        Conditions.await(
                "nothing is kept of what has ended",
                () -> Installation.list(carafe.state().resolve("health")).size() == 2); // its health, and who checks it
        remove(carafe, "box");
    }
}
