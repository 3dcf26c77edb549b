package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What bash and fish complete, with the scripts that they are given. */
@SystemTest
@WithDaemon
class CompletionTest {

    private static List<String> completed(Installation carafe, String... words) {
        return shell(
                carafe,
                "bash",
                "source <(carafe completion bash); COMP_WORDS=(carafe \"$@\"); COMP_CWORD=$#;"
                        + " _carafe; printf '%s\\n' \"${COMPREPLY[@]}\"",
                words);
    }

    private static List<String> completedByFish(Installation carafe, String line) {
        return shell(carafe, "fish", "carafe completion fish | source; complete -C '" + line + "'");
    }

    private static List<String> shell(Installation carafe, String shell, String script, String... words) {
        String call = "export CARAFE_DATA=$0 CARAFE_STATE=$1 CARAFE_DAEMON=running PATH=\"$(dirname $2):$PATH\";"
                + " shell=$3 script=$4; shift 4; exec \"$shell\" -c \"$script\" carafe \"$@\"";
        Stream<String> settings = Stream.of(
                carafe.data().toString(),
                carafe.state().toString(),
                Installation.program().toString(),
                shell,
                script);
        return Commands.succeed(call, Stream.concat(settings, Stream.of(words)).toArray(String[]::new))
                .lines()
                .toList();
    }

    @Test
    void commandsOptionsAndNamesAreCompleted(Installation carafe) {
        InstanceTest.detached(carafe, "web", "sleep 1000");
        InstanceTest.detached(carafe, "worker", "sleep 1000");
        assertThat(completed(carafe, "st")).containsExactly("start", "stats", "stop");
        assertThat(completed(carafe, "image", "p")).containsExactly("prune", "pull", "push");
        assertThat(completed(carafe, "run", "--memory-s")).containsExactly("--memory-swap", "--memory-swappiness");
        assertThat(completed(carafe, "image", "pull", "--pl")).containsExactly("--plain-http", "--platform");
        assertThat(completed(carafe, "stop", "we")).containsExactly("web");
        assertThat(completed(carafe, "stop", "web", "")).containsExactly("web", "worker");
        assertThat(completed(carafe, "cp", "web")).containsExactly("web:");
        assertThat(completed(carafe, "logs", "none")).containsExactly("");
        InstanceTest.remove(carafe, "web", "worker");
    }

    @Test
    void fishCompletesLikewiseAndFilesWhereThereIsNothingElse(Installation carafe) {
        assertThat(completedByFish(carafe, "carafe image p")).containsExactly("prune", "pull", "push");
        assertThat(completedByFish(carafe, "carafe run --memory-s"))
                .containsExactly("--memory-swap", "--memory-swappiness");
        assertThat(completedByFish(carafe, "carafe run --env-file /etc/hostn")).containsExactly("/etc/hostname");
    }
}
