package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.runtime.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds plans to what they were when somebody last read them.
 *
 * <p>Each {@code NAME.json} under {@code plans} changes a small configuration; {@code NAME.plan} is the plan's text. Those
 * called {@code exec-} are of a process that joins a container of this configuration, {@code restored} ones go on from a
 * checkpoint. With
 * {@code -Dgolden.update=true} the plans are written anew: read the difference before it is committed.
 */
class GoldenPlanTest {

    private static final Path FOLDER = Path.of(System.getProperty("carafe.home"), "runtime/src/test/resources/plans");

    static Stream<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .map(name -> name.substring(0, name.length() - ".json".length()))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_plan_is_what_it_was(String name) throws IOException {
        List<String> plan = plan(name).describe();
        Path golden = FOLDER.resolve(name + ".plan");
        if (Boolean.getBoolean("golden.update")) {
            Files.write(golden, plan);
        }
        assertThat(plan).containsExactlyElementsOf(Files.readAllLines(golden));
    }

    static Plan plan(String name) throws IOException {
        Blueprint blueprint = Blueprints.patched(Files.readString(FOLDER.resolve(name + ".json")));
        if (name.startsWith("restored")) {
            return RestoreCompiler.compile(blueprint, Blueprints.restoring());
        }
        return name.startsWith("exec-")
                ? ExecCompiler.compile(
                        ExecBlueprint.of(blueprint.config(), "/bundle/rootfs", false, blueprint.process()))
                : Compiler.compile(blueprint);
    }

    @Test
    void there_are_plans_of_every_kind() throws IOException {
        assertThat(names()).hasSizeGreaterThanOrEqualTo(40);
    }
}
