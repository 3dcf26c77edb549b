package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.runtime.AttachOptions;
import org.junit.jupiter.api.Test;

/** An instance's monitor: what it keeps, writes and records, and that it needs nobody. */
@SystemTest
class MonitorTest {

    @Test
    void anInstanceThatNoClientHasStartedIsLoggedAndRecorded(Installation carafe) {
        try (KeptInstance instance = new KeptInstance(carafe, "echo out; echo err >&2; printf unfinished; exit 7")) {
            instance.start().ended();
            assertThat(instance.exit()).matches("1792 \\d+\\.\\d{9} 0\n");
            assertThat(instance.logged().lines())
                    .containsExactlyInAnyOrder("stdout F out", "stderr F err", "stdout P unfinished");
        }
    }

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
            assertThat(instance.exit()).startsWith("2304 ");
            assertThat(instance.folder().resolve("log")).doesNotExist();
            instance.ended();
        }
    }
}
