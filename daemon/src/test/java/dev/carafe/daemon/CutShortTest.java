package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.detached;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whoever makes, starts, stops or removes an instance may be killed at any call of the kernel that changes something:
 * strace kills it there. Afterwards others get on as if nothing had happened, the instance can be removed, and nothing is
 * left of it.
 *
 * <p>{@code -Dcarafe.cuts=N} tries so many moments of each deed rather than a few, from one end to the other.
 */
@SystemTest
@WithDaemon(shared = true)
class CutShortTest {

    private static final int CUTS = Integer.getInteger("carafe.cuts", 4);
    private static final String CALLS = "mkdirat,mknodat,unlinkat,renameat,renameat2,symlinkat,linkat,ftruncate,write,"
            + "pwrite64,mount,move_mount,umount2,sendto,sendmsg,flock";
    private static final Pattern CALL = Pattern.compile("^(\\d+) +(\\w+)\\(.*");
    private static final String NAME = "cut";

    /** What is done, by which command, to an instance that was made ready by others. */
    enum Deed {
        CREATE("create --network none --name cut -v /data host: true"),
        RUN("run --name cut -p 127.0.0.1::80 host: true"),
        RUN_AND_REMOVE("run --rm --name cut -v /data host: true"),
        START("start cut") {
            @Override
            void prepare(Installation carafe) {
                carafe.execute("create", "--name", NAME, "host:", "true").succeeded();
            }
        },
        STOP("stop -t 0 cut") {
            @Override
            void prepare(Installation carafe) {
                detached(carafe, NAME, "exec sleep 1000");
            }
        },
        RENAME("rename cut other") {
            @Override
            void prepare(Installation carafe) {
                carafe.execute("create", "--network", "none", "--name", NAME, "host:", "true")
                        .succeeded();
            }
        },
        REMOVE("rm -f -v cut") {
            @Override
            void prepare(Installation carafe) {
                carafe.execute("run", "-d", "--name", NAME, "-v", "/data", "host:", "sleep", "1000")
                        .succeeded();
            }
        };

        private final String words;

        Deed(String words) {
            this.words = words;
        }

        void prepare(Installation carafe) {}

        Call.Running start(Installation carafe, List<String> through) {
            return carafe.call(words.split(" ", -1))
                    .variable("CARAFE_DAEMON", "no")
                    .through(through.toArray(String[]::new))
                    .start();
        }
    }

    /** The Nth time that a thread makes a call. */
    private record Moment(String call, int turn) {}

    @ParameterizedTest
    @EnumSource
    void whoeverIsKilledWhenTheInstanceCanBeRemovedAndNothingIsLeft(Deed deed, Installation carafe) {
        assumeThat(Commands.run("strace true").status()).as("strace works here").isZero();
        List<Moment> moments = moments(deed, carafe);
        assertThat(moments).hasSizeGreaterThan(4);
        int cuts = Math.min(CUTS, moments.size());
        List<Moment> missed = new ArrayList<>();
        for (int cut = 0; cut < cuts; cut++) {
            Moment moment = moments.get((2 * cut + 1) * moments.size() / (2 * cuts));
            deed.prepare(carafe);
            Outcome outcome = deed.start(
                            carafe,
                            List.of(
                                    "strace",
                                    "-f",
                                    "-o",
                                    "/dev/null",
                                    "-e",
                                    "trace=" + moment.call(),
                                    "-e",
                                    "inject=" + moment.call() + ":signal=KILL:when=" + moment.turn()))
                    .await();
            if (outcome.status() == 0) {
                missed.add(moment);
            }
            mustBeRemovable(carafe, deed + " killed at " + moment + ": " + outcome);
        }
        assertThat(missed).as("when nobody was killed").hasSizeLessThanOrEqualTo(cuts / 2);
    }

    /** All of them, in the order of the calls' names, one deed being done. */
    private static List<Moment> moments(Deed deed, Installation carafe) {
        Path trace = carafe.newPath("trace");
        for (int i = 0; i < 2; i++) { // the first makes what later ones find
            deed.prepare(carafe);
            deed.start(carafe, List.of("strace", "-f", "-o", trace.toString(), "-e", "trace=" + CALLS))
                    .await()
                    .succeeded();
            mustBeRemovable(carafe, "undisturbed");
        }
        Map<String, Integer> ofThreads = new HashMap<>();
        Map<String, Integer> most = new TreeMap<>();
        try (Stream<String> lines = Files.lines(trace)) {
            lines.map(CALL::matcher).filter(Matcher::matches).forEach(line -> {
                int turn = ofThreads.merge(line.group(1) + line.group(2), 1, Integer::sum);
                most.merge(line.group(2), turn, Math::max);
            });
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        List<Moment> moments = new ArrayList<>();
        most.forEach((call, turns) -> {
            for (int turn = 1; turn <= turns; turn++) {
                moments.add(new Moment(call, turn));
            }
        });
        return moments;
    }

    private static void mustBeRemovable(Installation carafe, String what) {
        carafe.execute("ps", "-a").succeeded();
        for (String name : List.of(NAME, "other")) {
            Outcome removal = carafe.execute("rm", "-f", "-v", name);
            if (removal.status() != 0) {
                assertThat(removal.error()).as(what).contains("there is no instance");
            }
        }
        carafe.execute("volume", "prune").succeeded();
        boolean clean = Conditions.comesTrue(
                () -> carafe.left().isEmpty() && leases(carafe).isEmpty(), Duration.ofSeconds(10));
        assertThat(clean)
                .as("%s leaves %s and the leases %s", what, carafe.left(), leases(carafe))
                .isTrue();
    }

    /** Those of instances. The daemon has others ready. */
    private static List<String> leases(Installation carafe) {
        return Installation.list(carafe.state().resolve("network/bridge/endpoints")).stream()
                .map(file -> String.valueOf(file.getFileName()))
                .filter(name -> name.matches("[0-9a-f]{64}"))
                .toList();
    }
}
