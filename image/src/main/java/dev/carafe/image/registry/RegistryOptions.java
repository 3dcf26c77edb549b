package dev.carafe.image.registry;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How registries are reached.
 *
 * @param verify whether a server has to prove by its certificate that it is the one meant
 * @param authorities files of certificates in PEM that are trusted beside the machine's
 * @param hostFolders folders with a folder for each registry, as containerd's {@code certs.d}: {@code hosts.toml},
 *     certificates
 * @param environment the caller's variables by name: proxies, and {@code CARAFE_REGISTRY_PATIENCE}
 * @param userAgent what the client calls itself
 */
public record RegistryOptions(
        Scheme scheme,
        boolean verify,
        List<Path> authorities,
        List<Path> hostFolders,
        Function<String, Optional<String>> environment,
        String userAgent,
        Patience patience,
        Striping striping,
        Clock clock) {

    /** Where what registries need is said on a machine, in containerd's form. */
    public static final List<Path> HOST_FOLDERS =
            List.of(Path.of("/etc/carafe/certs.d"), Path.of("/etc/containerd/certs.d"), Path.of("/etc/docker/certs.d"));

    public RegistryOptions {
        authorities = List.copyOf(authorities);
        hostFolders = List.copyOf(hostFolders);
    }

    /** The usual ones. */
    public static RegistryOptions of(Function<String, Optional<String>> environment) {
        return new RegistryOptions(
                Scheme.BY_HOST,
                true,
                List.of(),
                List.of(),
                environment,
                "carafe",
                Patience.of(environment),
                Striping.USUAL,
                Clock.SYSTEM);
    }

    public RegistryOptions with(Scheme newScheme) {
        return new RegistryOptions(
                newScheme, verify, authorities, hostFolders, environment, userAgent, patience, striping, clock);
    }

    public RegistryOptions with(Patience newPatience, Clock newClock) {
        return new RegistryOptions(
                scheme, verify, authorities, hostFolders, environment, userAgent, newPatience, striping, newClock);
    }

    public RegistryOptions with(Striping newStriping) {
        return new RegistryOptions(
                scheme, verify, authorities, hostFolders, environment, userAgent, patience, newStriping, clock);
    }

    /** With a server taken for the one meant, whoever it is. */
    public RegistryOptions unverified() {
        return new RegistryOptions(
                scheme, false, authorities, hostFolders, environment, userAgent, patience, striping, clock);
    }

    public RegistryOptions withAuthorities(List<Path> newAuthorities) {
        return new RegistryOptions(
                scheme, verify, newAuthorities, hostFolders, environment, userAgent, patience, striping, clock);
    }

    public RegistryOptions withHostFolders(List<Path> newFolders) {
        return new RegistryOptions(
                scheme, verify, authorities, newFolders, environment, userAgent, patience, striping, clock);
    }
}
