package dev.carafe.image.registry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The credentials that Docker, Podman and their kin share, where their files say they are: {@code $REGISTRY_AUTH_FILE},
 * {@code $DOCKER_CONFIG/config.json} or {@code ~/.docker/config.json}, {@code $XDG_RUNTIME_DIR/containers/auth.json},
 * {@code $XDG_CONFIG_HOME/containers/auth.json}. The first that knows a registry counts.
 */
public final class CredentialFiles implements Credentials {

    private final Map<String, String> environment;
    private final List<Path> files;

    private CredentialFiles(Map<String, String> environment, List<Path> files) {
        this.environment = Map.copyOf(environment);
        this.files = List.copyOf(files);
    }

    /**
     * Those of a user. They are read when they are asked for.
     *
     * @param environment his variables; programs that keep credentials are looked for and started with them
     * @param home his folder
     */
    public static CredentialFiles of(Map<String, String> environment, Path home) {
        List<Path> files = new ArrayList<>();
        variable(environment, "REGISTRY_AUTH_FILE").ifPresent(files::add);
        files.add(variable(environment, "DOCKER_CONFIG")
                .orElse(home.resolve(".docker"))
                .resolve("config.json"));
        variable(environment, "XDG_RUNTIME_DIR").ifPresent(it -> files.add(it.resolve("containers/auth.json")));
        files.add(variable(environment, "XDG_CONFIG_HOME")
                .orElse(home.resolve(".config"))
                .resolve("containers/auth.json"));
        return new CredentialFiles(environment, files);
    }

    private static Optional<Path> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(it -> !it.isEmpty())
                .map(Path::of);
    }

    @Override
    public Credential of(String host, String path) {
        for (Path place : files) {
            CredentialFile file = CredentialFile.read(place);
            Optional<String> helper = file.helper(host);
            Optional<Credential> found =
                    helper.isPresent() ? new CredentialProgram(helper.get(), environment).get(host) : Optional.empty();
            found = found.or(() -> file.find(host, path));
            if (found.isPresent()) {
                return found.get();
            }
        }
        return new Credential.Anonymous();
    }

    /** Logging in and out, which writes the first of the files. */
    public Login login() {
        return new Login(files.getFirst(), environment);
    }
}
