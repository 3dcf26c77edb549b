package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonString;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** Keeps credentials for a registry where Docker and others find them too, or forgets them. */
public final class Login {

    private final Path file;
    private final Map<String, String> environment;

    Login(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /** Where they are kept, or it is said which program keeps them. */
    public Path file() {
        return file;
    }

    /**
     * Keeps a credential, which is not tried; {@link Registries#check} does.
     *
     * @param host as references have it
     */
    public void keep(String host, Credential credential) {
        CredentialFile known = CredentialFile.read(file);
        Optional<String> helper = known.helper(host);
        if (helper.isPresent() && !(credential instanceof Credential.RegistryToken)) {
            CredentialProgram program = new CredentialProgram(helper.get(), environment);
            switch (credential) {
                case Credential.Password(String user, String secret) -> program.store(host, user, secret);
                case Credential.IdentityToken(String secret) -> program.store(host, "<token>", secret);
                case Credential.RegistryToken _, Credential.Anonymous _ -> program.erase(host);
            }
            known.with(host, Map.of()).write();
            return;
        }
        Map<String, Json> entry = switch (credential) {
            case Credential.Password(String user, String secret) ->
                Map.of("auth", new JsonString(base64(user + ":" + secret)));
            case Credential.IdentityToken(String secret) ->
                Map.of("auth", new JsonString(base64("<token>:")), "identitytoken", new JsonString(secret));
            case Credential.RegistryToken(String secret) -> Map.of("registrytoken", new JsonString(secret));
            case Credential.Anonymous _ -> Map.of();
        };
        known.with(host, entry).write();
    }

    /**
     * Forgets what is kept for a registry.
     *
     * @return whether there was something
     * @throws ImageException if the program that keeps it fails
     */
    public boolean forget(String host) {
        CredentialFile known = CredentialFile.read(file);
        boolean kept = false;
        Optional<String> helper = known.helper(host);
        if (helper.isPresent()) {
            CredentialProgram program = new CredentialProgram(helper.get(), environment);
            kept = program.get(host).isPresent();
            program.erase(host);
        }
        CredentialFile rest = known.without(host);
        if (!rest.equals(known)) {
            rest.write();
            kept = true;
        }
        return kept;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
