package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.oci.runtime.ConfigWriter;
import dev.carafe.oci.runtime.DefaultConfig;
import dev.carafe.runtime.plan.OversizedPlanException;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.PlanBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Throws bytes at the way from {@code config.json} to a plan. In a build it runs over its seeds; for a long run, guided
 * by coverage:
 *
 * <pre>JAZZER_FUZZ=1 mvn -pl runtime -am test -Dtest=PlanFuzzTest -Dsurefire.failIfNoSpecifiedTests=false</pre>
 */
final class PlanFuzzTest {

    private final ConfigReader reader = new ConfigReader();

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "30m")
    void a_configuration_gives_a_sound_plan_or_one_line_that_says_why_not(byte[] bytes) {
        try {
            Config config = reader.config(bytes);
            Plan plan = Compiler.compile(Blueprints.of(config, null));
            PlanBytes.check(plan.toBytes());
            assertThat(plan.describe()).hasSize(plan.steps().size() + 1).noneMatch(line -> line.contains("\n"));
        } catch (InvalidDocumentException | RuntimeFailure | OversizedPlanException refused) {
            assertThat(refused.getMessage()).isNotBlank().doesNotContain("\n");
        }
    }

    static Stream<Arguments> seeds() throws IOException {
        Stream<String> defaults = Stream.of(
                ConfigWriter.text(DefaultConfig.rootful(true)),
                ConfigWriter.text(DefaultConfig.rootless(1000, 1000, false)));
        Stream<String> golden = GoldenPlanTest.names().map(PlanFuzzTest::merged);
        return Stream.concat(defaults, golden).map(text -> Arguments.of((Object) text.getBytes(UTF_8)));
    }

    private static String merged(String name) {
        Path patch = Path.of(System.getProperty("carafe.home"), "runtime/src/test/resources/plans", name + ".json");
        try {
            return ConfigWriter.text(Blueprints.patched(Files.readString(patch)).config());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
