package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.awaitStatus;
import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Logs in the machine's journal, with a real one and what reads it: neither it nor Carafe need be there all the time. */
@SystemTest
class JournalTest {

    private static Journald journald;

    @BeforeAll
    static void startTheJournal(Installation carafe) {
        journald = new Journald(carafe);
        carafe.callThrough(journald.through());
        carafe.startDaemon();
        journald.start();
    }

    @AfterAll
    static void endTheJournal(Installation carafe) {
        carafe.stopDaemon();
        carafe.callThrough();
        journald.close();
    }

    private static Call run(Installation carafe, String name, List<String> options, String script) {
        List<String> words = new ArrayList<>(
                List.of("run", "--log-driver", "journald", "--network", "none", "--name", name, "-v", "/tmp:/outside"));
        words.addAll(options);
        words.addAll(
                List.of("host:", "sh", "-c", script, carafe.folder().toString().replace("/tmp/", "/outside/")));
        return carafe.call(words.toArray(String[]::new));
    }

    private static void detached(Installation carafe, String name, String script, String... options) {
        List<String> words = new ArrayList<>(List.of("-d"));
        words.addAll(List.of(options));
        run(carafe, name, words, script).execute().succeeded();
    }

    /** Runs it to its end. */
    private static void finished(Installation carafe, String name, String script, String... options) {
        detached(carafe, name, script, options);
        carafe.execute("wait", name).succeeded();
    }

    private static Outcome logs(Installation carafe, String... arguments) {
        List<String> words = new ArrayList<>(List.of("logs"));
        words.addAll(List.of(arguments));
        return carafe.execute(words.toArray(String[]::new));
    }

    /** What the entries of an instance have in some fields, as jq makes it of each. */
    private static List<String> entries(String name, String filter) {
        return journald.shell(
                        "journalctl --sync; journalctl -o json --all CONTAINER_NAME=\"$0\" | jq -c \"$1\"",
                        name,
                        filter)
                .succeeded()
                .lines()
                .toList();
    }

    private static String numbers(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(i -> i + "\n").collect(Collectors.joining());
    }

    private static Path mark(Installation carafe, String name) {
        return carafe.folder().resolve(name);
    }

    @Test
    void linesAreEntriesWithDockersFields(Installation carafe) {
        finished(
                carafe,
                "fields",
                "echo out; sleep 0.05; echo err >&2; sleep 0.05; echo",
                "--label=team.name=two\nlines",
                "-e",
                "COLOUR=red",
                "-e",
                "SECRET=hidden",
                "--log-opt=labels=team.name",
                "--log-opt=env=COLOUR",
                "--log-opt=tag={{.Name}}/{{.ID}}");
        String id = field(carafe, "fields", "id");
        String tag = "fields/" + id.substring(0, 12);
        assertThat(entries(
                        "fields",
                        "[.MESSAGE, .PRIORITY, .CONTAINER_ID, .CONTAINER_ID_FULL, .CONTAINER_TAG, .SYSLOG_IDENTIFIER,"
                                + " .IMAGE_NAME, .TEAM_NAME, .COLOUR, .CONTAINER_PARTIAL_MESSAGE, ._UID]"))
                .containsExactlyElementsOf(List.of("out\",\"6", "err\",\"3", "\",\"6").stream()
                        .map(own -> "[\"" + own + "\",\"" + id.substring(0, 12) + "\",\"" + id + "\",\"" + tag + "\",\""
                                + tag + "\",\"host:\",\"two\\nlines\",\"red\",null,\"0\"]")
                        .toList());
        assertThat(journald.read("-o export CONTAINER_NAME=fields"))
                .as("what the monitor was called with")
                .contains("_CMDLINE=carafe-monitor\n")
                .doesNotContain("hidden");
        assertThat(field(carafe, "fields", "options.policies.log.kind")).isEqualTo("journald");
        Outcome logs = logs(carafe, "fields");
        assertThat(logs.output()).isEqualTo("out\n\n");
        assertThat(logs.error()).isEqualTo("err\n");
        remove(carafe, "fields");
    }

