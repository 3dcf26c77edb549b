package dev.carafe.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialFilesTest {

    private static final String ANN = "YW5uOnBhOnNz"; // ann:pa:ss
    private static final String BOB = "Ym9iOng="; // bob:x

    @TempDir
    private Path home;

    private final Map<String, String> environment = new HashMap<>();

    @ParameterizedTest
    @ValueSource(strings = {"r.example:5000", "https://r.example:5000", "http://r.example:5000/v2/", "r.example:5000/"})
    void aRegistryIsKnownAsPeopleWriteIt(String key) throws IOException {
        docker("{\"auths\":{\"" + key + "\":{\"auth\":\"" + ANN + "\"}}}");

        assertThat(of("r.example:5000", "lib/x")).isEqualTo(new Credential.Password("ann", "pa:ss"));
        assertThat(of("r.example", "lib/x")).isEqualTo(new Credential.Anonymous());
        assertThat(of("r.example:5000.evil", "lib/x")).isEqualTo(new Credential.Anonymous());
    }

    @Test
    void dockersOwnRegistryHasAnAddressOfOld() throws IOException {
        docker("{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"" + ANN + "\"}}}");

        assertThat(of("docker.io", "library/alpine")).isEqualTo(new Credential.Password("ann", "pa:ss"));
    }

    @Test
    void theLongestNameOfARepositoryCounts() throws IOException {
        write(
                home.resolve(".config/containers/auth.json"),
                "{\"auths\":{\"r.example\":{\"auth\":\"" + ANN + "\"},\"r.example/team\":{\"auth\":\"" + BOB + "\"}}}");

        assertThat(of("r.example", "team/x")).isEqualTo(new Credential.Password("bob", "x"));
        assertThat(of("r.example", "team")).isEqualTo(new Credential.Password("bob", "x"));
        assertThat(of("r.example", "teams/x")).isEqualTo(new Credential.Password("ann", "pa:ss"));
    }

    @Test
    void tokensAreKnownToo() throws IOException {
        docker("{\"auths\":{\"a.example\":{\"auth\":\"" + ANN + "\",\"identitytoken\":\"id\"},"
                + "\"b.example\":{\"registrytoken\":\"rt\"},\"c.example\":{}}}");

        assertThat(of("a.example", "x")).isEqualTo(new Credential.IdentityToken("id"));
        assertThat(of("b.example", "x")).isEqualTo(new Credential.RegistryToken("rt"));
        assertThat(of("c.example", "x")).isEqualTo(new Credential.Anonymous());
    }

    @Test
    void whatIsNamedComesBeforeWhatIsUsual() throws IOException {
        docker("{\"auths\":{\"r.example\":{\"auth\":\"" + ANN + "\"}}}");
        Path named = home.resolve("named.json");
        write(named, "{\"auths\":{\"r.example\":{\"auth\":\"" + BOB + "\"}}}");
        environment.put("REGISTRY_AUTH_FILE", named.toString());
        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("bob", "x"));

        environment.remove("REGISTRY_AUTH_FILE");
        Path folder = home.resolve("other");
        write(folder.resolve("config.json"), "{\"auths\":{\"r.example\":{\"auth\":\"" + BOB + "\"}}}");
        environment.put("DOCKER_CONFIG", folder.toString());
        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("bob", "x"));
    }

    @Test
    void aRuntimeFolderOfTheUserIsLookedInto() throws IOException {
        write(home.resolve("run/containers/auth.json"), "{\"auths\":{\"r.example\":{\"auth\":\"" + BOB + "\"}}}");
        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());

        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("bob", "x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{",
                "{\"auths\":{\"r.example\":{\"auth\":\"%%\"}}}",
                "{\"auths\":{\"r.example\":{\"auth\":\"YQ==\"}}}"
            })
    void aFileThatIsNoneIsNamed(String text) throws IOException {
        docker(text);

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> of("r.example", "x"))
                .withMessageContaining(".docker/config.json");
    }

    @Test
    void aProgramThatKeepsCredentialsIsAsked() throws IOException {
        helper("safe", """
                #!/bin/sh
                read -r host
                case $1-$host in
                  get-r.example) echo '{"ServerURL":"r.example","Username":"ann","Secret":"s"}';;
                  get-t.example) echo '{"ServerURL":"t.example","Username":"<token>","Secret":"id"}';;
                  get-https://index.docker.io/v1/) echo '{"Username":"hub","Secret":"h"}';;
                  get-broken.example) echo 'the safe is shut'; exit 1;;
                  *) echo 'credentials not found in native keychain'; exit 1;;
                esac
                """);
        docker("{\"credsStore\":\"safe\",\"auths\":{\"r.example\":{},\"f.example\":{\"auth\":\"" + BOB
                + "\"}},\"credHelpers\":{\"x.example\":\"../evil\",\"y.example\":\"absent\"}}");

        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("ann", "s"));
        assertThat(of("t.example", "x")).isEqualTo(new Credential.IdentityToken("id"));
        assertThat(of("docker.io", "library/x")).isEqualTo(new Credential.Password("hub", "h"));
        assertThat(of("f.example", "x")).isEqualTo(new Credential.Password("bob", "x"));
        assertThat(of("n.example", "x")).isEqualTo(new Credential.Anonymous());
        assertFails("broken.example", "the safe is shut");
        assertFails("x.example", "is no name of a program");
        assertFails("y.example", "docker-credential-absent");
    }

    @Test
    void loggingInKeepsWhatElseIsInTheFile() throws IOException {
        docker("{\"detachKeys\":\"ctrl-q\",\"auths\":{\"https://r.example/v1/\":{\"auth\":\"" + ANN
                + "\"},\"o.example\":{\"auth\":\"" + BOB + "\",\"email\":\"e\"}},\"plugins\":{\"a\":{\"b\":\"1\"}}}");
        Files.setPosixFilePermissions(
                home.resolve(".docker/config.json"), PosixFilePermissions.fromString("rw-r--r--"));

        files().login().keep("r.example", new Credential.Password("new", "p"));

        String text = Files.readString(home.resolve(".docker/config.json")).replaceAll("\\s", "");
        assertThat(text)
                .isEqualTo(
                        "{\"detachKeys\":\"ctrl-q\",\"auths\":{\"o.example\":{\"auth\":\"" + BOB
                                + "\",\"email\":\"e\"},\"r.example\":{\"auth\":\"bmV3OnA=\"}},\"plugins\":{\"a\":{\"b\":\"1\"}}}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(".docker/config.json"))))
                .isEqualTo("rw-------");
        try (var left = Files.list(home.resolve(".docker"))) {
            assertThat(left).hasSize(1);
        }
        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("new", "p"));
    }

    @Test
    void loggingInMakesTheFileForItsOwnerAloneAndLoggingOutForgets() throws IOException {
        for (Credential credential : java.util.List.of(
                new Credential.Password("ann", "p"),
                new Credential.IdentityToken("id"),
                new Credential.RegistryToken("rt"))) {
            files().login().keep("docker.io", credential);
            assertThat(of("docker.io", "library/x")).isEqualTo(credential);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(".docker"))))
                .isEqualTo("rwx------");
        assertThat(Files.readString(files().login().file())).contains("https://index.docker.io/v1/");

        assertThat(files().login().forget("docker.io")).isTrue();
        assertThat(files().login().forget("docker.io")).isFalse();
        assertThat(of("docker.io", "library/x")).isEqualTo(new Credential.Anonymous());
    }

    @Test
    void whereALinkLeadsToTheFileTheLinkStays() throws IOException {
        Path real = home.resolve("dots/docker.json");
        write(real, "{}");
        Files.createDirectories(home.resolve(".docker"));
        Files.createSymbolicLink(home.resolve(".docker/config.json"), real);

        files().login().keep("r.example", new Credential.Password("ann", "p"));

        assertThat(home.resolve(".docker/config.json")).isSymbolicLink();
        assertThat(Files.readString(real)).contains("r.example");
    }

    @Test
    void aProgramKeepsWhatIsLoggedInWith() throws IOException {
        helper("safe", """
                #!/bin/sh
                case $1 in
                  store) cat >"$HOME/kept";;
                  erase) rm -f "$HOME/kept";;
                  get) cat "$HOME/kept" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; };;
                esac
                """);
        environment.put("HOME", home.toString());
        docker("{\"credHelpers\":{\"r.example\":\"safe\"}}");

        files().login().keep("r.example", new Credential.Password("ann", "deep secret"));
        assertThat(Files.readString(home.resolve(".docker/config.json"))).doesNotContain("secret", "auth\"");
        assertThat(of("r.example", "x")).isEqualTo(new Credential.Password("ann", "deep secret"));

        assertThat(files().login().forget("r.example")).isTrue();
        assertThat(home.resolve("kept")).doesNotExist();
        assertThat(files().login().forget("r.example")).isFalse();
    }

    private void assertFails(String host, String message) {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> of(host, "x"))
                .withMessageContaining(message);
    }

    private void helper(String name, String script) throws IOException {
        Path program = home.resolve("bin/docker-credential-" + name);
        write(program, script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        environment.put("PATH", home.resolve("bin") + ":/usr/bin:/bin");
    }

    private void docker(String text) throws IOException {
        write(home.resolve(".docker/config.json"), text);
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private CredentialFiles files() {
        return CredentialFiles.of(environment, home);
    }

    private Credential of(String host, String path) {
        return files().of(host, path);
    }
}
