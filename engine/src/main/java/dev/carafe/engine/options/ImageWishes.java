package dev.carafe.engine.options;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.image.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an image says of itself, as far as an instance goes by it. Whoever made the image wrote it: it may name programs,
 * variables, volumes and the like, and loosen nothing.
 */
final class ImageWishes {

    /** Where the kernel's own file systems are: no image puts something else there. */
    private static final List<String> KERNELS = List.of("/proc", "/sys", "/dev");

    private static final int MOST_PORTS = 1000;

    private final ImageConfig.Execution image;

    ImageWishes(ImageConfig.Execution image) {
        this.image = image;
    }

    InstanceOptions under(InstanceOptions asked) {
        checkProgram(asked.program());
        try {
            return new InstanceOptions(
                    program(asked.program()),
                    identity(asked.identity()),
                    asked.limits(),
                    asked.security(),
                    asked.devices(),
                    asked.namespaces(),
                    storage(asked.storage()),
                    network(asked.network()),
                    policies(asked.policies()));
        } catch (InvalidDocumentException wrong) {
            throw new InvalidDocumentException("the image's configuration", wrong.key(), wrong.problem());
        }
    }

    private void checkProgram(Program asked) {
        if (asked.command().isEmpty()) {
            if (asked.entrypoint().isEmpty()
                    && image.entrypoint().isEmpty()
                    && image.command().isEmpty()) {
                throw Rules.broken("program", "the image has no command of its own; give one after its name");
            }
            if (asked.entrypoint().isPresent() && asked.entrypoint().get().isEmpty()) {
                throw Rules.broken("program", "without an entrypoint there has to be a command; give one");
            }
        }
    }

    private Program program(Program asked) {
        boolean own = asked.entrypoint().isPresent();
        List<String> entrypoint = own ? asked.entrypoint().get() : image.entrypoint();
        List<String> command = own || !asked.command().isEmpty() ? asked.command() : image.command();
        return new Program(
                Optional.of(entrypoint),
                command,
                environment(asked.environment()),
                asked.directory().or(() -> Optional.of(image.workingDirectory()).filter(it -> !it.isEmpty())),
                asked.user().or(() -> Optional.of(image.user()).filter(it -> !it.isEmpty())),
                asked.groups(),
                asked.terminal(),
                asked.input(),
                asked.init());
    }

    /** The image's variables, then those over them; a later one of the same name holds, a name alone takes it away. */
    private List<String> environment(List<String> asked) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (List<String> some : List.of(image.environment(), asked)) {
            for (String variable : some) {
                int equals = variable.indexOf('=');
                if (equals < 0) {
                    // What the engine itself would set goes too.
                    variables.put(variable, variable);
                } else {
                    variables.put(variable.substring(0, equals), variable);
                }
            }
        }
        return List.copyOf(variables.values());
    }

    private Identity identity(Identity asked) {
        if (image.labels().isEmpty()) {
            return asked;
        }
        Map<String, String> labels = new LinkedHashMap<>(image.labels());
        labels.putAll(asked.labels());
        return new Identity(asked.hostname(), asked.domainname(), labels, asked.annotations());
    }

    private Storage storage(Storage asked) {
        if (image.volumes().isEmpty()) {
            return asked;
        }
        List<InstanceMount> mounts = new ArrayList<>(asked.mounts());
        for (String path : image.volumes()) {
            InstanceMount volume = InstanceMount.Volume.anonymous(path.startsWith("/") ? path : "/" + path);
            for (String kernels : KERNELS) {
                if (volume.target().equals(kernels) || volume.target().startsWith(kernels + "/")) {
                    throw Rules.broken("Volumes", JsonPath.quoted(path) + " lies where the kernel's own files are");
                }
            }
            if (mounts.stream().noneMatch(it -> it.target().equals(volume.target()))) {
                mounts.add(volume);
            }
        }
        return asked.withMounts(mounts);
    }

    private NetworkOptions network(NetworkOptions asked) {
        if (image.exposedPorts().isEmpty()) {
            return asked;
        }
        Set<NetworkOptions.Exposed> exposed = new LinkedHashSet<>(asked.exposed());
        for (String text : image.exposedPorts()) {
            exposed.addAll(NetworkOptions.Exposed.parse("ExposedPorts", text));
            if (exposed.size() > MOST_PORTS) {
                throw Rules.broken("ExposedPorts", "more than " + MOST_PORTS);
            }
        }
        return asked.withExposed(List.copyOf(exposed));
    }

    private Policies policies(Policies asked) {
        Optional<HealthCheck> check = asked.healthCheck();
        Optional<HealthCheck> images = image.healthCheck().flatMap(HealthCheck::of);
        if (check.isPresent() || images.isPresent()) {
            HealthCheck whole = check.orElse(HealthCheck.of()).over(images);
            check = whole.checks() ? Optional.of(whole) : Optional.of(HealthCheck.NONE);
        }
        Optional<String> signal = asked.stopSignal().or(image::stopSignal);
        return new Policies(
                asked.restart(),
                check,
                signal,
                asked.stopTimeout(),
                asked.log(),
                asked.autoRemove(),
                asked.pull(),
                asked.platform());
    }
}
