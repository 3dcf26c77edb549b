package dev.carafe.oci.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.JsonWriter;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StateTest {

    private static State state(State.Status status, long pid) {
        return new State(
                "1.3.0",
                "web",
                status,
                pid,
                "/bundles/web",
                Map.of("com.example.tier", "front"),
                Optional.of("/bundles/web/rootfs"),
                Optional.of(Instant.parse("2026-02-03T04:05:06.007Z")),
                Optional.empty());
    }

    @Test
    void stateIsPrintedAsRuncDoes() {
        assertThat(state(State.Status.RUNNING, 4422).text()).isEqualTo("""
                {
                  "ociVersion": "1.3.0",
                  "id": "web",
                  "pid": 4422,
                  "status": "running",
                  "bundle": "/bundles/web",
                  "rootfs": "/bundles/web/rootfs",
                  "created": "2026-02-03T04:05:06.007Z",
                  "annotations": {
                    "com.example.tier": "front"
                  }
                }""");
    }

    @Test
    void whatIsUnknownIsLeftOut() {
        var bare = new State(
                "1.3.0",
                "web",
                State.Status.CREATING,
                0,
                "/b",
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        JsonWriter list = new JsonWriter("").array();
        bare.write(list);
        state(State.Status.STOPPED, 0).write(list);
        assertThat(list.end().text())
                .isEqualTo(
                        "[{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,\"status\":\"creating\",\"bundle\":\"/b\"},"
                                + "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,\"status\":\"stopped\","
                                + "\"bundle\":\"/bundles/web\",\"rootfs\":\"/bundles/web/rootfs\","
                                + "\"created\":\"2026-02-03T04:05:06.007Z\",\"annotations\":{\"com.example.tier\":\"front\"}}]");
    }

    @Test
    void aContainerThatRunsHasAProcess() {
        assertThatThrownBy(() -> state(State.Status.RUNNING, 0)).hasMessage("pid: 0 is out of range: 1 to 2147483647");
        assertThatThrownBy(() -> state(State.Status.CREATED, 0)).hasMessage("pid: 0 is out of range: 1 to 2147483647");
    }
}
