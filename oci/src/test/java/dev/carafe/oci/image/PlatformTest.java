package dev.carafe.oci.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlatformTest {

    @ParameterizedTest
    @CsvSource({
        "linux/amd64, linux/amd64",
        "amd64, linux/amd64",
        "x86_64, linux/amd64",
        "linux/x86_64/v1, linux/amd64",
        "linux/amd64/v3, linux/amd64/v3",
        "aarch64, linux/arm64",
        "linux/arm64/v8, linux/arm64",
        "linux/arm64/8, linux/arm64",
        "armhf, linux/arm/v7",
        "linux/arm, linux/arm/v7",
        "linux/armel, linux/arm/v6",
        "linux/arm/v5, linux/arm/v5",
        "windows/amd64, windows/amd64",
        "Linux/AMD64, linux/amd64",
        "riscv64, linux/riscv64"
    })
    void oneThingHasOneName(String text, String name) {
        assertThat(Platform.parse(text)).hasToString(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "linux/", "linux/amd64/v1/x", "linux amd64", "linux/amd64\n"})
    void whatIsNoPlatformIsRefused(String text) {
        assertThatThrownBy(() -> Platform.parse(text))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessageContaining("no platform");
    }

    /** From the best to the worst of those that run at all. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "linux/amd64 | linux/amd64",
                "linux/amd64/v3 | linux/amd64/v3 linux/amd64/v2 linux/amd64",
                "linux/arm64 | linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5",
                "linux/arm/v7 | linux/arm/v7 linux/arm/v6 linux/arm/v5",
                "linux/arm/v6 | linux/arm/v6 linux/arm/v5",
                "linux/386 | linux/386",
                "windows/amd64 | windows/amd64"
            })
    void theImageThatSuitsBestIsTaken(String here, String inOrder) {
        List<String> suitable = Arrays.asList(inOrder.split(" "));
        List<String> offered = new java.util.ArrayList<>(List.of(
                "linux/s390x",
                "linux/amd64/v4",
                "linux/arm64/v9",
                "linux/386",
                "windows/amd64",
                "linux/amd64",
                "linux/amd64/v2",
                "linux/amd64/v3",
                "linux/arm/v5",
                "linux/arm/v6",
                "linux/arm/v7",
                "linux/arm/v8",
                "linux/arm64"));
        for (String expected : suitable) {
            assertThat(index(offered).best(Platform.parse(here)).flatMap(Descriptor::platform))
                    .as("of %s", offered)
                    .map(Platform::toString)
                    .contains(expected);
            offered.remove(expected);
        }
        assertThat(index(offered).best(Platform.parse(here))).isEmpty();
    }

    @Test
    void signedFactsAboutAnImageAreNone() {
        Descriptor facts = new Descriptor(
                MediaTypes.MANIFEST,
                Digest.of(new byte[1]),
                1,
                List.of(),
                Map.of("vnd.docker.reference.type", "attestation-manifest"),
                java.util.Optional.empty(),
                java.util.Optional.of(Platform.parse("linux/amd64")),
                java.util.Optional.empty(),
                Map.of());
        Descriptor image = Descriptor.of(MediaTypes.MANIFEST, new byte[2]).with(Platform.parse("linux/amd64"));
        Index index = Index.of(MediaTypes.INDEX, List.of(facts, image), Map.of());
        assertThat(index.best(Platform.parse("amd64"))).contains(image);
        assertThat(index.platforms()).hasSize(1);
    }

    @Test
    void whatSaysNoPlatformIsTakenWhereNothingElseSuits() {
        Descriptor silent = Descriptor.of(MediaTypes.MANIFEST, new byte[3]);
        Descriptor other = Descriptor.of(MediaTypes.MANIFEST, new byte[4]).with(Platform.parse("linux/s390x"));
        Descriptor ours = Descriptor.of(MediaTypes.MANIFEST, new byte[5]).with(Platform.parse("linux/amd64"));
        assertThat(Index.of(MediaTypes.INDEX, List.of(other, silent), Map.of()).best(Platform.parse("amd64")))
                .contains(silent);
        assertThat(Index.of(MediaTypes.INDEX, List.of(silent, ours), Map.of()).best(Platform.parse("amd64")))
                .contains(ours);
    }

    private static Index index(List<String> platforms) {
        return Index.of(
                MediaTypes.INDEX,
                platforms.stream()
                        .map(it -> Descriptor.of(
                                        MediaTypes.MANIFEST, it.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                                .with(Platform.parse(it)))
                        .toList(),
                Map.of());
    }
}
