package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.CgroupDriver;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.Init;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.Rights;
import dev.carafe.runtime.Starter;
import dev.carafe.runtime.plan.Plan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the commands of the OCI runtime share: who calls, where failures are told, and which containers are meant.
 *
 * @param root {@code --root}, where it is given
 * @param rootless {@code --rootless}, where it is given and not left to Carafe: whether to do without cgroups that there
 *     is no permission for
 * @param systemd {@code --systemd-cgroup}: whether systemd makes the cgroups of new containers
 * @param criu {@code --criu}: the program that checkpoints, a path or a name to look for
 */
record OciContext(
        Invocation invocation,
        OciLog log,
        Optional<String> root,
        Optional<Boolean> rootless,
        boolean systemd,
        String criu) {

    /** Makes processes for the caller, and tells him where he has asked to be told. */
    Starter starter() {
        return new Starter() {
            @Override
            public Init start(
                    Parent parent,
                    Plan plan,
                    List<Fd> inputs,
                    Optional<Plan> ending,
                    Optional<Plan> hooks,
                    Optional<Keeping> keeping) {
                log.debug(plan);
                return invocation.starter().start(parent, plan, inputs, ending, hooks, keeping);
            }

            @Override
            public void warn(String message) {
                log.warning(message);
            }
        };
    }

    Containers containers() {
        Path folder = root.map(invocation::absolute)
                .orElseGet(() -> invocation.state().resolve("oci"));
        Rights rights = invocation.rights();
        return new Containers(
                invocation.kernel(),
                invocation.caller(),
                rootless.map(rights::rootless).orElse(rights),
                new CgroupDriver(systemd, invocation.request()::variable),
                folder.toString(),
                invocation.data().resolve("cache/seccomp").toString());
    }
}
