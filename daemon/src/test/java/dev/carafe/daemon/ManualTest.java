package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages for {@code man(1)}, as roff reads them. */
@SystemTest
@WithDaemon
class ManualTest {

    @Test
    void everyCommandHasAPageThatRoffHasNothingToSayAgainst(Installation carafe, @TempDir Path folder)
            throws IOException {
        carafe.call("manual", folder.toString()).execute().succeeded();
        String commands = carafe.call("complete", "--", "").execute().succeeded();
        assertThat(commands.lines().filter(name -> !name.equals("help") && !name.equals("version")))
                .isNotEmpty()
                .allSatisfy(name ->
                        assertThat(folder.resolve("carafe-" + name + ".1")).exists());
        assertThat(folder.resolve("carafe-image-pull.1")).exists();
        try (Stream<Path> pages = Files.list(folder)) {
            assertThat(pages)
                    .hasSizeGreaterThan(50)
                    .allSatisfy(page -> assertThat(
                                    Commands.succeed("groff -man -ww -z -Kutf8 \"$0\" 2>&1", page.toString()))
                            .isEmpty());
        }
        assertThat(Commands.succeed(
                        "groff -man -Tutf8 -P-c -Kutf8 \"$0\" | col -b",
                        folder.resolve("carafe-run.1").toString()))
                .contains("carafe-run - ", "--restart WHEN", "Examples");
    }
}
