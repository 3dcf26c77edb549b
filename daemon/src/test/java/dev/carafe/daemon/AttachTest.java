package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.Terminals.WindowSize;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.DetachKeys;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.RuntimeFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Clients that attach to an instance, one or many, from the beginning or later. */
@SystemTest
class AttachTest {

    private static final String DETACH = "\u0010\u0011";
    private static final String SAYS_WHAT_IT_HEARS = "while read -r line; do echo \"<$line>\"; done; echo end; exit 3";

    @Test
    void aClientThatStaysGetsEverythingAndTheStatus(Installation carafe) {
        try (KeptInstance instance =
                new KeptInstance(carafe, "echo out; echo err >&2; seq 100000; exit 9").logged(0, 0)) {
            Call.Running call = instance.call().start();
            instance.startAttached(AttachOptions.ALL);
            Outcome outcome = call.await().ended(9);
            assertThat(outcome.error()).isEqualTo("err\n");
            assertThat(outcome.output())
                    .startsWith("out\n1\n2\n")
                    .endsWith("99999\n100000\n")
                    .hasSize(588899);
            assertThat(instance.exit())
                    .as("what is recorded before the client ends")
                    .startsWith("2304 ");
            assertThat(instance.folder().resolve("log")).doesNotExist();
            instance.ended();
        }
    }

