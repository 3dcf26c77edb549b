package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes what a name stands for as fast as it can, until it is closed: whoever looks a path up twice is caught, sooner
 * or later.
 *
 * <p>A race is run a few times; {@code -Dcarafe.races=10000} runs each for longer.
 */
final class Racer implements AutoCloseable {

    private static final int RACES = Integer.getInteger("carafe.races", 12);
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final Process process;
    private final long start = System.nanoTime();
    private int races;

    private Racer(Installation carafe, String... words) {
        List<String> all = new ArrayList<>(List.of(carafe.attacker().toString()));
        all.addAll(List.of(words));
        try {
            process = new ProcessBuilder(all)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.DISCARD)
                    .start();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Exchanges two files, again and again. */
    static Racer swap(Installation carafe, Path one, Path other) {
        return new Racer(carafe, "swap", one.toString(), other.toString());
    }

    /** Makes a fifo and removes it, again and again. */
    static Racer flip(Installation carafe, Path fifo) {
        return new Racer(carafe, "flip", fifo.toString());
    }

    /**
     * Whether to race once more: a few times, and then until the control has held, as chance may have it that whoever
     * is honest loses as often as that.
     *
     * @param control what should be seen at times for the race to be one
     */
    boolean again(boolean control) {
        assertThat(process.isAlive()).as("the racer runs").isTrue();
        if (races >= RACES && !control) {
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("time for %s races, in which the control did not hold", races)
                    .isLessThan(PATIENCE);
        }
        return races++ < RACES || !control;
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
