package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import java.util.List;
import java.util.Optional;

/**
 * How a container is checkpointed or restored: {@code criu(8)}'s options of these names say more.
 *
 * @param criu the program
 * @param environment of the caller, as CRIU looks for other programs there
 * @param images the folder of the images, absolute; made if it is missing
 * @param work the folder of the log and of files that lie beside, absolute; the images' unless given
 * @param parent the folder of an earlier dump that this one adds to, relative to the images'
 * @param leaveRunning whether the container runs on
 * @param preDump whether only memory is written, while the container runs on
 * @param status hears a byte when pages can be asked for
 * @param pageServer {@code ADDRESS:PORT} of somebody who takes the pages
 * @param cgroups what becomes of cgroups
 * @param securityProfile {@code TYPE:NAME} of the security module's profile to restore with
 * @param securityMountContext the label of its mounts
 * @param configFile criu's own configuration for this one
 */
public record CheckpointOptions(
        String criu,
        List<String> environment,
        String images,
        Optional<String> work,
        Optional<String> parent,
        boolean leaveRunning,
        boolean preDump,
        boolean tcpEstablished,
        boolean tcpSkipInFlight,
        boolean externalUnixSockets,
        boolean shellJob,
        boolean fileLocks,
        boolean linkRemap,
        boolean autoDedup,
        boolean lazyPages,
        Optional<Fd> status,
        Optional<PageServer> pageServer,
        Cgroups cgroups,
        Optional<String> securityProfile,
        Optional<String> securityMountContext,
        Optional<String> configFile) {

    public CheckpointOptions {
        environment = List.copyOf(environment);
    }

    /** Where pages go. */
    public record PageServer(String address, int port) {}

    /** What becomes of cgroups. Numbers as CRIU has them. */
    public enum Cgroups {
        IGNORE(0),
        SOFT(3),
        FULL(4),
        STRICT(5),
        DEFAULT(6);

        private final int number;

        Cgroups(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /** Where CRIU's log goes. */
    String logFolder() {
        return work.orElse(images);
    }
}
