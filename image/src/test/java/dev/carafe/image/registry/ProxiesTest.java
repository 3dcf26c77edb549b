package dev.carafe.image.registry;

import static dev.carafe.image.registry.FaultyServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    @ParameterizedTest
    @CsvSource({
        "HTTPS_PROXY,https://r.example/",
        "https_proxy,https://r.example:5000/",
        "HTTP_PROXY,http://r.example/",
        "all_proxy,https://r.example/"
    })
    void aVariableNamesAProxy(String name, String uri) {
        assertThat(proxy(Map.of(name, "http://p.example:8080"), uri)).isEqualTo("p.example:8080");
        assertThat(proxy(Map.of(name, "p.example:8080"), uri)).isEqualTo("p.example:8080");
    }

    @Test
    void theOtherSchemesProxyIsNotUsed() {
        assertThat(proxy(Map.of("HTTP_PROXY", "http://p.example:8080"), "https://r.example/"))
                .isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "r.example", "a.b, r.example:443 ", "example", ".example", "*.example", "R.EXAMPLE"})
    void someAreExcepted(String entry) {
        Map<String, String> environment = Map.of("https_proxy", "http://p.example:8080", "no_proxy", entry);

        assertThat(proxy(environment, "https://r.example:443/")).isEqualTo("none");
        assertThat(proxy(environment, "https://r.example.org:443/"))
                .isEqualTo(entry.equals("*") ? "none" : "p.example:8080");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost/", "http://127.0.0.1:5000/", "http://127.1.2.3/", "http://[::1]:5000/"})
    void thisMachineIsReachedWithoutOne(String uri) {
        assertThat(proxy(Map.of("all_proxy", "http://p.example:8080"), uri)).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks5://ann:secret@p", "http://", "::"})
    void whatIsNoProxyIsRefusedWithoutItsPassword(String text) {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> proxy(Map.of("all_proxy", text), "https://r.example/"))
                .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
    }

    @Test
    void aProxyIsToldWhoAsksAndNotWhoIsKnownToTheRegistry() throws IOException {
        try (FaultyServer proxy = new FaultyServer("127.0.0.1");
                Registries registries = Registries.open(
                        RegistryOptions.of(name -> name.equals("http_proxy")
                                        ? Optional.of("http://ann:secret@" + proxy.host())
                                        : Optional.empty())
                                .with(Scheme.HTTP),
                        Credentials.NONE)) {
            proxy.on("GET http://r.example/v2/", says(200, "{}"));

            registries.check("r.example");

            assertThat(proxy.asked()).hasSize(1).allSatisfy(it -> {
                assertThat(it.header("Proxy-Authorization")).contains("Basic YW5uOnNlY3JldA==");
                assertThat(it.header("Authorization")).isEmpty();
            });
        }
    }

    private static String proxy(Map<String, String> environment, String uri) {
        Proxy proxy = new Proxies(name -> Optional.ofNullable(environment.get(name)))
                .select(URI.create(uri))
                .getFirst();
        return proxy.address() instanceof InetSocketAddress address
                ? address.getHostString() + ":" + address.getPort()
                : "none";
    }
}
