package dev.carafe.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocationsTest {

    @ParameterizedTest
    @CsvSource({
        "/x,https://r.example:5000/x",
        "x?y=z,https://r.example:5000/v2/x?y=z",
        "//other/x,https://other/x",
        "HTTPS://other/x,HTTPS://other/x"
    })
    void anAddressIsTakenFromWhereItStands(String location, URI resolved) {
        assertThat(resolve("https://r.example:5000/v2/a", location)).isEqualTo(resolved);
    }

    @Test
    void nothingLeadsOutOfTls() {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> resolve("https://r.example/v2/a", "http://r.example/v2/a"))
                .withMessageContaining("leads out of TLS");
        assertThat(resolve("http://r.example/v2/a", "http://other/")).isEqualTo(URI.create("http://other/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://r.example:80/x", "HTTP://R.Example/y", "http://u@r.example"})
    void theSameSchemeHostAndPortAreOneOrigin(String uri) {
        assertThat(Hosts.origin(URI.create(uri))).isEqualTo("http://r.example:80");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://r.example/", "http://r.example:8080/", "http://r.example.evil/", "http://xr.example/"})
    void everythingElseIsAnother(String uri) {
        assertThat(Hosts.origin(URI.create(uri))).isNotEqualTo("http://r.example:80");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "[0:0:0:0:0:0:0:1]"})
    void thisMachineIsKnownByItsNames(String host) {
        assertThat(Hosts.isLoopback(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "1127.0.0.1",
                "128.0.0.1",
                "[::2]",
                "[::11]",
                "evil"
            })
    void othersAreNotTakenForIt(String host) {
        assertThat(Hosts.isLoopback(host)).isFalse();
    }

    private static URI resolve(String from, String location) {
        URI uri = URI.create(from);
        try (Answer answer = new Answer(
                Call.get("pull x", uri, "r.example/x", Scope.NONE),
                uri,
                307,
                HttpHeaders.of(Map.of(), (_, _) -> true),
                new BodyStream(Patience.USUAL))) {
            return Locations.resolve(answer, location);
        }
    }
}
