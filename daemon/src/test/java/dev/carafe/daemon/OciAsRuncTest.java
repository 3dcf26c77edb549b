package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Where the specification leaves things open and callers expect runC's way: what its own tests hold it to. */
@SystemTest
class OciAsRuncTest {

    @Test
    void whatCannotBeGivenIsSaidAndNoReasonToFail(Installation carafe) {
        Bundle bundle = carafe.bundle("grep CapBnd /proc/self/status")
                .edit(".process.capabilities = {bounding: [\"CAP_OF_TOMORROW\", \"CAP_KILL\"]}");
        Outcome outcome = carafe.runBundle(bundle).ended(0);
        assertThat(outcome.output()).isEqualTo("CapBnd:\t0000000000000020\n");
        assertThat(outcome.error())
                .isEqualTo("carafe: process.capabilities: CAP_OF_TOMORROW is unknown, and ignored\n");
    }
}
