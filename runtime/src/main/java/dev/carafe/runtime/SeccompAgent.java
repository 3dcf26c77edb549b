package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.ContainerProcessState;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.State;
import java.util.List;

/**
 * Whoever answers for the system calls that a filter holds up ({@code SCMP_ACT_NOTIFY}, {@code seccomp_unotify(2)}).
 *
 * <p>The listener is fetched from the process rather than sent by it: whatever it would send with might be held up
 * itself. It only has to say the descriptor's number.
 */
final class SeccompAgent {

    private final Kernel kernel;

    SeccompAgent(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Hands the listener of a process to the agent; from then on it can answer.
     *
     * @param reached {@code ControlOperation.LISTENING}, with the listener's number in that process
     * @param state of the container
     */
    void introduce(Seccomp seccomp, Init.Event.Reached reached, State state) {
        String path = seccomp.listenerPath().orElseThrow();
        try (Fd process = kernel.processes().open(reached.pid());
                Fd listener = kernel.processes().takeDescriptor(process, reached.number())) {
            var told = new ContainerProcessState(
                    List.of(ContainerProcessState.SECCOMP_DESCRIPTOR),
                    reached.pid(),
                    seccomp.listenerMetadata(),
                    state);
            Delivery.send(kernel, path, told.text(), listener);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(
                    "config.json: linux.seccomp.listenerPath: " + path + ": failed to connect with seccomp agent: "
                            + exception.getMessage(),
                    exception);
        }
    }
}