    @Test
    void anyBytesAndAnyLengthComeBackAsTheyWere(Installation carafe) {
        finished(
                carafe,
                "bytes",
                "printf 'a\\377\\0\\tz\\n'; head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'no end'");
        assertThat(entries("bytes", "[(.MESSAGE | length), .CONTAINER_PARTIAL_MESSAGE]")
                        .getFirst())
                .isEqualTo("[5,null]");
        assertThat(entries("bytes", "select(.MESSAGE | type == \"array\") | .MESSAGE"))
                .containsExactly("[97,255,0,9,122]");
        List<String> long200 = entries("bytes", "select(.MESSAGE[0:1] == \"x\") | .CONTAINER_PARTIAL_MESSAGE");
        assertThat(long200).hasSize(13).endsWith("null").startsWith("\"true\"", "\"true\"");
        Path output = carafe.newPath("logs");
        carafe.shell("\"$0\" logs bytes > " + output).execute().succeeded();
        assertThat(Commands.succeed(
                        "wc -c < $0; head -c 6 $0 | od -An -tu1; tail -c +7 $0 | tr -d x", output.toString()))
                .isEqualTo("200013\n  97 255   0   9 122  10\n\nno end");
        assertThat(logs(carafe, "--tail", "2", "bytes").succeeded()).isEqualTo("x".repeat(200_000) + "\nno end");
        assertThat(logs(carafe, "--tail", "1", "bytes").succeeded()).isEqualTo("no end");
        remove(carafe, "bytes");
    }

