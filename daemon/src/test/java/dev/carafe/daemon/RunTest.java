package dev.carafe.daemon;

import static dev.carafe.daemon.Installation.DEBIAN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code carafe run}, as its help describes it. */
@SystemTest
class RunTest {

    @Test
    void theFirstCommandShowsDebiansOwnSystem(Installation carafe) {
        assertThat(carafe.run(DEBIAN, "cat", "/etc/os-release").succeeded())
                .startsWith("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    }

    @Test
    void theStatusIsTheProgramsOwn(Installation carafe) {
        carafe.debian("exit 7").ended(7);
        carafe.debian("kill -TERM $$").ended(0); // the first process of a pid namespace gets no signal by default
        carafe.debian("sh -c 'kill -TERM $$'; exit $?").ended(143);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "nope,              127, `exec: \"nope\": executable file not found in $PATH`",
                "/usr/bin/nope,     127, `exec: \"/usr/bin/nope\": no such file or directory`",
                "/etc/passwd/nope,  127, `exec: \"/etc/passwd/nope\": not a directory`",
                "/etc/passwd,       126, `exec: \"/etc/passwd\": permission denied`",
                "/etc,              126, `exec: \"/etc\": is a directory`",
            })
    void aProgramThatCannotBeRunIsNamed(String program, int status, String words, Installation carafe) {
        carafe.run(DEBIAN, program).failed(status, words);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:1/nosuchthing, 125, cannot pull 127.0.0.1:1/nosuchthing:latest",
        "bootstrap:debian/nosuchsuite, 125, nosuchsuite",
        "bootstrap:gentoo/x, 125, only Debian can be built here",
        "'', 125, image"
    })
    void anImageThatIsNotThereIsNamed(String image, int status, String words, Installation carafe) {
        Outcome outcome = carafe.run(image, "true");
        outcome.ended(status);
        assertThat(outcome.error()).containsIgnoringCase(words);
    }

    @Test
    void variablesAreGivenOrPassedOn(Installation carafe) {
        String variables = carafe.call(
                        "run", "--rm", "-e", "A=1=2", "-e", "CALLERS", "-e", "ABSENT", "-e", "HOME=/x", "-e", "A2=",
                        DEBIAN, "env")
                .variable("CALLERS", "ours – ünïcode")
                .variable("SECRET", "of the caller")
                .execute()
                .succeeded();
        assertThat(variables.lines())
                .contains("A=1=2", "CALLERS=ours – ünïcode", "HOME=/x", "A2=")
                .noneMatch(line -> line.startsWith("ABSENT") || line.startsWith("SECRET") || line.startsWith("CARAFE"))
                .filteredOn(line -> line.startsWith("HOME="))
                .hasSize(1);
        carafe.run("-e", "=x", DEBIAN, "true").failed(125, "\"=x\"");
    }

    @Test
    void theProgramStartsInTheFolderAskedFor(Installation carafe) {
        assertThat(carafe.run("-w", "/usr/lib", DEBIAN, "pwd").succeeded()).isEqualTo("/usr/lib\n");
        assertThat(carafe.run("-w", "/made/for/it", DEBIAN, "pwd").succeeded()).isEqualTo("/made/for/it\n");
        carafe.run("-w", "usr", DEBIAN, "pwd").failed(125, "--workdir usr: must be absolute");
        carafe.run("-w", "/etc/passwd", DEBIAN, "pwd").failed(125, "process.cwd");
    }

