package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.says;
import static dev.carafe.image.registry.FaultyServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Says who asks, to those who may know. */
class AuthorizationTest {

    private static final Patience SHORT = new Patience(
            Duration.ofSeconds(5), Duration.ofSeconds(2), 1, 3, Duration.ofSeconds(1), Duration.ofSeconds(100));

    private static final byte[] MANIFEST = Manifest.of(
                    MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, new byte[2]), List.of(), Map.of())
            .bytes();

    private final TestClock clock = new TestClock();
    private FaultyServer server;
    private FaultyServer other;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        other = new FaultyServer("localhost");
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        other.close();
    }

    @Test
    void aPasswordIsSaidWhereItIsAskedForAndThenWithoutAsking() {
        for (String tag : List.of("1", "2")) {
            server.on("GET /v2/lib/x/manifests/" + tag, guarded("Basic realm=\"r\"", "Basic YW5uOnM6dA=="));
        }
        try (Registries registries = registries(new Credential.Password("ann", "s:t"))) {
            pull(registries, "lib/x:1");
            pull(registries, "lib/x:2");
        }

        assertThat(server.asked()).hasSize(3);
    }

    @Test
    void aWrongPasswordIsSaidOnce() {
        server.on("GET /v2/lib/x/manifests/1", guarded("Basic realm=\"r\"", "Basic other"));

        try (Registries registries = registries(new Credential.Password("ann", "secret"))) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> pull(registries, "lib/x:1"))
                    .matches(it -> it.kind() == ImageException.Kind.DENIED)
                    .withMessageContaining("log in")
                    .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
        }
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void aTokenIsGotFromWhomTheRegistryNamesAndUsedUntilItRunsOut() {
        tokens(other, "GET");
        for (String tag : List.of("1", "2", "3")) {
            server.on(
                    "GET /v2/lib/x/manifests/" + tag,
                    guarded(
                            "Bearer realm=\"" + other.url("/token?a=b") + "\",service=\"the registry\"",
                            "Bearer t-repository:lib/x:pull"));
        }
        try (Registries registries = registries(new Credential.Password("ann", "secret"))) {
            pull(registries, "lib/x:1");
            pull(registries, "lib/x:2");
            assertThat(other.asked()).hasSize(1);
            FaultyServer.Asked asked = other.asked().getFirst();
            assertThat(asked.target())
                    .isEqualTo("/token?a=b&service=the+registry&scope=repository%3Alib%2Fx%3Apull&account=ann");
            assertThat(asked.header("Authorization")).contains("Basic YW5uOnNlY3JldA==");
            assertThat(server.asked()).hasSize(3);

            clock.pass(Duration.ofMinutes(5));
            pull(registries, "lib/x:3");
        }

        assertThat(other.asked()).hasSize(2);
        assertThat(server.asked()).noneMatch(it -> it.headers().toString().contains("YW5uOnNlY3JldA=="));
    }

    @Test
    void aTokenIsForOneRepositoryAlone() {
        tokens(other, "GET");
        for (String path : List.of("lib/x", "lib/y")) {
            server.on(
                    "GET /v2/" + path + "/manifests/1",
                    guarded("Bearer realm=\"" + other.url("/token") + "\"", "Bearer t-repository:" + path + ":pull"));
        }
        try (Registries registries = registries(new Credential.Anonymous())) {
            pull(registries, "lib/x:1");
            pull(registries, "lib/y:1");
            pull(registries, "lib/x:1");
        }

        assertThat(other.asked()).hasSize(2).allSatisfy(it -> {
            assertThat(it.header("Authorization")).isEmpty();
            assertThat(it.target()).doesNotContain("account");
        });
        assertThat(server.asked()).hasSize(5);
        assertThat(server.asked().get(2).header("Authorization")).isEmpty();
    }

    @Test
    void rightsThatTheRegistryNamesAreAskedForToo() {
        tokens(other, "GET");
        server.on(
                "GET /v2/lib/x/manifests/1",
                guarded(
                        "Bearer realm=\"" + other.url("/token") + "\",scope=\"aws repository:lib/x:pull\"",
                        "Bearer t-aws"));
        try (Registries registries = registries(new Credential.Anonymous())) {
            pull(registries, "lib/x:1");
        }

        assertThat(other.asked().getFirst().target()).isEqualTo("/token?scope=aws&scope=repository%3Alib%2Fx%3Apull");
    }

    @Test
    void takingABlobFromAnotherRepositoryTakesTheRightsForBoth() {
        tokens(other, "GET");
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, new byte[3]);
        String challenge = "Bearer realm=\"" + other.url("/token") + "\"";
        server.on(
                "HEAD /v2/lib/x/blobs/" + blob.digest(),
                (it, out) -> (it.header("Authorization").isEmpty()
                                ? says(401, "", "WWW-Authenticate: " + challenge)
                                : says(404, ""))
                        .answer(it, out));
        server.on(
                "POST /v2/lib/x/blobs/uploads/",
                (it, out) -> (it.header("Authorization").isEmpty()
                                ? says(401, "{}", "WWW-Authenticate: " + challenge)
                                : says(201, ""))
                        .answer(it, out));
        try (Registries registries = registries(new Credential.Anonymous())) {
            registries
                    .push(Reference.parse(server.host() + "/lib/x:1"))
                    .blob(
                            blob,
                            Optional.of("lib/base"),
                            (_, _) -> {
                                throw new IOException("is not sent");
                            },
                            dev.carafe.image.store.Watcher.NONE);
        }

        assertThat(other.asked().stream().map(FaultyServer.Asked::target))
                .containsExactly(
                        "/token?scope=repository%3Alib%2Fx%3Apull%2Cpush",
                        "/token?scope=repository%3Alib%2Fbase%3Apull&scope=repository%3Alib%2Fx%3Apull%2Cpush");
    }

    @Test
    void aSecretThatHttpCannotCarryIsNotShown() {
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "never"));
        try (Registries registries = registries(new Credential.RegistryToken("deep\nsecret"))) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> pull(registries, "lib/x:1"))
                    .withMessageContaining("none that HTTP can carry")
                    .satisfies(it -> assertThat(it.getMessage()).doesNotContain("deep"));
        }
    }

    @Test
    void anIdentityTokenIsPosted() {
        tokens(other, "POST");
        server.on(
                "GET /v2/lib/x/manifests/1",
                guarded("Bearer realm=\"" + other.url("/token") + "\",service=s", "Bearer t-posted"));
        try (Registries registries = registries(new Credential.IdentityToken("id&t"))) {
            pull(registries, "lib/x:1");
        }

        assertThat(other.asked()).hasSize(1).allSatisfy(it -> {
            assertThat(it.text())
                    .isEqualTo("grant_type=refresh_token&service=s&client_id=carafe"
                            + "&scope=repository%3Alib%2Fx%3Apull&refresh_token=id%26t");
            assertThat(it.header("Authorization")).isEmpty();
        });
    }

    @Test
    void aRegistryTokenIsSaidAsItIs() {
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "Bearer rt"));
        try (Registries registries = registries(new Credential.RegistryToken("rt"))) {
            pull(registries, "lib/x:1");
        }

        assertThat(other.asked()).isEmpty();
    }

    @Test
    void secretsOfATokenRequestDoNotGoToAnotherHostThatItIsLedTo() {
        tokens(other, "GET");
        server.on("GET /token", says(307, "", "Location: " + other.url("/token")))
                .on("POST /token", says(307, "", "Location: " + other.url("/token")))
                .on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + server.url("/token") + "\"", "never"));
        for (Credential credential :
                List.of(new Credential.Password("ann", "secret"), new Credential.IdentityToken("secret"))) {
            try (Registries registries = registries(credential)) {
                assertThatExceptionOfType(ImageException.class).isThrownBy(() -> pull(registries, "lib/x:1"));
            }
        }

        assertThat(server.asked("GET /token").getFirst().header("Authorization"))
                .isPresent();
        assertThat(server.asked("POST /token").getFirst().text()).contains("secret");
        assertThat(other.asked()).isNotEmpty().allSatisfy(it -> {
            assertThat(it.header("Authorization")).isEmpty();
            assertThat(it.text()).isEmpty();
        });
    }

    @Test
    void aTokenThatIsNotTakenIsNotGotForEver() {
        tokens(other, "GET");
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "never"));
        try (Registries registries = registries(new Credential.Anonymous())) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> pull(registries, "lib/x:1"))
                    .matches(it -> it.kind() == ImageException.Kind.DENIED);
        }

        assertThat(other.asked()).hasSize(1);
    }

    @Test
    void aTokenThatHasNoEndIsReadNoFurtherThanOneMayReach() {
        other.on("GET /token", (_, out) -> {
            out.write("HTTP/1.1 200 OK\r\n\r\n{\"token\":\"".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 10_000; i++) {
                out.write(new byte[65536]);
            }
        });
        assertNoToken("has more than 1 MiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "{\"token\":\"\"}", "{\"token\":\"a\\r\\nX: y\"}", "{\"token\":7}", "no"})
    void aTokenThatIsNoneIsRefused(String body) {
        other.on("GET /token", says(200, body));
        assertNoToken("token");
    }

    @Test
    void whoGivesTokensIsAskedAgainWhereThatHelps() {
        other.on("GET /token", List.of(says(503, "{}"), says(200, "{\"access_token\":\"t\"}")));
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "Bearer t"));
        try (Registries registries = registries(new Credential.Anonymous())) {
            pull(registries, "lib/x:1");
        }

        assertThat(clock.pauses).hasSize(1);
    }

    @Test
    void whoGivesNoTokenSaysWhy() {
        other.on("GET /token", says(401, "{\"details\":\"incorrect username or password\"}"));
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "never"));
        try (Registries registries = registries(new Credential.Password("ann", "secret"))) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> pull(registries, "lib/x:1"))
                    .matches(it -> it.kind() == ImageException.Kind.DENIED)
                    .withMessageContaining("401 incorrect username or password; it does not take the password of ann")
                    .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "file:///etc/passwd", "ftp://x/y", "::"})
    void aRealmThatIsNoAddressOfHttpIsRefused(String realm) {
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + realm + "\"", "never"));
        try (Registries registries = registries(new Credential.Password("ann", "secret"))) {
            assertThatExceptionOfType(ImageException.class).isThrownBy(() -> pull(registries, "lib/x:1"));
        }
        assertThat(server.asked()).noneMatch(it -> it.header("Authorization").isPresent());
    }

    @Test
    void challengesAreReadAsPeopleWriteThem() {
        assertThat(Challenge.parse(List.of(
                        "Bearer realm=\"https://a/t\",service=\"x, \\\"y\\\"\" , scope=pull, Basic realm=r",
                        "Negotiate",
                        "bEARER REALM=u")))
                .containsExactly(
                        new Challenge("bearer", Map.of("realm", "https://a/t", "service", "x, \"y\"", "scope", "pull")),
                        new Challenge("basic", Map.of("realm", "r")),
                        new Challenge("negotiate", Map.of()),
                        new Challenge("bearer", Map.of("realm", "u")));
        assertThat(Challenge.parse(List.of("", ",,,", "=", "\"", "Bearer realm=\"open")))
                .containsExactly(new Challenge("bearer", Map.of()));
    }

    private void assertNoToken(String message) {
        server.on("GET /v2/lib/x/manifests/1", guarded("Bearer realm=\"" + other.url("/token") + "\"", "never"));
        try (Registries registries = registries(new Credential.Anonymous())) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> pull(registries, "lib/x:1"))
                    .withMessageContaining(message);
        }
        assertThat(other.asked()).hasSize(1);
    }

    /** Gives tokens that name the last of the rights that they are for. */
    private static void tokens(FaultyServer server, String method) {
        server.on(method + " /token", (it, out) -> {
            String scope = it.target().replaceFirst(".*?[?&]scope=([^&]*).*", "$1");
            String token = method.equals("POST") ? "posted" : java.net.URLDecoder.decode(scope, StandardCharsets.UTF_8);
            byte[] body = ("{\"token\":\"t-" + token + "\",\"expires_in\":300}").getBytes(StandardCharsets.UTF_8);
            write(out, 200, body, body.length);
        });
    }

    private static FaultyServer.Answering guarded(String challenge, String wanted) {
        return (it, out) -> (it.header("Authorization").filter(wanted::equals).isPresent()
                        ? says(200, MANIFEST, "Content-Type: " + MediaTypes.MANIFEST)
                        : says(401, "{}", "WWW-Authenticate: " + challenge))
                .answer(it, out);
    }

    private void pull(Registries registries, String name) {
        assertThat(registries
                        .image(Reference.parse(server.host() + "/" + name))
                        .root()
                        .bytes())
                .isEqualTo(MANIFEST);
    }

    private Registries registries(Credential credential) {
        return Registries.open(
                RegistryOptions.of(_ -> Optional.empty()).with(SHORT, clock),
                (host, _) -> host.equals(server.host()) ? credential : new Credential.Anonymous());
    }
}
