package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {

    private static final int DEEP = 5000;

    private final Files files = Kernel.host().files();

    @TempDir
    private Path temporary;

    @Test
    void a_tree_goes_however_deep_it_is() {
        try (Fd top = files.open(Fd.CWD, temporary.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            Fd current = files.duplicate(top);
            for (int i = 0; i < DEEP; i++) {
                files.makeDirectory(current, "d", 0755);
                files.open(current, "file", OpenFlags.CREAT, 0600, 0).close();
                Fd below = files.open(current, "d", OpenFlags.RDONLY | OpenFlags.DIRECTORY);
                current.close();
                current = below;
            }
            current.close();
            new TreeRemoval(Kernel.host()).remove(top, "d");
            assertThat(files.list(top)).containsExactly("file");
        }
    }

    @Test
    void what_a_link_leads_to_stays() {
        try (Fd top = files.open(Fd.CWD, temporary.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            files.makeDirectory(top, "kept", 0755);
            files.makeDirectory(top, "kept/inside", 0755);
            files.makeDirectory(top, "tree", 0755);
            files.makeSymbolicLink("../kept", top, "tree/link");
            new TreeRemoval(Kernel.host()).remove(top, "tree");
            assertThat(files.list(top)).containsExactly("kept");
            assertThat(files.exists(top, "kept/inside")).isTrue();
        }
    }

    @Test
    void what_is_not_there_is_as_good_as_removed() {
        try (Fd top = files.open(Fd.CWD, temporary.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            new TreeRemoval(Kernel.host()).remove(top, "nothing");
            assertThat(files.list(top)).isEmpty();
        }
    }
}
