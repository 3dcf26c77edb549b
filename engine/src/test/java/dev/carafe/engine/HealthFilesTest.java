package dev.carafe.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HealthFilesTest {

    private static final Instant STARTED = Instant.parse("2026-01-31T10:00:00Z");
    private static final Health GOOD =
            Health.STARTING.after(new Health.Result(STARTED, STARTED.plusSeconds(1), 0, "fine"), 3, false);

    @TempDir
    private Path folder;

    private HealthFiles files() {
        return new HealthFiles(Kernel.host(), folder.resolve("health"));
    }

    @Test
    void what_is_known_is_of_one_program() {
        assertThat(files().read("one", STARTED)).isEqualTo(Health.STARTING);
        files().write("one", STARTED, GOOD);
        assertThat(files().read("one", STARTED)).isEqualTo(GOOD);
        assertThat(files().read("one", STARTED.plusSeconds(2)))
                .as("the next one's")
                .isEqualTo(Health.STARTING);
        files().forget("one");
        assertThat(files().read("one", STARTED)).isEqualTo(Health.STARTING);
        assertThat(folder.resolve("health")).isEmptyDirectory();
    }

    @Test
    void one_at_a_time_checks() {
        try (Fd claim = files().claim("one").orElseThrow()) {
            assertThat(claim.number()).isPositive();
            assertThat(files().claim("one")).isEmpty();
            files().claim("two").orElseThrow().close();
        }
        files().claim("one").orElseThrow().close();
    }

    @Test
    void what_others_check_is_kept() {
        for (String id : List.of("mine", "others", "left")) {
            files().write(id, STARTED, GOOD);
        }
        try (Fd claim = files().claim("others").orElseThrow()) {
            assertThat(claim.number()).isPositive();
            files().keepOnly("mine"::equals);
            assertThat(files().read("mine", STARTED)).isEqualTo(GOOD);
            assertThat(files().read("others", STARTED)).isEqualTo(GOOD);
            assertThat(files().read("left", STARTED)).isEqualTo(Health.STARTING);
        }
        files().keepOnly("mine"::equals);
        assertThat(files().read("others", STARTED)).isEqualTo(Health.STARTING);
        files().keepOnly(id -> false);
        assertThat(folder.resolve("health")).isEmptyDirectory();
    }
}
