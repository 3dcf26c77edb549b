package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that several callers use, one after the other. */
class ConnectionsTest {

    private static final byte[] MANIFEST = Manifest.of(
                    MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, new byte[2]), List.of(), Map.of())
            .bytes();

    private final TestClock clock = new TestClock();
    private final Connections kept = Connections.kept(clock);
    private FaultyServer server;

    @BeforeEach
    void open() throws IOException {
        server = new FaultyServer("127.0.0.1");
        server.on("GET /v2/x/manifests/1", says(200, MANIFEST, "Content-Type: " + MediaTypes.MANIFEST));
    }

    @AfterEach
    void close() throws IOException {
        kept.close();
        server.close();
    }

    private void pull(Connections connections, Map<String, String> environment, Credential credential) {
        RegistryOptions options = RegistryOptions.of(name -> Optional.ofNullable(environment.get(name)));
        try (Registries registries = Registries.open(options, (host, path) -> credential, connections)) {
            registries.image(Reference.parse(server.host() + "/x:1")).root();
        }
    }

    private void pull(Connections connections) {
        pull(connections, Map.of(), new Credential.Anonymous());
    }

    @Test
    void theNextCallerFindsOneOpen() {
        pull(kept);
        pull(kept);
        assertThat(server.accepted()).isEqualTo(1);
    }

    @Test
    void whoWantsOneForHimselfGetsOne() {
        pull(Connections.ofEach());
        pull(Connections.ofEach());
        assertThat(server.accepted()).isEqualTo(2);
    }

    @Test
    void onesOwnAreNotThoseOfWhoGoesThroughAnotherProxy() {
        pull(kept);
        pull(kept, Map.of("https_proxy", "http://p.example"), new Credential.Anonymous());
        assertThat(server.accepted()).isEqualTo(2);
    }

    @Test
    void whatOneCallerMayDoTheNextMayNot() {
        server.on("GET /v2/x/manifests/1", (asked, out) -> {
            boolean known = asked.header("Authorization").isPresent();
            says(
                            known ? 200 : 401,
                            known ? MANIFEST : new byte[0],
                            "Content-Type: " + MediaTypes.MANIFEST,
                            "WWW-Authenticate: Basic realm=\"r\"")
                    .answer(asked, out);
        });
        pull(kept, Map.of(), new Credential.Password("ann", "secret"));
        assertThatExceptionOfType(ImageException.class).isThrownBy(() -> pull(kept));
        assertThat(server.accepted()).isEqualTo(1);
        assertThat(server.asked().getLast().header("Authorization")).isEmpty();
    }

    @Test
    void afterSomeMinutesOneIsMadeAnew() {
        pull(kept);
        clock.pass(Duration.ofMinutes(6));
        pull(kept);
        assertThat(server.accepted()).isEqualTo(2);
    }

    @Test
    void oneThatTheServerHasClosedIsMadeAnew() throws IOException {
        pull(kept);
        server.hangUp();
        pull(kept);
        assertThat(server.accepted()).isEqualTo(2);
    }
}