    @Test
    void aSignalThatEndsTheInstanceIsTheClientsStatus(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "echo begun; sleep 1000")) {
            Call.Running call = instance.call().start();
            instance.startAttached(AttachOptions.ALL);
            Conditions.await("it has begun", () -> call.output().equals("begun\n"));
            instance.kill(Signal.SIGKILL);
            call.await().ended(137);
            instance.ended();
        }
    }

    @Test
    void muchInputGoesThroughAndItsEndToo(Installation carafe) throws IOException {
        StringBuilder input = new StringBuilder();
        for (int i = 0; i < 300_000; i++) {
            input.append(i).append('\n');
        }
        try (KeptInstance instance = new KeptInstance(carafe, "cat; echo end")
                .input(Keeping.Input.ONCE)
                .logged(0, 0)) {
            Call.Running call = instance.call().input(input.toString()).start();
            instance.startAttached(AttachOptions.ALL);
            assertThat(call.await().succeeded()).isEqualTo(input + "end\n");
            instance.ended();
        }
    }

    @Test
    void outputGoesOnAfterTheEndOfInput(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "cat; sleep 0.5; echo late").input(Keeping.Input.ONCE)) {
            Call.Running call = instance.call().input("early\n").start();
            instance.startAttached(AttachOptions.ALL);
            assertThat(call.await().succeeded()).isEqualTo("early\nlate\n");
            instance.ended();
        }
    }

    @Test
    void inputThatIsKeptOutlivesItsClients(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, SAYS_WHAT_IT_HEARS).input(Keeping.Input.KEPT)) {
            instance.start();
            for (String word : List.of("one", "two")) {
                Call.Running call = instance.call().input(word + "\n").start();
                instance.attach(AttachOptions.ALL);
                Conditions.await("it has heard it", () -> call.output().equals("<" + word + ">\n"));
                assertThat(call.process().isAlive()).isTrue();
                Commands.succeed("kill -9 \"$0\"", Long.toString(call.process().pid()));
                call.await().ended(137);
            }
            instance.kill(Signal.SIGKILL);
            instance.ended();
            assertThat(instance.logged()).isEqualTo("stdout F <one>\nstdout F <two>\n");
        }
    }

    @Test
    void inputForOneEndsWithThatClientHoweverItEnds(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, SAYS_WHAT_IT_HEARS).input(Keeping.Input.ONCE)) {
            Call.Running call = instance.call().input(Redirect.PIPE).start();
            instance.startAttached(AttachOptions.ALL);
            try {
                call.process().outputWriter().append("word\n").flush();
            } catch (IOException exception) {
                throw new AssertionError(exception);
            }
            Conditions.await("it has heard it", () -> call.output().equals("<word>\n"));
            Commands.succeed("kill -9 \"$0\"", Long.toString(call.process().pid()));
            instance.ended();
            assertThat(instance.exit()).startsWith("768 ");
            assertThat(instance.logged()).endsWith("stdout F end\n");
        }
    }

    @Test
    void signalsPassInputThatNobodyReads(Installation carafe) {
        String script = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.02; done";
        try (KeptInstance instance = new KeptInstance(carafe, script).input(Keeping.Input.ONCE)) {
            Call.Running call = carafe.shell("yes | \"$0\" kept").start();
            instance.startAttached(AttachOptions.ALL);
            Conditions.await("it is ready", () -> call.output().equals("ready\n"));
            long client = carafe.ourProcesses().stream()
                    .filter(pid -> Installation.describe(pid).startsWith("carafe "))
                    .findFirst()
                    .orElseThrow();
            Commands.succeed("kill -TERM \"$0\"", Long.toString(client));
            assertThat(call.await().ended(5).output()).isEqualTo("ready\ngot it\n");
            instance.ended();
        }
    }

    @Test
    void signalsThatAreNotPassedOnEndTheClientAlone(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "echo ready; sleep 1000")) {
            Call.Running call = instance.call().start();
            instance.startAttached(new AttachOptions(false, true, true, false, DetachKeys.USUAL));
            Conditions.await("it is ready", () -> call.output().equals("ready\n"));
            Commands.succeed("kill -TERM \"$0\"", Long.toString(call.process().pid()));
            call.await().ended(143);
            assertThat(instance.isMonitored()).isTrue();
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    @Test
    void aReaderWhoLeavesEndsTheWriterThatHeHasStarted(Installation carafe) throws Exception {
        try (KeptInstance instance = new KeptInstance(carafe, "yes; exit $?").logged(1 << 20, 2)) {
            Process process = instance.call().start(Redirect.PIPE, Redirect.DISCARD);
            instance.startAttached(AttachOptions.ALL);
            try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                assertThat(reader.readLine()).isEqualTo("y");
            }
            assertThat(process.waitFor()).isEqualTo(141);
            instance.ended();
        }
    }

    @Test
    void aReaderWhoLeavesAnInstanceThatHeHasNotStartedLeavesItAlone(Installation carafe) throws Exception {
        try (KeptInstance instance =
                new KeptInstance(carafe, "while :; do echo y; sleep 0.01; done").logged(1 << 20, 2)) {
            instance.start();
            Process process = instance.call().start(Redirect.PIPE, Redirect.DISCARD);
            instance.attach(AttachOptions.ALL);
            try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                assertThat(reader.readLine()).isEqualTo("y");
            }
            assertThat(process.waitFor()).isEqualTo(141);
            String before = instance.log();
            Conditions.await("it writes on", () -> instance.log().length() > before.length() + 100);
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    @Test
    void manyClientsSeeTheSame(Installation carafe) {
        try (KeptInstance instance =
                new KeptInstance(carafe, "read word; seq 50000; exit 2").input(Keeping.Input.KEPT)) {
            instance.start();
            List<Attachment> attachments = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                attachments.add(instance.attachment(i == 0, true));
            }
            for (Attachment attachment : attachments) {
                assertThat(attachment.read()).isEqualTo(new Attachment.Event.Begun(false));
            }
            List<CompletableFuture<String>> read = attachments.stream()
                    .map(attachment -> CompletableFuture.supplyAsync(
                            () -> KeptInstance.readAll(attachment),
                            task -> Thread.ofPlatform().start(task)))
                    .toList();
            attachments.getFirst().write("go\n".getBytes(UTF_8));
            for (CompletableFuture<String> one : read) {
                assertThat(one.join())
                        .startsWith("1\n2\n")
                        .endsWith("49999\n50000\n[512]")
                        .hasSize(288_894 + 5);
            }
            instance.ended();
            attachments.forEach(Attachment::close);
        } catch (InterruptedException exception) {
            throw new AssertionError(exception);
        }
    }

    @Test
    void aClientThatTakesNothingIsLetGoAndTheOthersMissNothing(Installation carafe) throws Exception {
        try (KeptInstance instance =
                new KeptInstance(carafe, "read word; seq 300000; exit 2").input(Keeping.Input.KEPT)) {
            instance.start();
            try (Attachment idle = instance.attachment(false, true);
                    Attachment reader = instance.attachment(true, true)) {
                assertThat(idle.read()).isEqualTo(new Attachment.Event.Begun(false));
                reader.write("go\n".getBytes(UTF_8));
                assertThat(KeptInstance.readAll(reader))
                        .endsWith("300000\n[512]")
                        .hasSize(1_988_895 + 5);
                assertThat(KeptInstance.readAll(idle)).startsWith("1\n2\n").endsWith("[dropped]");
            }
            instance.ended();
        }
    }

    @Test
    void theClientThatIsThereFromTheBeginningIsWaitedFor(Installation carafe) throws Exception {
        try (KeptInstance instance = new KeptInstance(carafe, "seq 300000; exit 2").logged(0, 0)) {
            Process process = instance.call().start(Redirect.PIPE, Redirect.DISCARD);
            instance.startAttached(AttachOptions.ALL);
            // Longer than any other client is waited for.
            Conditions.pause(Duration.ofSeconds(6));
            assertThat(instance.exit()).isEmpty();
            assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
                    .endsWith("300000\n")
                    .hasSize(1_988_895);
            assertThat(process.waitFor()).isEqualTo(2);
            instance.ended();
        }
    }

    @Test
    void whoHasReadTooLittleAtTheEndGetsTheRestAndTheInstanceHasEndedAllTheSame(Installation carafe) throws Exception {
        try (KeptInstance instance = new KeptInstance(carafe, "seq 30000; exit 2").logged(0, 0)) {
            Process process = instance.call().start(Redirect.PIPE, Redirect.DISCARD);
            instance.startAttached(AttachOptions.ALL);
            Conditions.await("it has ended", () -> instance.exit().startsWith("512 "));
            assertThat(process.isAlive()).isTrue();
            assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
                    .endsWith("30000\n")
                    .hasSize(168_894);
            assertThat(process.waitFor()).isEqualTo(2);
            instance.ended();
        }
    }

    @Test
    void inputThatNobodyTakesCostsNothing(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "sleep 1000").input(Keeping.Input.KEPT)) {
            instance.start();
            byte[] input = new byte[16 + 32768];
            ByteBuffer.wrap(input).order(ByteOrder.nativeOrder()).putInt(41);
            try (Fd connection = instance.connect()) {
                for (int i = 0; i < 5; i++) { // more than the pipe and the monitor take
                    Kernel.host().sockets().sendMessage(connection, input, List.of());
                }
                // With the client there still, so that the monitor has to keep what the program does not take.
                long before = ticks(instance.monitor());
                Conditions.pause(Duration.ofMillis(500));
                assertThat(ticks(instance.monitor()) - before).isLessThan(10);
            }
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    /** Hundredths of a second that a process has worked. */
    private static long ticks(int pid) {
        String[] words = Installation.read(Path.of("/proc/" + pid + "/stat")).split(" ", -1);
        return Long.parseLong(words[13]) + Long.parseLong(words[14]);
    }

    @Test
    void nonsenseOnTheSocketHarmsNobody(Installation carafe) throws Exception {
        Kernel kernel = Kernel.host();
        Random random = new Random(20260101);
        try (KeptInstance instance = new KeptInstance(carafe, SAYS_WHAT_IT_HEARS).input(Keeping.Input.KEPT)) {
            instance.start();
            for (int round = 0; round < 300; round++) {
                byte[] packet = new byte[1 + random.nextInt(round % 10 == 0 ? 60_000 : 40)];
                random.nextBytes(packet);
                if (packet.length >= 16 && round % 3 > 0) {
                    int type = List.of(40, 42, 43, 45, 46, 50, 54).get(random.nextInt(7));
                    ByteBuffer.wrap(packet).order(ByteOrder.nativeOrder()).putInt(type);
                }
                try (Fd connection = instance.connect()) {
                    kernel.sockets().sendMessage(connection, packet, List.of());
                } catch (SystemCallException gone) {
                    assertThat(instance.isMonitored()).as(gone.getMessage()).isTrue();
                }
            }
            try (Attachment attachment = instance.attachment(true, true)) {
                attachment.write("sane\n".getBytes(UTF_8));
                assertThat(attachment.read()).isEqualTo(new Attachment.Event.Begun(false));
                assertThat(new String(((Attachment.Event.Output) attachment.read()).bytes(), UTF_8))
                        .isEqualTo("<sane>\n");
            }
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    @Test
    void nobodyElseMayAttachWhereverTheSocketLies(Installation carafe) throws Exception {
        try (KeptInstance instance = new KeptInstance(carafe, "sleep 1000")) {
            instance.start();
            Path instances = carafe.state().resolve("instances");
            for (Path path : List.of(instance.socket(), instance.folderOfSocket(), instances, carafe.state())) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
            }
            assertThat(answerTo(0, instance)).isEqualTo(new Attachment.Event.Begun(false));
            assertThat(answerTo(OtherUser.ID, instance)).isEqualTo(new Attachment.Event.Lost());
            instance.kill(Signal.SIGKILL);
            instance.ended();
        }
    }

    /** What a user hears who attaches: a thread that becomes him. */
    private static Attachment.Event answerTo(int user, KeptInstance instance) throws InterruptedException {
        Kernel kernel = Kernel.host();
        CompletableFuture<Attachment.Event> answer = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> {
                    try {
                        assertThat(kernel.calls().call(SystemCall.SETRESUID, user, user, user, 0, 0, 0))
                                .isZero();
                        Fd connection = kernel.sockets().open(Sockets.Type.SEQUENCED_PACKETS);
                        kernel.sockets()
                                .connect(connection, Fd.CWD, instance.socket().toString());
                        try (Attachment attachment = Attachment.begin(kernel, connection, true, true, true)) {
                            answer.complete(attachment.read());
                        }
                    } catch (RuntimeException | Error failure) {
                        answer.completeExceptionally(failure);
                    }
                })
                .join();
        return answer.join();
    }

    @Test
    void whatHasEndedCannotBeAttachedTo(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "true")) {
            instance.start().ended();
            assertThatThrownBy(() -> instance.attachment(false, true)).isInstanceOf(RuntimeFailure.class);
        }
    }

    @Test
    void aMonitorThatIsKilledIsToldOf(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "echo ready; sleep 1000")) {
            Call.Running call = instance.call().start();
            instance.startAttached(AttachOptions.ALL);
            Conditions.await("it is ready", () -> call.output().equals("ready\n"));
            Commands.succeed("kill -9 \"$0\"", Integer.toString(instance.monitor()));
            Outcome outcome = call.await().ended(125);
            assertThat(outcome.error()).startsWith("carafe: ").contains("monitor has been killed");
        }
    }

    // At a terminal

    private static KeptInstance shell(Installation carafe) {
        Bundle bundle = carafe.bundle("")
                .edit(".process.terminal = true | .process.args = [\"sh\", \"-i\"] | .process.env += [\"PS1=> \"]");
        return new KeptInstance(carafe, bundle).input(Keeping.Input.ONCE);
    }

    @Test
    void aTerminalIsLeftByKeysAndComeBackTo(Installation carafe) throws Exception {
        try (KeptInstance instance = shell(carafe)) {
            try (Terminal terminal = new Terminal(instance.call(), 33, 111)) {
                instance.startAttached(AttachOptions.ALL);
                terminal.await("> ");
                terminal.type("stty size; variable=kept\n");
                terminal.await("33 111\r\n");
                terminal.await("> ");
                terminal.type(DETACH);
                assertThat(terminal.exitStatus()).isZero();
            }
            assertThat(instance.isMonitored()).isTrue();
            try (Terminal terminal = new Terminal(instance.call(), 44, 88)) {
                instance.attach(new AttachOptions(true, true, true, true, DetachKeys.parse("ctrl-a,x")));
                terminal.await("> ");
                terminal.type("stty size; echo $variable\n");
                terminal.await("44 88\r\nkept\r\n");
                terminal.await("> ");
                terminal.resize(20, 60);
                terminal.type("stty size; cat\n");
                terminal.await("20 60\r\n");
                // What only begins like the keys is the instance's.
                terminal.type(DETACH + "\u0001y\n");
                terminal.await("^A");
                terminal.type("\u0004");
                terminal.await("> ");
                terminal.type("\u0001x");
                assertThat(terminal.exitStatus()).isZero();
            }
            try (Terminal terminal = new Terminal(instance.call(), 44, 88)) {
                instance.attach(AttachOptions.ALL);
                terminal.type("exit 7\n");
                assertThat(terminal.exitStatus()).isEqualTo(7);
            }
            instance.ended();
            assertThat(instance.logged()).contains("33 111\r\n").contains("kept\r\n");
        }
    }

    @Test
    void aTerminalIsRestoredHoweverItsInstanceEnds(Installation carafe) throws Exception {
        try (KeptInstance instance = shell(carafe)) {
            try (Terminal terminal = new Terminal(instance.call(), 33, 111)) {
                instance.startAttached(AttachOptions.ALL);
                terminal.await("> ");
                Commands.succeed("kill -9 \"$0\"", Integer.toString(instance.monitor()));
                assertThat(terminal.exitStatus()).isEqualTo(125);
            }
        }
    }

    @Test
    void aProgramMayCloseItsTerminalAndOpenItAgain(Installation carafe) {
        Bundle bundle = carafe.bundle(
                        "exec </dev/null >/dev/null 2>&1; sleep 0.3; exec </dev/console >/dev/console; echo again; exit 3")
                .edit(".process.terminal = true");
        try (KeptInstance instance = new KeptInstance(carafe, bundle)) {
            instance.start().ended();
            assertThat(instance.logged()).isEqualTo("stdout F again\r\n");
        }
    }

    @Test
    void aTerminalIsResizedAndWrittenToByOthersThanClients(Installation carafe) throws Exception {
        try (KeptInstance instance = shell(carafe)) {
            instance.start();
            try (Attachment attachment = instance.attachment(true, true)) {
                assertThat(attachment.read()).isEqualTo(new Attachment.Event.Begun(true));
                attachment.resize(new WindowSize(7, 77));
                attachment.write("stty size; exit 4\n".getBytes(UTF_8));
                assertThat(KeptInstance.readAll(attachment))
                        .contains("7 77\r\n")
                        .endsWith("[1024]");
            }
            instance.ended();
        }
    }

    @Test
    void theUsersFilesAreWhatTheyWere(Installation carafe) throws IOException {
        // The client opens its caller's descriptors anew; what it writes goes where the caller's has got to.
        Path file = carafe.newPath("file");
        Files.writeString(file, "before\n");
        try (KeptInstance instance = new KeptInstance(carafe, "echo out; echo err >&2")) {
            Call.Running call = carafe.shell("\"$0\" kept >> '" + file + "' 2>&1; echo after >> '" + file + "'")
                    .start();
            instance.startAttached(AttachOptions.ALL);
            call.await().succeeded();
            assertThat(Files.readString(file))
                    .startsWith("before\n")
                    .contains("out\n", "err\n")
                    .endsWith("after\n");
            instance.ended();
        }
    }
}
