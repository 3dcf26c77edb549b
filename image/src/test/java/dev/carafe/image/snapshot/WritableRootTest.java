package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class WritableRootTest {

    /** What {@code mount(2)} is called with. */
    private record Made(String type, Path target, String options, boolean writable) {}

    private static final Path ROOT = Path.of("/c/root");

    @Test
    void one_folder_is_the_one_lower_layer() {
        assertThat(mounts(new RootFileSystem.Directory(Path.of("/i"))))
                .containsExactly(new Made(
                        "overlay",
                        ROOT,
                        "lowerdir=/i,upperdir=/c/upper,workdir=/c/work,redirect_dir=off,metacopy=off",
                        true));
    }

    @Test
    void layers_are_joined_with_the_writable_one_in_one_mount() {
        assertThat(mounts(new RootFileSystem.Overlay(List.of(Path.of("/top"), Path.of("/bottom")))))
                .containsExactly(new Made(
                        "overlay",
                        ROOT,
                        "lowerdir=/top:/bottom,upperdir=/c/upper,workdir=/c/work,redirect_dir=off,metacopy=off",
                        true));
    }

    @Test
    void what_lies_in_its_own_base_goes_on_top_of_a_file_system_made_of_the_base() {
        RootFileSystem view = new RootFileSystem.View(List.of(Path.of("/d/hide")), Path.of("/"), Path.of("/d/view"));
        assertThat(mounts(view))
                .containsExactly(
                        new Made("tmpfs", Path.of("/d/view"), "mode=0755,size=4k", false),
                        new Made("overlay", Path.of("/d/view"), "lowerdir=/d/view:/", false),
                        new Made(
                                "overlay",
                                ROOT,
                                "lowerdir=/d/hide:/d/view,upperdir=/c/upper,workdir=/c/work,redirect_dir=off,metacopy=off",
                                true));
        assertThat(view.layers()).containsExactly(Path.of("/d/hide"), Path.of("/"));
    }

    @Test
    void what_separates_options_is_escaped_in_folders() {
        assertThat(mounts(new RootFileSystem.Directory(Path.of("/a:b,c\\d")))
                        .getFirst()
                        .options())
                .startsWith("lowerdir=/a\\:b\\,c\\\\d,upperdir=");
    }

    private static List<Made> mounts(RootFileSystem image) {
        return new WritableRoot(image, Path.of("/c/upper"), Path.of("/c/work"))
                .mounts(ROOT).stream()
                        .map(it -> new Made(it.type(), it.target(), it.options(), it.writable()))
                        .toList();
    }
}
