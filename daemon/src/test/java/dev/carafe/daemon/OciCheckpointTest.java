package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not done is refused, and nobody is made to believe otherwise. */
@SystemTest
class OciCheckpointTest {

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "restore"})
    void checkpointsAreRefusedInALineAndTheContainerIsLeftAlone(String command, Installation carafe) {
        String id = carafe.newId();
        carafe.oci("create", "--bundle", carafe.bundle("true").folder().toString(), id)
                .succeeded();
        carafe.oci(command, "--image-path", carafe.newPath("image").toString(), id)
                .failed(1, command, "CRIU");
        // podman takes success for "it can".
        carafe.oci(command, "--help").failed(1, command, "CRIU");
        assertThat(carafe.status(id)).isEqualTo("created");
        carafe.oci("delete", id).succeeded();
    }
}
