package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Reference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {

    @Test
    void a_prefix_names_the_source() {
        assertThat(ImageReference.parse("bootstrap:debian/bookworm"))
                .isEqualTo(new ImageReference.Bootstrap("debian", "bookworm"));
        assertThat(ImageReference.parse("host:")).isEqualTo(new ImageReference.Host());
        assertThat(ImageReference.parse("oci:/srv/layout:latest"))
                .isEqualTo(new ImageReference.OciLayout("/srv/layout", java.util.Optional.of("latest")));
        assertThat(ImageReference.parse("oci-archive:a.tar")).isEqualTo(new ImageReference.OciArchive("a.tar"));
        assertThat(ImageReference.parse("docker-archive:a.tar")).isEqualTo(new ImageReference.DockerArchive("a.tar"));
        assertThat(ImageReference.parse("images:debian/12")).isEqualTo(new ImageReference.Simplestreams("debian/12"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alpine",
                "alpine:3.20",
                "library/alpine",
                "localhost:5000/a/b__c.d:v1",
                "ghcr.io/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            })
    void without_a_prefix_it_is_a_registrys(String text) {
        assertThat(ImageReference.parse(text)).isEqualTo(new ImageReference.Registry(Reference.parse(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bootstrap:debian/bookworm",
                "bootstrap:debian/sid",
                "host:",
                "oci:dir",
                "images:debian/12",
                "docker-archive:x",
                "oci-archive:x",
                "a/b:c"
            })
    void its_text_is_read_back_to_the_same(String text) {
        assertThat(ImageReference.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bootstrap:",
                "bootstrap:debian",
                "bootstrap:debian/",
                "bootstrap:debian/Bookworm",
                "bootstrap:debian/--include=x",
                "bootstrap:debian/../../etc",
                "bootstrap:debian/book worm",
                "bootstrap:debian/bookworm\n",
                "bootstrap:debian/bookworm;id",
                "bootstrap:-x/bookworm",
                "bootstrap:debian/bookworm/x",
                "bootstarp:debian/bookworm",
                "host:x",
                "oci:",
                "images:",
                "oci-archive:a\0b",
                "",
                "Alpine",
                "alpine:",
                "../alpine",
                "alpine latest",
                "-alpine"
            })
    void what_has_no_form_is_refused(String text) {
        assertThatThrownBy(() -> ImageReference.parse(text))
                .isInstanceOfSatisfying(
                        ImageException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(ImageException.Kind.INVALID));
    }
}
