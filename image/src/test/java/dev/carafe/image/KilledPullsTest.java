package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.SampleImages.Act;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that pull the same at once, and are killed at any moment. {@code -Dcarafe.kills=200} is for a quiet hour, and
 * {@code -Dcarafe.seed} for what went wrong; what the machine does at the same time is no seed's.
 */
@Tag("root")
class KilledPullsTest {

    private static final int AT_ONCE = 3;
    private static final int KILLS = Integer.getInteger("carafe.kills", 20);
    private static final long SEED = Long.getLong("carafe.seed", System.nanoTime());
    private static final Duration LONGEST = Duration.ofSeconds(KILLS <= 20 ? 45 : KILLS * 5L);

    @Test
    void pullsThatAreKilledLeaveAStoreThatIsSoundAndTheOthersFinish(@TempDir(factory = InMemory.class) Path folder)
            throws Exception {
        System.out.println("-Dcarafe.seed=" + SEED);
        Random random = new Random(SEED);
        long start = System.nanoTime();
        int kills = 0;
        try (SampleImages samples = new SampleImages(folder)) {
            StoreContent whole = whole(samples, folder);
            Path data = folder.resolve("data");
            for (int round = 0; kills < KILLS && System.nanoTime() - start < LONGEST.toNanos(); round++) {
                ImageDeed pull = round % 2 == 0 ? samples.deed(Act.PULL) : ImageDeed.pull(samples.one());
                List<ImageDeed.Elsewhere> pulls = IntStream.range(0, AT_ONCE)
                        .mapToObj(_ -> pull.start(data))
                        .toList();
                for (ImageDeed.Elsewhere victim : pulls.subList(1, AT_ONCE)) {
                    if (!victim.process().waitFor(random.nextInt(600), TimeUnit.MILLISECONDS)) {
                        victim.process().destroyForcibly();
                        kills++;
                    }
                }
                for (ImageDeed.Elsewhere killed : pulls.subList(1, AT_ONCE)) {
                    assertThat(killed.status()).as(killed::complaint).isIn(0, 128 + 9);
                }
                assertThat(pulls.getFirst().status())
                        .as(pulls.getFirst()::complaint)
                        .isZero();
                assertThat(StoreContent.damage(data)).as("round %d", round).isEmpty();
                StoreContent.images(data);
                if (random.nextInt(3) > 0) {
                    ImageDeed.remove(round % 2 == 0 ? samples.two() : samples.one())
                            .perform(data);
                }
                if (random.nextInt(4) == 0) {
                    ImageDeed.prune().perform(data);
                }
            }
            System.out.println(kills + " of " + KILLS + " pulls were killed");
            assertThat(kills).as("kills within %s", LONGEST).isGreaterThanOrEqualTo(KILLS / 2);
            ImageDeed.pull(samples.one()).perform(data);
            ImageDeed.pull(samples.two()).perform(data);
            ImageDeed.prune().perform(data);
            assertThat(StoreContent.damage(data)).isEmpty();
            assertThat(StoreContent.of(data)).isEqualTo(whole);
        }
    }

    private static StoreContent whole(SampleImages samples, Path folder) {
        Path data = samples.prepare(Act.PULL, folder.resolve("undisturbed"));
        samples.deed(Act.PULL).perform(data);
        ImageDeed.prune().perform(data);
        return StoreContent.of(data);
    }
}