    @ParameterizedTest
    @CsvSource({
        "root,        0:0:0:/root",
        "www-data,    33:33:33:/var/www",
        "33:0,        33:0:0:/var/www",
        "www-data:4,  33:4:4:/var/www",
        "4000,        4000:0:0:/",
        "4000:5000,   4000:5000:5000:/",
        ":5,          0:5:5:/root",
        "2147483647,  2147483647:0:0:/",
    })
    void theProgramRunsAsTheUserAskedFor(String user, String expected, Installation carafe) {
        assertThat(carafe.run("-u", user, DEBIAN, "sh", "-c", "echo $(id -u):$(id -g):$(id -G):$HOME")
                        .succeeded())
                .isEqualTo(expected + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nosuchuser", "root:nosuchgroup", "2147483648", "4294967296", "-1", "0x0", "1:2:3", "root:-1"})
    void aUserThatIsNotThereIsNamed(String user, Installation carafe) {
        carafe.run("-u", user, DEBIAN, "id")
                .failed(125, user.substring(user.indexOf("no") < 0 ? 0 : user.indexOf("no")));
    }

    @Test
    void anInstanceWithoutRmStaysWithItsChangesAndItsStatus(Installation carafe) throws IOException {
        carafe.execute("run", "--name", "box", DEBIAN, "sh", "-c", "echo changed > /etc/motd; exit 9")
                .ended(9);
        carafe.keeps(1);
        Path instance = carafe.data().resolve("names/box");
        assertThat(instance).isSymbolicLink();
        Path snapshot = carafe.data()
                .resolve("snapshots/active")
                .resolve(String.valueOf(instance.toRealPath().getFileName()));
        assertThat(snapshot.resolve("upper/etc/motd")).hasContent("changed");
        assertThat(Files.readString(instance.resolve("exit"))).matches("2304 \\d+\\.\\d{9} 0\n");
        carafe.execute("run", "--name", "box", DEBIAN, "true").failed(125, "\"box\" is taken");
        carafe.execute("run", "--name", "box", DEBIAN, "nope").failed(125, "\"box\" is taken");
        carafe.run("--name", "box", DEBIAN, "true").failed(125, "\"box\" is taken");
    }

    @Test
    void anInstanceThatCannotBeginLeavesNothing(Installation carafe) {
        for (String option : List.of("--rm", "-i")) {
            carafe.execute("run", option, DEBIAN, "nope").ended(127);
            carafe.execute("run", option, "-w", "/made/before/the/failure", DEBIAN, "nope")
                    .ended(127);
            carafe.mustHaveLeftNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../x", "/x", ".", "..", "-x", "a/b", "a b", "a\nb", "ü", "_a"})
    void aNameThatIsNoneIsRefused(String name, Installation carafe) {
        carafe.run("--name=" + name, DEBIAN, "true").failed(125, "a name starts with a letter or digit");
        assertThat(carafe.data().resolve("instances")).doesNotExist();
    }

    @Test
    void aNameIsFreeAgainAfterItsInstance(Installation carafe) {
        String longest = "n".repeat(63);
        for (int i = 0; i < 2; i++) {
            carafe.run("--name", longest, DEBIAN, "true").succeeded();
        }
        carafe.run("--name", longest + "n", DEBIAN, "true").failed(125, "at most 63");
    }

    @Test
    void ofManyWhoWantANameOneGetsIt(Installation carafe) {
        carafe.debian("true").succeeded();
        List<Call.Running> calls = java.util.stream.IntStream.range(0, 4)
                .mapToObj(i -> carafe.call("run", "--rm", "-i", "--name", "wanted", DEBIAN, "sleep", "2")
                        .start())
                .toList();
        assertThat(calls.stream().map(call -> call.await().status()).sorted()).containsExactly(0, 125, 125, 125);
    }

    @Test
    void memoryIsLimitedAndTheLimitHolds(Installation carafe) {
        assertThat(carafe.run("-m", "48m", DEBIAN, "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
                        .succeeded())
                .isEqualTo("50331648\n");
        carafe.run("-m", "48m", DEBIAN, "sh", "-c", "exec tail /dev/zero").ended(137);
        for (String nonsense : List.of("0", "-1", "x", "1x", "9223372036854775807g", "")) {
            carafe.run("-m", nonsense, DEBIAN, "true").failed(125, "--memory " + nonsense);
        }
    }

    @Test
    void processorsAreLimited(Installation carafe) {
        assertThat(carafe.run(
                                "--cpus",
                                "1.5",
                                DEBIAN,
                                "sh",
                                "-c",
                                "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us")
                        .succeeded())
                .isEqualTo("150000\n100000\n");
        for (String nonsense : List.of("0", "-1", "x", "1e99", "0.0000000001", "0.000001")) {
            Outcome outcome = carafe.run("--cpus", nonsense, DEBIAN, "true");
            outcome.ended(125);
            assertThat(outcome.error().lines()).hasSize(1);
        }
    }

    @Test
    void standardInputIsPassedOnOnlyWhenAskedFor(Installation carafe) {
        assertThat(carafe.call("run", "--rm", "-i", DEBIAN, "cat")
                        .input("hi\n")
                        .execute()
                        .succeeded())
                .isEqualTo("hi\n");
        assertThat(carafe.call("run", "--rm", DEBIAN, "cat")
                        .input("hi\n")
                        .execute()
                        .succeeded())
                .isEmpty();
    }

    @Test
    void muchOutputArrivesWhole(Installation carafe) {
        String output = carafe.debian("yes 0123456789abcde | head -c 10485760; echo end >&2")
                .output();
        assertThat(output).hasSize(10485760);
        assertThat(output.replace("0123456789abcde\n", "")).isEmpty();
    }

    @Test
    void standardErrorStaysApart(Installation carafe) {
        Outcome outcome = carafe.debian("echo out; echo err >&2");
        assertThat(outcome.output()).isEqualTo("out\n");
        assertThat(outcome.error()).isEqualTo("err\n");
    }

    @Test
    void aReaderWhoLeavesEndsTheWriter(Installation carafe) throws Exception {
        Process process =
                carafe.call("run", "--rm", DEBIAN, "sh", "-c", "yes; exit $?").start(Redirect.PIPE, Redirect.DISCARD);
        try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            assertThat(reader.readLine()).isEqualTo("y");
        }
        assertThat(process.waitFor()).isEqualTo(141);
    }

    @Test
    void aSignalToTheClientReachesTheProgram(Installation carafe) throws Exception {
        Call.Running running = carafe.call(
                        "run",
                        "--rm",
                        DEBIAN,
                        "bash",
                        "-c",
                        "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
                .start();
        Conditions.await("the trap is set", () -> running.output().equals("ready\n"));
        Commands.succeed("kill -TERM \"$0\"", Long.toString(running.process().pid()));
        Outcome outcome = running.await().ended(3);
        assertThat(outcome.output()).isEqualTo("ready\ngot it\n");
    }

    @Test
    void installationsWithOtherFoldersNeverMeet(Installation carafe) {
        Installation other = carafe.another();
        try {
            Call.Running first = carafe.call("run", "--rm", "-i", "--name", "same", DEBIAN, "cat")
                    .input(Redirect.PIPE)
                    .start();
            Call.Running second = other.call("run", "--rm", "-i", "--name", "same", DEBIAN, "cat")
                    .input(Redirect.PIPE)
                    .start();
            Conditions.await(
                    "both are there",
                    () -> carafe.instances().size() == 1 && other.instances().size() == 1);
            assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
            second.process().outputWriter().close();
            second.await().succeeded();
            assertThat(first.process().isAlive()).isTrue();
            first.process().outputWriter().close();
            first.await().succeeded();
        } catch (IOException exception) {
            throw new AssertionError(exception);
        } finally {
            other.end(false);
        }
    }

    @Test
    void helpAndMistakesAreAnswered(Installation carafe) {
        assertThat(carafe.execute().succeeded()).contains("Usage: carafe COMMAND");
        assertThat(carafe.execute("help").succeeded()).contains("Usage: carafe COMMAND");
        assertThat(carafe.execute("run", "--help").succeeded()).contains("--rm");
        assertThat(carafe.execute("version").succeeded()).startsWith("carafe version ");
        carafe.execute("fly").failed(2, "there is no command \"fly\"");
        carafe.execute("run").failed(125, "IMAGE");
        carafe.execute("run", "--bogus", DEBIAN).failed(125, "--bogus");
    }
}
