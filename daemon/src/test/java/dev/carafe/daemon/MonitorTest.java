package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.log.InstanceLog;
import dev.carafe.engine.log.LogEntry;
import dev.carafe.engine.log.LogQuery;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.RuntimeFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An instance's monitor: what it keeps, writes and records, and that it needs nobody. */
@SystemTest
class MonitorTest {

    private static final long MOST_PRIVATE_KIB = 100;

    @Test
    void anInstanceThatNoClientHasStartedIsLoggedAndRecorded(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "echo out; echo err >&2; printf unfinished; exit 7")) {
            instance.start().ended();
            assertThat(instance.exit()).matches("1792 \\d+\\.\\d{9} 0\n");
            assertThat(instance.logged().lines())
                    .containsExactlyInAnyOrder("stdout F out", "stderr F err", "stdout P unfinished");
        }
    }

    @Test
    void anInstanceThatSaysNothingHasNoLog(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "exit 0")) {
            instance.start().ended();
            assertThat(instance.exit()).startsWith("0 ");
            assertThat(instance.folder().resolve("log")).doesNotExist();
        }
    }

    @Test
    void aClientThatStartsItAndEndsLeavesNothingOfItselfBehind(Installation carafe) throws IOException {
        try (KeptInstance instance = new KeptInstance(carafe, "echo begun; exec sleep 1000")) {
            Path pipe = carafe.newPath("pipe");
            Commands.succeed("mkfifo \"$0\"", pipe.toString());
            // Whoever reads from the pipe sees its end when nobody has it open any more.
            Process reader = carafe.shell("cat '" + pipe + "'")
                    .start(ProcessBuilder.Redirect.DISCARD, ProcessBuilder.Redirect.DISCARD);
            Call.Running call = carafe.shell("cd '" + carafe.folder() + "'; exec 9>'" + pipe + "' \"$0\" kept >&9 2>&9")
                    .start();
            instance.startDetached();
            call.await().succeeded();
            Conditions.await("nobody has the caller's pipe", () -> !reader.isAlive());
            Path monitor = Path.of("/proc/" + instance.monitor());
            assertThat(Files.readSymbolicLink(monitor.resolve("cwd"))).isEqualTo(Path.of("/"));
            assertThat(Commands.succeed("ps -o sid=,tty= \"$0\"", Integer.toString(instance.monitor()))
                            .strip())
                    .matches(instance.monitor() + " +\\?");
            List<String> descriptors = new ArrayList<>();
            for (Path descriptor : Installation.list(monitor.resolve("fd"))) {
                descriptors.add(Files.readSymbolicLink(descriptor).toString().replaceAll("\\d+", "N"));
            }
            assertThat(descriptors)
                    .containsExactlyInAnyOrder(
                            "/dev/null",
                            "/dev/null",
                            "/dev/null",
                            "anon_inode:[pidfd]",
                            "anon_inode:[signalfd]",
                            "pipe:[N]", // its output
                            "pipe:[N]", // its error output
                            "/", // its root
                            "socket:[N]", // who attaches
                            "/memfd:carafe-ending (deleted)",
                            instance.folder().toString().replaceAll("\\d+", "N"),
                            instance.folder().resolve("log/text").toString().replaceAll("\\d+", "N"),
                            instance.folder().resolve("log/times").toString().replaceAll("\\d+", "N"));
            instance.kill(Signal.SIGKILL);
            instance.ended();
            assertThat(instance.exit()).startsWith("9 ");
        }
    }

    @Test
    void aMonitorIsSmallEvenAfterMuchOutput(Installation carafe) {
        String script = "seq 1000000; seq 1000000 >&2; echo done; exec sleep 1000";
        try (KeptInstance instance = new KeptInstance(carafe, script).logged(1 << 20, 2)) {
            instance.start();
            Conditions.await("it has written all", () -> instance.log().contains("done\n"));
            Conditions.await("it is small", () -> privateKibibytes(instance.monitor()) < MOST_PRIVATE_KIB);
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    private static long privateKibibytes(int pid) {
        return Installation.read(Path.of("/proc/" + pid + "/smaps_rollup"))
                .lines()
                .filter(line -> line.startsWith("Private_"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void theMonitorsEndIsItsInstancesEnd(int user, Installation carafe) {
        Bundle bundle = carafe.bundle("sleep 1000 & echo begun; sleep 1000").edit(".process.user.uid = " + user);
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            instance.start();
            Conditions.await("it has begun", () -> instance.log().contains("begun"));
            int pid = instance.pid();
            assertThat(pid).isPositive();
            Commands.succeed("kill -9 \"$0\"", Integer.toString(instance.monitor()));
            Conditions.await("it has ended", () -> !Files.exists(Path.of("/proc/" + pid)));
            assertThat(instance.exit()).as("nobody saw how it ended").isEmpty();
        }
    }

    @Test
    void theEndOfWhoStartsItBeforeItBeginsIsTheEndOfAll(Installation carafe) {
        Bundle bundle = carafe.bundle("touch /begun");
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            instance.givesUpWhenReady();
            assertThatThrownBy(instance::start).isInstanceOf(RuntimeFailure.class);
            Conditions.await("nothing of it runs", () -> carafe.ourProcesses().isEmpty());
            assertThat(bundle.rootfs().resolve("begun")).doesNotExist();
            assertThat(instance.exit()).isEmpty();
        }
    }

    @Test
    void aProgramThatCannotBeRunLeavesNoMonitor(Installation carafe) {
        Bundle bundle = carafe.bundle("").edit(".process.args = [\"/nope\"]");
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            assertThatThrownBy(instance::start).hasMessageContaining("/nope");
            Conditions.await("nothing of it runs", () -> carafe.ourProcesses().isEmpty());
        }
    }

    @Test
    void processesThatTheKernelKilledForWantOfMemoryAreCounted(Installation carafe) {
        Bundle bundle =
                carafe.bundle("tail /dev/zero; echo $?; exit 3").edit(".linux.resources.memory.limit = 16777216");
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            instance.start().ended();
            assertThat(instance.logged().lines()).contains("stdout F 137");
            assertThat(instance.exit()).matches("768 \\d+\\.\\d{9} 1\n");
        }
    }

    @Test
    void aProcessThatOutlivesTheFirstOneDoesNotHoldUpTheEnd(Installation carafe) {
        Bundle bundle = carafe.bundle("(while :; do echo on; done) & (exec sleep 1000 2>/dev/null) & echo last; exit 4")
                .edit("del(.linux.namespaces[] | select(.type == \"pid\"))");
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            instance.start().ended();
            assertThat(instance.exit()).startsWith("1024 ");
            assertThat(instance.logged()).contains("stdout F last\n");
        }
    }

    // Logs

    private static String text(KeptInstance instance, LogEntry.Stream stream) {
        StringBuilder text = new StringBuilder();
        new InstanceLog(Kernel.host(), instance.folder()).read(LogQuery.ALL, entry -> {
            if (entry instanceof LogEntry.Line line && line.stream() == stream) {
                text.append(new String(line.text(), ISO_8859_1)).append(line.ends() ? "\n" : "");
            }
        });
        return text.toString();
    }

    @Test
    void everyByteIsInTheLog(Installation carafe) {
        String script = "i=0; while [ $i -lt 256 ]; do printf \\\\$(printf %03o $i); i=$((i+1)); done;"
                + " head -c 100000 /dev/zero | tr '\\0' x; echo; echo; printf '\\r\\n\\n'; seq 20000; printf end";
        StringBuilder expected = new StringBuilder();
        IntStream.range(0, 256).forEach(code -> expected.append((char) code));
        expected.append("x".repeat(100_000)).append("\n\n\r\n\n");
        IntStream.rangeClosed(1, 20_000)
                .forEach(number -> expected.append(number).append('\n'));
        expected.append("end");
        try (KeptInstance instance = new KeptInstance(carafe, script + "; { " + script + "; } >&2")) {
            instance.start().ended();
            assertThat(text(instance, LogEntry.Stream.OUTPUT)).isEqualTo(expected.toString());
            assertThat(text(instance, LogEntry.Stream.ERROR)).isEqualTo(expected.toString());
        }
    }

    @Test
    void aFullLogMakesWayAndTheOldestGoes(Installation carafe) throws IOException {
        try (KeptInstance instance = new KeptInstance(carafe, "seq 100000").logged(100_000, 3)) {
            instance.start().ended();
            List<Path> parts = Installation.list(instance.folder()).stream()
                    .filter(file -> file.toString().contains("/log"))
                    .toList();
            assertThat(parts)
                    .extracting(file -> String.valueOf(file.getFileName()))
                    .containsExactly("log", "log.1", "log.2");
            for (Path part : parts) {
                assertThat(Files.size(part.resolve("text")) + Files.size(part.resolve("times")))
                        .isLessThanOrEqualTo(98 * 1024);
                assertThat(Files.readString(part.resolve("text"))).endsWith("\n");
            }
            String kept = text(instance, LogEntry.Stream.OUTPUT);
            int first = Integer.parseInt(kept.substring(0, kept.indexOf('\n')));
            assertThat(first).isBetween(49_000, 70_000);
            assertThat(kept)
                    .isEqualTo(IntStream.rangeClosed(first, 100_000)
                            .mapToObj(number -> number + "\n")
                            .collect(Collectors.joining()));
        }
    }

    @Test
    void aLineThatIsLongerThanALogMayBeGoesOnInTheNext(Installation carafe) {
        String script = "printf start; head -c 30000 /dev/zero | tr '\\0' x; echo; echo end";
        try (KeptInstance instance = new KeptInstance(carafe, script).logged(8192, 5)) {
            instance.start().ended();
            assertThat(text(instance, LogEntry.Stream.OUTPUT)).isEqualTo("start" + "x".repeat(30_000) + "\nend\n");
        }
    }

    @Test
    void aLogGoesOnWhereAnEarlierMonitorWasKilled(Installation carafe) throws IOException {
        try (KeptInstance instance = new KeptInstance(carafe, "echo again")) {
            Path log = Files.createDirectory(instance.folder().resolve("log"));
            Files.writeString(log.resolve("text"), "before\nto");
            Files.write(log.resolve("times"), mark(1_475_713_029_000_000_000L, 7));
            instance.start().ended();
            assertThat(instance.logged()).isEqualTo("stdout F before\nstdout F to\nstdout F again\n");
        }
    }

    @Test
    void aLogGoesOnWhereThePowerWasCut(Installation carafe) throws IOException {
        try (KeptInstance instance = new KeptInstance(carafe, "echo again")) {
            Path log = Files.createDirectory(instance.folder().resolve("log"));
            Files.writeString(log.resolve("text"), "before\n");
            byte[] marks = Arrays.copyOf(mark(1_475_713_029_000_000_000L, 7), 16 * 3 + 5);
            System.arraycopy(mark(1_475_713_029_000_000_001L, 5000), 0, marks, 16, 16);
            System.arraycopy(mark(1_475_713_029_000_000_002L, 9000), 0, marks, 32, 16);
            Files.write(log.resolve("times"), marks);
            instance.start().ended();
            assertThat(instance.logged()).isEqualTo("stdout F before\nstdout F again\n");
            assertThat(Files.size(log.resolve("times"))).isEqualTo(3 * 16); // with that of the second monitor
        }
    }

    /** That a stream has written then what ends there. */
    private static byte[] mark(long nanos, long end) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(nanos)
                .putLong(end)
                .array();
    }

    @Test
    void aLogThatSomebodyEmptiesGoesOn(Installation carafe) throws IOException, InterruptedException {
        String script = "echo before; read word; echo $word; read word; echo $word";
        try (KeptInstance instance = new KeptInstance(carafe, script).input(Keeping.Input.KEPT)) {
            instance.start();
            Conditions.await("it has begun", () -> instance.logged().equals("stdout F before\n"));
            Files.write(instance.folder().resolve("log/text"), new byte[0]);
            say(instance, "one", "stdout F one\n");
            say(instance, "two", "stdout F one\nstdout F two\n");
            instance.ended();
        }
    }

    private static void say(KeptInstance instance, String word, String logged) throws InterruptedException {
        try (var attachment = instance.attachment(true, false)) {
            attachment.write((word + "\n").getBytes(ISO_8859_1));
            Conditions.await("it goes on", () -> instance.logged().equals(logged));
        }
    }

    @Test
    void whereTheDiskIsFullBytesAreCountedAndTheInstanceRunsOn(Installation carafe) {
        try (KeptInstance instance =
                new KeptInstance(carafe, "seq 300000; read word; echo $word; exit 5").input(Keeping.Input.KEPT)) {
            mount(instance.folder(), "1m");
            try {
                instance.start();
                try (var attachment = instance.attachment(true, false)) {
                    Conditions.await("the disk is full", () -> instance.log().length() > 900_000);
                    Conditions.await("it has written all", () -> isWaitingForInput(instance));
                    Commands.succeed(
                            "mount -o remount,size=8m \"$0\"", instance.folder().toString());
                    attachment.write("more\n".getBytes(ISO_8859_1));
                    assertThat(KeptInstance.readAll(attachment)).isEqualTo("[1280]");
                } catch (InterruptedException exception) {
                    throw new AssertionError(exception);
                }
                instance.ended();
                List<String> seen = new ArrayList<>();
                long[] lost = {0, 0, 0};
                new InstanceLog(Kernel.host(), instance.folder()).read(LogQuery.ALL, entry -> {
                    switch (entry) {
                        case LogEntry.Line line -> {
                            lost[1] += line.text().length + 1;
                            seen.add(new String(line.text(), ISO_8859_1));
                        }
                        case LogEntry.Gap gap -> {
                            assertThat(gap.reason()).isEqualTo(LogEntry.Reason.NOT_WRITTEN);
                            lost[0] += gap.bytes();
                            lost[2]++;
                        }
                    }
                });
                assertThat(seen).startsWith("1", "2", "3").endsWith("more");
                assertThat(lost[0]).isPositive();
                assertThat(lost[0] + lost[1])
                        .as("bytes, of which seq writes 1988895; a line that was cut has an end that it did not have")
                        .isBetween(1_988_895L + 5, 1_988_895L + 5 + lost[2]);
            } finally {
                Commands.succeed("umount --lazy \"$0\"", instance.folder().toString());
            }
        }
    }

    @Test
    void aFullLogOnAFullDiskKeepsNobodyWaiting(Installation carafe) throws IOException {
        try (KeptInstance instance = new KeptInstance(carafe, "seq 1000; exit 3").logged(8192, 2)) {
            Path log = Files.createDirectory(instance.folder().resolve("log"));
            mount(log, "64k");
            try {
                Files.writeString(log.resolve("text"), "x".repeat(8180) + "\n");
                Files.createFile(log.resolve("times"));
                Commands.succeed("cat /dev/zero >\"$0/filler\" 2>&1 || true", log.toString());
                instance.start().ended();
                assertThat(instance.exit()).startsWith("768 ");
                assertThat(instance.log()).hasSize(8181);
            } finally {
                Commands.succeed("umount --lazy \"$0\"", log.toString());
            }
        }
    }

    /** Its shell runs no program any more. */
    private static boolean isWaitingForInput(KeptInstance instance) {
        return Installation.read(Path.of("/proc/%1$d/task/%1$d/children".formatted(instance.pid())))
                .isEmpty();
    }

    private static void mount(Path folder, String size) {
        Commands.succeed("mount -t tmpfs -o mode=700,size=\"$1\" none \"$0\"", folder.toString(), size);
    }

    @Test
    void aPromptIsInTheLogBeforeItsLineEnds(Installation carafe) throws InterruptedException {
        try (KeptInstance instance = new KeptInstance(carafe, "printf 'name? '; read name; echo \"hello $name\"")
                .input(Keeping.Input.KEPT)) {
            instance.start();
            Conditions.await("the prompt is there", () -> instance.logged().equals("stdout P name? \n"));
            try (var attachment = instance.attachment(true, false)) {
                attachment.write("you\n".getBytes(ISO_8859_1));
                instance.ended();
            }
            assertThat(text(instance, LogEntry.Stream.OUTPUT)).isEqualTo("name? hello you\n");
        }
    }

    @Test
    void aKilledClientIsNotTheInstancesEnd(Installation carafe) {
        String script = "trap 'exit 6' TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done";
        try (KeptInstance instance = new KeptInstance(carafe, script)) {
            Call.Running call = instance.call().start();
            instance.startAttached(AttachOptions.ALL);
            Conditions.await("it has said something", () -> call.output().contains("3\n"));
            Commands.succeed("kill -9 \"$0\"", Long.toString(call.process().pid()));
            call.await().ended(137);
            String before = instance.log();
            Conditions.await("it says more", () -> instance.log().length() > before.length() + 200);
            instance.kill(Signal.SIGTERM);
            instance.ended();
            assertThat(instance.exit()).startsWith("1536 ");
            assertThat(text(instance, LogEntry.Stream.OUTPUT)).startsWith("1\n2\n3\n");
        } catch (UncheckedIOException exception) {
            throw new AssertionError(exception);
        }
    }
}
