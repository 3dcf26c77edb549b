package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.store.Store;
import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {

    private static Registries none() {
        throw new IllegalStateException("no registry is needed");
    }

    /** Keeps built images between runs, as one takes half a minute and the network. */
    private static final Path CACHE = Path.of(Optional.ofNullable(System.getenv("CARAFE_TEST_CACHE"))
            .orElse(System.getProperty("java.io.tmpdir") + "/carafe-test-cache"));

    private final Kernel kernel = Kernel.host();

    @Test
    @Tag("root")
    void debian_is_built_from_the_machines_own_sources_and_tells_nothing_of_the_machine() {
        List<String> progress = new ArrayList<>();
        Images images = Images.open(
                CACHE, kernel, folder -> Store.open(kernel, folder), name -> Optional.empty(), ImagesTest::none);
        Image image = images.resolve(
                ImageReference.parse("bootstrap:debian/bookworm"), Fetching.IF_MISSING, CACHE, progress::add);
        progress.forEach(System.out::println);

        Tree root = new Tree(image.rootFileSystem().layers().getFirst());
        assertThat(root.names("usr/bin")).contains("bash", "apt-get", "systemctl");
        assertThat(root.has("usr/lib/systemd/systemd")).isTrue();
        assertThat(root.names("usr/share/man")).isNotEmpty();
        assertThat(root.names("dev")).isEmpty();
        assertThat(root.names("tmp")).isEmpty();
        assertThat(root.text("etc/machine-id")).isEmpty();
        assertThat(root.has("etc/hostname")).isFalse();
        assertThat(root.has("etc/resolv.conf")).isFalse();
        assertThat(root.names("etc/apt/apt.conf.d")).containsExactly("01autoremove", "70debconf");
        assertThat(root.names("etc/apt/sources.list.d")).containsExactly("debian.sources");
        assertThat(root.names("var/lib/apt/lists")).isSubsetOf("lock", "partial");
        assertThat(root.names("var/log"))
                .filteredOn(name -> root.status("var/log/" + name).isRegular())
                .allMatch(name -> root.status("var/log/" + name).size() == 0);
        assertThat(AccountFiles.read(kernel, image.rootFileSystem().layers())
                        .resolve("www-data")
                        .uid())
                .isEqualTo(33);

        assertThat(images.resolve(
                        image.reference(),
                        Fetching.IF_MISSING,
                        CACHE,
                        line -> assertThat(line).isEmpty()))
                .isEqualTo(image);
    }

    @Test
    void a_source_that_does_not_work_yet_says_which_ones_do(@TempDir Path data) {
        assertThatThrownBy(() -> open(data)
                        .resolve(ImageReference.parse("images:debian/12"), Fetching.IF_MISSING, CACHE, line -> {}))
                .isInstanceOfSatisfying(
                        ImageException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(ImageException.Kind.UNAVAILABLE))
                .hasMessageStartingWith("images:debian/12 is ")
                .hasMessageContaining("a registry's")
                .hasMessageContaining("bootstrap:debian/SUITE")
                .hasMessageContaining("host:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci:/none/layout", "oci-archive:/none/a.tar", "docker-archive:/none/a.tar"})
    void a_place_that_is_not_there_is_named(String reference, @TempDir Path data) {
        assertThatThrownBy(() ->
                        open(data).resolve(ImageReference.parse(reference), Fetching.IF_MISSING, CACHE, line -> {}))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("/none/");
    }

    private Images open(Path data) {
        return Images.open(
                data, kernel, folder -> Store.open(kernel, folder), name -> Optional.empty(), ImagesTest::none);
    }
}
