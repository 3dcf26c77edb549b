package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever takes part in making a container may be killed at any moment. */
@SystemTest
class CrashTest {

    private static final long SEED = 20260101;
    private static final int ROUNDS = 24;
    private static final long BUDGET_NANOS = Duration.ofSeconds(60).toNanos();

    private enum Victim {
        CLIENT,
        JAVA,
        INIT_OR_MONITOR;

        /** The victim's process, if it is there at this moment. */
        Optional<Long> find(Installation carafe, long client) {
            if (this == CLIENT) {
                return Optional.of(client);
            }
            List<Long> others = new ArrayList<>();
            for (long pid : carafe.ourProcesses()) {
                boolean java =
                        Installation.read(Path.of("/proc/" + pid + "/comm")).equals("java\n");
                if (pid != client && java == (this == JAVA)) {
                    others.add(pid);
                }
            }
            return others.isEmpty() ? Optional.empty() : Optional.of(others.get((int) (client % others.size())));
        }
    }

    @Test
    @Timeout(180)
    void whoeverIsKilledNothingIsLeftThatCannotBeDeleted(Installation carafe) throws InterruptedException {
        Random random = new Random(SEED);
        Bundle bundle = carafe.bundle("exec sleep 1000");
        long start = System.nanoTime();
        int struck = 0;
        for (int round = 0; round < ROUNDS && System.nanoTime() - start < BUDGET_NANOS; round++) {
            Victim victim = Victim.values()[round % Victim.values().length];
            boolean detached = random.nextBoolean();
            Duration delay = Duration.ofMillis(random.nextInt(400));
            String what = "round " + round + ": " + victim + " killed after " + delay
                    + (detached ? " of run -d" : " of create");
            String id = carafe.newId();
            List<String> words = new ArrayList<>(List.of("oci", detached ? "run" : "create"));
            if (detached) {
                words.add("-d");
            }
            words.addAll(List.of("--bundle", bundle.folder().toString(), id));
            Call.Running call = carafe.call(words.toArray(String[]::new)).start();
            Conditions.pause(delay);
            Optional<Long> pid = victim.find(carafe, call.process().pid());
            if (pid.isPresent()) {
                struck++;
                Commands.run("kill -9 \"$0\"", Long.toString(pid.get()));
            }
            assertThat(call.process().waitFor(30, TimeUnit.SECONDS)).as(what).isTrue();

            Outcome state = carafe.oci("state", id);
            if (state.status() != 0) {
                assertThat(state.error()).as(what).contains("does not exist");
            }
            Outcome delete = carafe.oci("delete", "--force", id);
            assertThat(delete.status()).as("%s: %s", what, delete).isZero();
            boolean clean = Conditions.comesTrue(() -> carafe.left().isEmpty(), Duration.ofSeconds(10));
            assertThat(clean).as("%s, %s: %s", what, state, carafe.left()).isTrue();
        }
        assertThat(struck).as("rounds with somebody to kill").isGreaterThan(5);
    }

    @Test
    void theEndOfItsMonitorIsTheContainersEnd(Installation carafe) {
        Bundle bundle = carafe.bundle("sleep 1000 & sleep 1000");
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), "--pid-file", pidFile.toString(), id)
                .succeeded();
        String pid = Installation.read(pidFile);
        String monitor = Commands.succeed("awk '/^PPid/ {print $2}' /proc/\"$0\"/status", pid)
                .strip();
        Commands.succeed("kill -9 \"$0\"", monitor);
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        assertThat(Files.exists(carafe.state(id).resolve("exit")))
                .as("nobody saw how it ended")
                .isFalse();
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aDamagedRecordIsDeletedByForce(Installation carafe) throws Exception {
        Bundle bundle = carafe.bundle("sleep 1000");
        for (String damage : List.of("", "{\"id\": 5}")) {
            String id = carafe.newId();
            carafe.oci("create", "--bundle", bundle.folder().toString(), id).succeeded();
            String good = Files.readString(carafe.state(id).resolve("state.json"));
            Files.writeString(carafe.state(id).resolve("state.json"), damage);
            carafe.oci("state", id).failed(1, id, "damaged", "delete --force");
            Files.writeString(carafe.state(id).resolve("state.json"), good);
            carafe.oci("delete", "--force", id).succeeded();
        }
    }
}