    @Test
    void theyComeInOrderAndInPart(Installation carafe) {
        finished(carafe, "order", "seq 2000; for i in 1 2 3; do echo $i >&2; done; sleep 0.5; echo last");
        assertThat(logs(carafe, "order").output()).isEqualTo(numbers(1, 2000) + "last\n");
        assertThat(logs(carafe, "order").error()).isEqualTo("1\n2\n3\n");
        assertThat(journald.read("-o cat CONTAINER_NAME=order PRIORITY=6")).isEqualTo(numbers(1, 2000) + "last\n");
        assertThat(logs(carafe, "--tail", "2", "order").output()).isEqualTo("last\n");
        assertThat(logs(carafe, "--tail", "2", "order").error()).isEqualTo("3\n");
        assertThat(logs(carafe, "--tail", "0", "order").succeeded()).isEmpty();
        assertThat(logs(carafe, "--tail", "5000", "order").output()).isEqualTo(numbers(1, 2000) + "last\n");
        String stamped = logs(carafe, "-t", "--tail", "1", "order").succeeded();
        assertThat(stamped).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}000Z last\n");
        String time = stamped.split(" ", 2)[0];
        assertThat(logs(carafe, "--since", time, "order").succeeded()).isEqualTo("last\n");
        assertThat(logs(carafe, "--since", "1h", "--until", time, "order").output())
                .isEqualTo(numbers(1, 2000) + "last\n");
        String before = time.replaceFirst("\\d{3}000Z$", "000000Z");
        assertThat(logs(carafe, "--until", before, "--tail", "4", "order").output())
                .isEmpty();
        assertThat(logs(carafe, "--until", before, "order").output()).isEqualTo(numbers(1, 2000));
        assertThat(logs(carafe, "--since", "2200-01-01T00:00:00Z", "order").succeeded())
                .isEmpty();
        remove(carafe, "order");
    }

    @Test
    void whoFollowsHearsAllUntilTheEnd(Installation carafe) throws IOException {
        Path first = mark(carafe, "follow");
        detached(carafe, "follow", "echo old; until [ -e $0/follow ]; do sleep 0.01; done; echo new >&2; seq 500");
        Conditions.await("it has begun", () -> logs(carafe, "follow").output().equals("old\n"));
        Call.Running follower = carafe.call("logs", "-f", "follow").start();
        Call.Running last = carafe.call("logs", "-f", "--tail", "0", "follow").start();
        Conditions.await("what is there is read", () -> follower.output().equals("old\n"));
        Files.createFile(first);
        Outcome followed = follower.await();
        assertThat(followed.output()).isEqualTo("old\n" + numbers(1, 500));
        assertThat(followed.error()).isEqualTo("new\n");
        assertThat(numbers(1, 500)).endsWith(last.await().output());
        assertThat(logs(carafe, "-f", "--tail", "1", "follow").succeeded()).isEqualTo("500\n");
        remove(carafe, "follow");
    }

    @Test
    void aJournalThatIsStartedAgainGetsTheRest(Installation carafe) throws IOException {
        detached(
                carafe,
                "restart",
                "echo before; until [ -e $0/restart ]; do sleep 0.01; done; seq 100; touch $0/restarted; echo after");
        Conditions.await(
                "it has begun",
                () -> journald.read("-o cat CONTAINER_NAME=restart").equals("before\n"));
        Call.Running follower = carafe.call("logs", "-f", "restart").start();
        journald.kill();
        Files.createFile(mark(carafe, "restart"));
        Conditions.await("it writes to nobody", () -> Files.exists(mark(carafe, "restarted")));
        journald.start();
        carafe.execute("wait", "restart").succeeded();
        assertThat(journald.read("-o cat CONTAINER_NAME=restart")).isEqualTo("before\n" + numbers(1, 100) + "after\n");
        assertThat(logs(carafe, "restart").succeeded()).isEqualTo("before\n" + numbers(1, 100) + "after\n");
        assertThat(follower.await().succeeded()).isEqualTo("before\n" + numbers(1, 100) + "after\n");
        remove(carafe, "restart");
    }

    @Test
    void aJournalThatDoesNothingHoldsNobodyUpForGood(Installation carafe) throws IOException {
        int lines = 100_000;
        detached(
                carafe,
                "held",
                "until [ -e $0/hold ]; do sleep 0.01; done; seq " + lines
                        + "; touch $0/written; until [ -e $0/goes-on ]; do sleep 0.01; done; echo after");
        journald.hold();
        try {
            Files.createFile(mark(carafe, "hold"));
            Conditions.await("it goes on all the same", () -> Files.exists(mark(carafe, "written")));
        } finally {
            journald.goOn();
        }
        Files.createFile(mark(carafe, "goes-on"));
        carafe.execute("wait", "held").succeeded();
        Outcome logs = logs(carafe, "held");
        assertThat(logs.output()).startsWith("1\n2\n").endsWith("\nafter\n");
        assertThat(logs.error()).matches("carafe: \\d+ bytes are missing here: they could not be written\n");
        int missing = Integer.parseInt(logs.error().replaceAll("\\D", ""));
        assertThat(logs.output().length() + missing).isEqualTo(numbers(1, lines).length() + "after\n".length());
        assertThat(entries("held", "select(.CARAFE_LOST) | [.MESSAGE, .PRIORITY, .CARAFE_LOST]"))
                .containsExactly("[\"" + missing
                        + " bytes are missing here, as the journal did not take them\",\"3\",\"" + missing + "\"]");
        remove(carafe, "held");
    }

    @Test
    void theDaemonNeedNotBeThere(Installation carafe) throws IOException {
        detached(carafe, "alone", "echo before; until [ -e $0/alone ]; do sleep 0.01; done; seq 100");
        carafe.killDaemon();
        Files.createFile(mark(carafe, "alone"));
        Conditions.await(
                "it has written all",
                () -> journald.read("-o cat CONTAINER_NAME=alone").endsWith("\n100\n"));
        carafe.startDaemon();
        awaitStatus(carafe, "alone", "stopped");
        assertThat(logs(carafe, "alone").succeeded()).isEqualTo("before\n" + numbers(1, 100));
        carafe.execute("stop", "alone").ended(0);
        remove(carafe, "alone");
    }

    @Test
    void whatIsTooLargeForADatagramIsHandedOver(Installation carafe) throws IOException {
        Path labels = Files.writeString(carafe.newPath("labels"), "big=" + "x".repeat(230_000) + "\n");
        finished(carafe, "large", "echo one; echo two", "--label-file=" + labels, "--log-opt=labels=big");
        assertThat(entries("large", "[.MESSAGE, (.BIG | length)]"))
                .containsExactly("[\"one\",230000]", "[\"two\",230000]");
        assertThat(logs(carafe, "large").succeeded()).isEqualTo("one\ntwo\n");
        remove(carafe, "large");
    }

    @Test
    void nobodyElsesEntriesAreAnInstances(Installation carafe) {
        finished(carafe, "forged", "echo true");
        String id = field(carafe, "forged", "id");
        assertThat(journald.shell(
                                "printf 'MESSAGE=false\\nPRIORITY=6\\nCONTAINER_ID_FULL=%s\\n' $0 |"
                                        + " setpriv --reuid 54321 --clear-groups logger --journald",
                                id)
                        .status())
                .isZero();
        assertThat(journald.read("-o cat CONTAINER_ID_FULL=" + id)).isEqualTo("true\nfalse\n");
        assertThat(logs(carafe, "forged").succeeded()).isEqualTo("true\n");
        remove(carafe, "forged");
    }

    @Test
    void aTerminalsOutputIsLines(Installation carafe) {
        finished(carafe, "terminal", "echo one; echo two >&2", "-t");
        assertThat(logs(carafe, "terminal").succeeded()).isEqualTo("one\r\ntwo\r\n");
        assertThat(entries("terminal", "[.MESSAGE, .PRIORITY]"))
                .as("with the carriage returns, for which journalctl gives bytes")
                .containsExactly("[[111,110,101,13],\"6\"]", "[[116,119,111,13],\"6\"]");
        remove(carafe, "terminal");
    }

    @Test
    void whereThereIsNoJournalNothingIsStarted(Installation carafe) {
        finished(carafe, "none", "echo once");
        journald.kill();
        try {
            run(carafe, "never", List.of(), "echo x")
                    .execute()
                    .failed(125, "--log-driver journald: nobody takes entries at", "start systemd-journald");
            carafe.execute("start", "none").failed(1, "nobody takes entries at", "--log-driver file");
            assertThat(logs(carafe, "none").succeeded()).isEqualTo("once\n");
        } finally {
            journald.start();
        }
        remove(carafe, "none");
    }
}
