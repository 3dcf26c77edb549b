package dev.carafe.engine;

import dev.carafe.engine.options.HealthCheck;
import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Program;
import dev.carafe.oci.image.ImageConfig;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * How an instance runs, as an image says it that is made of it.
 *
 * @param options what the instance was made with, over what its image wants
 */
record RunningExecution(InstanceOptions options) {

    /** The instance's way in place of that of the image below, but for what an instance knows nothing of. */
    ImageConfig.Execution over(ImageConfig.Execution below) {
        Program program = options.program();
        return new ImageConfig.Execution(
                program.user().orElse(""),
                ports(below.exposedPorts()),
                program.environment().stream().filter(it -> it.contains("=")).toList(),
                program.entrypoint().orElse(List.of()),
                program.command(),
                volumes(below.volumes()),
                program.directory().orElse(""),
                options.identity().labels(),
                options.policies().stopSignal(),
                options.policies().healthCheck().map(HealthCheck::toImage),
                below.shell(),
                below.others());
    }

    private Set<String> ports(Set<String> below) {
        Set<String> all = new LinkedHashSet<>(below);
        options.network().exposed().forEach(port -> all.add(port.toString()));
        return all;
    }

    private Set<String> volumes(Set<String> below) {
        Set<String> all = new LinkedHashSet<>(below);
        for (InstanceMount mount : options.storage().mounts()) {
            if (mount instanceof InstanceMount.Volume) {
                all.add(mount.target());
            }
        }
        return all;
    }
}
