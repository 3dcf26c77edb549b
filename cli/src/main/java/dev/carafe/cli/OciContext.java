package dev.carafe.cli;

import dev.carafe.runtime.Containers;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the commands of the OCI runtime share: who calls, where failures are told, and which containers are meant.
 *
 * @param root {@code --root}, where it is given
 */
record OciContext(Invocation invocation, OciLog log, Optional<String> root) {

    Containers containers() {
        Path folder = root.map(invocation::absolute)
                .orElseGet(() -> invocation.state().resolve("oci"));
        return new Containers(
                invocation.kernel(),
                folder.toString(),
                invocation.data().resolve("cache/seccomp").toString());
    }
}
