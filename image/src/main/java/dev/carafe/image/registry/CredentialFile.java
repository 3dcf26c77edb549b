package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A file that holds credentials or says which program does: Docker's {@code config.json}, and {@code auth.json} of
 * Podman and its kin, which differs in that its keys may be repositories.
 *
 * @param members of the whole file, also those that nobody here knows
 * @see <a href="https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md">containers-auth.json(5)</a>
 */
record CredentialFile(Path path, Map<String, Json> members) {

    private static final int MOST = 1 << 20;
    /** What Docker calls its own registry in there. */
    static final String DOCKER_KEY = "https://index.docker.io/v1/";

    CredentialFile {
        members = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    /** Reads one; it is empty if it is not there. */
    static CredentialFile read(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MOST + 1);
            if (bytes.length > MOST) {
                throw new ImageException(INVALID, path + ": is larger than 1 MiB, which no file of credentials is");
            }
            if (new String(bytes, StandardCharsets.UTF_8).isBlank()) {
                return new CredentialFile(path, Map.of());
            }
            if (Json.parse(path.toString(), bytes) instanceof JsonObject object) {
                return new CredentialFile(path, object.members());
            }
            throw new ImageException(INVALID, path + ": must be a JSON object");
        } catch (NoSuchFileException absent) {
            return new CredentialFile(path, Map.of());
        } catch (InvalidDocumentException exception) {
            throw new ImageException(INVALID, exception.getMessage(), exception);
        } catch (IOException exception) {
            throw new ImageException(
                    INVALID, path + ": cannot be read, so who you are cannot be told: " + exception, exception);
        }
    }

    /** What is known for a repository, by the longest key that it is below. */
    Optional<Credential> find(String host, String path) {
        String name = host + "/" + path;
        Optional<Map.Entry<String, Json>> best = Optional.empty();
        int longest = -1;
        for (Map.Entry<String, Json> entry : object("auths").entrySet()) {
            String key = normal(entry.getKey());
            boolean covers = name.equals(key) || name.startsWith(key + "/");
            if (covers && key.length() > longest && credential(entry.getValue()).isPresent()) {
                longest = key.length();
                best = Optional.of(entry);
            }
        }
        return best.flatMap(it -> credential(it.getValue()));
    }

    /** The program that has the credentials of a registry. */
    Optional<String> helper(String host) {
        for (Map.Entry<String, Json> entry : object("credHelpers").entrySet()) {
            if (normal(entry.getKey()).equals(host)) {
                return text(entry.getValue());
            }
        }
        return Optional.ofNullable(members.get("credsStore")).flatMap(CredentialFile::text);
    }

    /** Docker's form of a registry's name. */
    static String key(String host) {
        return host.equals(Reference.DOCKER) ? DOCKER_KEY : host;
    }

    /** Without what people write around it: {@code https://HOST/v1/} is HOST. */
    private static String normal(String key) {
        String name = key;
        int scheme = name.indexOf("://");
        if (scheme >= 0) {
            name = name.substring(scheme + 3);
            int slash = name.indexOf('/');
            name = slash < 0 ? name : name.substring(0, slash);
        }
        while (name.endsWith("/")) {
            name = name.substring(0, name.length() - 1);
        }
        if (name.endsWith("/v1") || name.endsWith("/v2")) {
            name = name.substring(0, name.length() - 3);
        }
        return Set.of("index.docker.io", "registry-1.docker.io").contains(name) ? Reference.DOCKER : name;
    }

    private Optional<Credential> credential(Json json) {
        if (!(json instanceof JsonObject(Map<String, Json> entry))) {
            return Optional.empty();
        }
        Optional<String> identity = text(entry, "identitytoken");
        if (identity.isPresent()) {
            return identity.map(Credential.IdentityToken::new);
        }
        Optional<String> token = text(entry, "registrytoken");
        if (token.isPresent()) {
            return token.map(Credential.RegistryToken::new);
        }
        Optional<String> auth = text(entry, "auth");
        if (auth.isEmpty()) {
            return text(entry, "username")
                    .map(user -> new Credential.Password(
                            user, text(entry, "password").orElse("")));
        }
        try {
            String pair = new String(Base64.getDecoder().decode(auth.get().strip()), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            if (colon > 0) {
                return Optional.of(new Credential.Password(
                        pair.substring(0, colon), pair.substring(colon + 1).replaceAll("\0+$", "")));
            }
        } catch (IllegalArgumentException malformed) {
            // Said below, without it.
        }
        throw new ImageException(
                INVALID, path + ": an \"auth\" in there is not the Base64 of USER:PASSWORD; log in again");
    }

    private static Optional<String> text(Map<String, Json> entry, String name) {
        return Optional.ofNullable(entry.get(name)).flatMap(CredentialFile::text);
    }

    private static Optional<String> text(Json json) {
        return json instanceof JsonString(String text) && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }

    private Map<String, Json> object(String name) {
        return members.get(name) instanceof JsonObject(Map<String, Json> found) ? found : Map.of();
    }

    /** With what is known of a registry, in place of what was. */
    CredentialFile with(String host, Map<String, Json> entry) {
        Map<String, Json> auths = new LinkedHashMap<>(without(host).object("auths"));
        auths.put(key(host), new JsonObject(entry));
        return withAuths(auths);
    }

    /** With nothing known of a registry as a whole. */
    CredentialFile without(String host) {
        Map<String, Json> auths = new LinkedHashMap<>(object("auths"));
        return auths.keySet().removeIf(key -> normal(key).equals(host)) ? withAuths(auths) : this;
    }

    private CredentialFile withAuths(Map<String, Json> auths) {
        Map<String, Json> more = new LinkedHashMap<>(members);
        more.put("auths", new JsonObject(auths));
        return new CredentialFile(path, more);
    }

    /** Writes it in one step, readable by its owner alone. Where a link leads to it, the link stays. */
    void write() {
        try {
            Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            Path folder = java.util.Objects.requireNonNullElse(target.getParent(), Path.of("/"));
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            // Made readable by its owner alone, as temporary files are.
            Path fresh = Files.createTempFile(folder, "." + target.getFileName(), null);
            try {
                try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                    ByteBuffer text = ByteBuffer.wrap(
                            (new JsonObject(members).indented() + "\n").getBytes(StandardCharsets.UTF_8));
                    while (text.hasRemaining()) {
                        channel.write(text);
                    }
                    channel.force(true);
                }
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (IOException exception) {
            throw new ImageException(FAILED, path + ": cannot be written: " + exception, exception);
        }
    }
}
