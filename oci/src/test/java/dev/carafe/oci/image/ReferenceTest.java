package dev.carafe.oci.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.InvalidDocumentException;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReferenceTest {

    private static final String HASH = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "alpine, docker.io/library/alpine",
        "alpine:3.22, docker.io/library/alpine:3.22",
        "team/app, docker.io/team/app",
        "a/b/c, docker.io/a/b/c",
        "docker.io/alpine, docker.io/library/alpine",
        "index.docker.io/alpine, docker.io/library/alpine",
        "docker.io/team/app:x, docker.io/team/app:x",
        "localhost/app, localhost/app",
        "localhost:5000/app, localhost:5000/app",
        "registry:5000/app:1, registry:5000/app:1",
        "example.org/app, example.org/app",
        "EXAMPLE.org/app, EXAMPLE.org/app",
        "Host/app, Host/app",
        "192.168.1.1/app, 192.168.1.1/app",
        "[fd00::1]:5000/app:1, [fd00::1]:5000/app:1",
        "[::1]/app, [::1]/app",
        "a__b/c--d/e.f_g, docker.io/a__b/c--d/e.f_g",
        "app:A_b.c-1, docker.io/library/app:A_b.c-1",
        "localhost:5000, docker.io/library/localhost:5000",
    })
    void dockersShortFormsStandForFullNames(String text, String full) {
        Reference reference = Reference.parse(text);
        assertThat(reference).hasToString(full);
        assertThat(Reference.parse(full)).isEqualTo(reference);
        assertThat(Reference.parse(reference.familiar())).isEqualTo(reference);
    }

    @Test
    void aDigestIsWantedBeforeATag() {
        Reference both = Reference.parse("alpine:3.22@sha256:" + HASH);
        assertThat(both.tag()).contains("3.22");
        assertThat(both.wanted()).isEqualTo("sha256:" + HASH);
        assertThat(both.withDefaultTag()).isEqualTo(both);
        assertThat(Reference.parse("alpine:3.22").wanted()).isEqualTo("3.22");
        assertThat(Reference.parse("alpine").wanted()).isEqualTo("latest");
        assertThat(Reference.parse("alpine").withDefaultTag()).hasToString("docker.io/library/alpine:latest");
        assertThat(Reference.parse("alpine@sha512:" + HASH + HASH).tag()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/app",
                "app/",
                "app//b",
                "App",
                "team/App",
                "example.org/App",
                "-app",
                "app-",
                "a..b",
                "a___b",
                "app:",
                "app:-x",
                "app:.x",
                "app:a/b",
                "app@",
                "app@sha256",
                "app@sha256:",
                "app@sha256:zz",
                "app@sha256:../../../../etc/passwd",
                "app@md5:d41d8cd98f00b204e9800998ecf8427e",
                "example.org:123456/app",
                "exa mple.org/app",
                "-example.org/app",
                "[fd00::1/app",
                "[fd00::1%eth0]/app",
                "https://example.org/app",
                "../app",
                "a/../b",
                "a/./b",
                "app\n",
                "app\0",
                "bücher",
                "example.org/app:1:2",
                "user@example.org/app"
            })
    void whatIsNoNameIsRefused(String text) {
        assertThatThrownBy(() -> Reference.parse(text)).isInstanceOf(InvalidDocumentException.class);
    }

    @Test
    void theHashOfAnImageIsNoName() {
        assertThatThrownBy(() -> Reference.parse(HASH)).hasMessageContaining("is an image's id");
        assertThat(Reference.parse(HASH.substring(1)).path()).isEqualTo("library/" + HASH.substring(1));
    }

    @Test
    void partsHaveTheirLimits() {
        assertThat(Reference.parse("example.org/" + "a".repeat(255)).path()).hasSize(255);
        assertThatThrownBy(() -> Reference.parse("example.org/" + "a".repeat(256)))
                .hasMessageContaining("255");
        assertThat(Reference.parse("app:" + "a".repeat(128)).tag())
                .hasValueSatisfying(tag -> assertThat(tag).hasSize(128));
        assertThatThrownBy(() -> Reference.parse("app:" + "a".repeat(129))).hasMessageContaining("128");
        assertThatThrownBy(() -> Reference.parse("a".repeat(1 << 20))).hasMessageContaining("too long");
    }

    @Property(tries = 5000, seed = "20260101")
    void whatIsReadIsWrittenAndReadBack(
            @ForAll
                    @Chars({'.', '/', ':', '@', '-', '_', '[', ']', 'A'})
                    @CharRange(from = 'a', to = 'd')
                    @StringLength(max = 30)
                    String text) {
        Optional<Reference> read = read(text);
        read.ifPresent(reference -> {
            assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
            assertThat(Reference.parse(reference.familiar())).isEqualTo(reference);
            assertThat(reference.path()).doesNotContain("..", "//", ":", "@");
        });
    }

    private static Optional<Reference> read(String text) {
        try {
            return Optional.of(Reference.parse(text));
        } catch (InvalidDocumentException refused) {
            assertThat(refused.getMessage()).doesNotContain("\n");
            return Optional.empty();
        }
    }
}
