package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.Owners;
import dev.carafe.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AboutTest {

    private static final Path FILE = Path.of("/s/about");

    static List<Base> bases() {
        return List.of(
                new Base.Nothing(),
                new Base.Layers(List.of(Digest.of(new byte[1]), Digest.of(new byte[2]))),
                new Base.Tree(new RootFileSystem.Directory(Path.of("/one"))),
                new Base.Tree(new RootFileSystem.Overlay(List.of(Path.of("/a,b"), Path.of("/c\"d")))),
                new Base.Tree(new RootFileSystem.View(List.of(Path.of("/d/hide")), Path.of("/"), Path.of("/d/view"))),
                new Base.Committed(new Key("below")));
    }

    @ParameterizedTest
    @MethodSource("bases")
    void what_was_written_down_is_read_again(Base base) {
        List<Owners.Range> ranges =
                List.of(new Owners.Range(0, 100_000, 65536), new Owners.Range(70_000, 0xfff0_0000L, 5));
        Preparation how = new Preparation(
                Optional.of(Path.of("/holder")), OptionalLong.of(5), Optional.of(new Owners.Mapped(ranges, ranges)));
        for (Preparation any : List.of(how, Preparation.PLAIN)) {
            About about = new About(true, base, any, OptionalInt.of(0x7fff_fff0), Instant.now());
            assertThat(About.read(FILE, about.bytes())).isEqualTo(about);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"made\":\"yesterday\"}",
                "{\"layers\":[\"sha256:../..\"],\"made\":\"2026-01-01T00:00:00Z\"}",
                "{\"snapshot\":\"../x\",\"made\":\"2026-01-01T00:00:00Z\"}"
            })
    void what_is_damaged_is_named(String text) {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> About.read(FILE, text.getBytes(StandardCharsets.UTF_8)))
                .withMessageContaining("/s/about is damaged");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "-x", "a/b", "a\0b", "a\nb", "ä"})
    void names_that_could_be_paths_are_refused(String name) {
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> new Key(name))
                .matches(it -> it.kind() == ImageException.Kind.INVALID);
        assertThatExceptionOfType(ImageException.class).isThrownBy(() -> new Key("x".repeat(129)));
        assertThat(new Key("A1_.-").toString()).isEqualTo("A1_.-");
    }

    @Test
    void ids_are_mapped_from_those_on_the_disk_to_those_that_are_wanted() {
        Optional<Owners.Mapped> one = mapped(new Owners.Range(0, 100_000, 1000));
        Optional<Owners.Mapped> other = mapped(new Owners.Range(0, 300_000, 500), new Owners.Range(500, 700_000, 500));
        assertThat(IdMaps.between(Optional.empty(), Optional.empty())).isEmpty();
        assertThat(IdMaps.between(one, one)).isEmpty();
        assertThat(IdMaps.between(Optional.empty(), one)).isEqualTo(one);
        assertThat(IdMaps.between(one, Optional.empty())).isEqualTo(mapped(new Owners.Range(100_000, 0, 1000)));
        assertThat(IdMaps.between(one, other))
                .isEqualTo(mapped(new Owners.Range(100_000, 300_000, 500), new Owners.Range(100_500, 700_000, 500)));
    }

    private static Optional<Owners.Mapped> mapped(Owners.Range... ranges) {
        return Optional.of(new Owners.Mapped(List.of(ranges), List.of(ranges)));
    }
}
