package dev.carafe.cli;

import dev.carafe.image.registry.Credentials;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.registry.RegistryOptions;
import dev.carafe.image.registry.Scheme;
import dev.carafe.oci.image.Reference;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of all commands that talk to registries. */
final class RegistryAccess {

    @Option(
            names = "--plain-http",
            description = "Without TLS, as registries of this machine itself are reached anyway.")
    boolean plainHttp;

    @Option(
            names = "--tls-verify",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "Whether the registry has to prove that it is the one that is meant.")
    boolean tlsVerify = true;

    @Option(names = "--tls-ca", paramLabel = "FILE", description = "Further certificates to trust, in PEM.")
    List<String> authorities = List.of();

    /** What a name means that is to be of a repository, and of no image in it. */
    static Reference repository(String name) {
        Reference repository = Reference.parse(name);
        if (repository.tag().isPresent() || repository.digest().isPresent()) {
            throw new UsageException(
                    name + " names one image, and --all-tags means all of a repository: " + repository.repository());
        }
        return repository;
    }

    Registries open(Invocation invocation) {
        return open(invocation, invocation.credentialsFound());
    }

    /** As somebody else than the caller's files say. */
    Registries open(Invocation invocation, Credentials credentials) {
        List<Path> files = authorities.stream().map(invocation::absolute).toList();
        RegistryOptions options = invocation.registryOptions().withAuthorities(files);
        RegistryOptions reached = plainHttp ? options.with(Scheme.HTTP) : options;
        return invocation.registries(tlsVerify ? reached : reached.unverified(), credentials);
    }
}
