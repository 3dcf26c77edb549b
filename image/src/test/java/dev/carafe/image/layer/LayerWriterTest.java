package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LayerWriterTest {

    private static final LayerWriter WRITER = LayerWriter.of(Folder.KERNEL, LayerForm.OVERLAY);

    private static final String BEFORE = """
            mkdir -p before/etc before/gone/deep before/same/sub before/became
            cd before
            echo old >etc/passwd; echo same >etc/same; echo x >gone/deep/f; echo y >same/sub/f; echo z >became/f
            echo l1 >l1; ln l1 l2; ln -s etc/passwd link; echo file >kind; mkdir mode; chmod 700 mode
            echo aaaa >sly; setfattr -n user.x -v 1 etc/same
            find . -depth -exec touch -h -d @1600000000 {} +
            """;

    private static final String CHANGES = """
            echo new >etc/passwd; rm -r gone; rm -r became; echo now >became; rm kind; mkdir kind; echo in >kind/f
            echo added >same/sub/g; rm l2; ln -sfn etc/same link; chmod 1755 mode; setfattr -n user.x -v 2 etc/same
            touch -d @1600000000 etc/same
            mkdir -p new/dir; echo n >new/dir/f; ln new/dir/f new/hard; mknod new/null c 1 3; mkfifo new/pipe
            rm -r same/sub/f
            """;

    @TempDir
    private Path base;

    private Shell shell;
    private Folder around;

    @BeforeEach
    void make_folders() throws Exception {
        shell = new Shell(base);
        around = new Folder(base);
        shell.run(BEFORE);
    }

    @Test
    void a_difference_turns_the_one_tree_into_the_other() throws Exception {
        shell.run("cp -a before after && cd after && " + CHANGES
                + "printf bbbb >sly; truncate -s 5 sly; touch -d @1600000000 sly");
        byte[] layer = difference();
        assertThat(names(layer))
                .contains(
                        ".wh.gone", ".wh.l2", "became", "etc/", "etc/passwd", "kind/", "sly", "link", "same/sub/.wh.f")
                .doesNotContain("l1", "same/sub/f", "gone/", ".wh.became");
        apply(layer, "before");
        assertThat(new Folder(base.resolve("before")).description())
                .isEqualTo(new Folder(base.resolve("after")).description());
    }

    @Test
    void trees_that_are_alike_have_no_difference() throws Exception {
        shell.run("cp -a before after");
        assertThat(names(difference())).isEmpty();
        shell.run("ln before/etc/same after/etc/linked && rm after/etc/linked && touch -d @1600000000 after/etc");
        assertThat(names(difference())).isEmpty();
    }

    @Test
    void only_what_changed_and_what_it_lies_in_is_in_a_difference() throws Exception {
        shell.run("cp -a before after && echo x >>after/same/sub/f && touch -d @1600000000 after/same/sub/f");
        assertThat(names(difference())).containsExactly("./", "same/", "same/sub/", "same/sub/f");
    }

    @Test
    void what_a_container_changed_turns_its_image_into_what_it_saw() throws Exception {
        shell.run("mkdir upper work merged after && unshare -m sh -euc '"
                + "mount -t overlay overlay -o redirect_dir=off,metacopy=off,index=off,lowerdir=before,"
                + "upperdir=upper,workdir=work merged && cd merged && "
                + CHANGES.replace("\n", "; ").replace("; ;", ";")
                + " cp -a . ../after; touch -r . ../after'");
        byte[] layer;
        try (Fd upper = new Folder(base.resolve("upper")).open()) {
            var bytes = new ByteArrayOutputStream();
            WRITER.upper(upper, bytes);
            layer = bytes.toByteArray();
        }
        assertThat(names(layer)).contains("./", ".wh.gone", "kind/.wh..wh..opq", "became", "new/hard");
        apply(layer, "before");
        assertThat(new Folder(base.resolve("before")).description())
                .isEqualTo(new Folder(base.resolve("after")).description());
    }

    @Test
    void the_upper_folder_that_comes_of_a_layer_is_that_layer() throws Exception {
        byte[] layer = new TarBytes()
                .directory("./")
                .directory("a/")
                .entry('0', "a/.wh..wh..opq", h -> h.mode(0600).time(0))
                .file("a/f", "x")
                .entry('0', "b", h -> {})
                .entry('0', ".wh.c", h -> h.mode(0600).time(0))
                .end();
        Folder folder = around.below("unpacked");
        try (Fd fd = folder.open()) {
            LayerUnpacker.of(Folder.KERNEL, LayerForm.OVERLAY).unpack(new ByteArrayInputStream(layer), fd);
            var bytes = new ByteArrayOutputStream();
            LayerWriter.Written written = WRITER.upper(fd, bytes);
            assertThat(written.bytes()).isEqualTo(bytes.size());
            assertThat(written.entries()).isEqualTo(6);
            // All but the order, which is that of the names.
            assertThat(names(bytes.toByteArray())).containsExactly("./", "a/", "a/.wh..wh..opq", "a/f", "b", ".wh.c");
        }
    }

    @Test
    void equal_trees_become_equal_bytes() throws Exception {
        // Made in another order, so that the directories have theirs.
        shell.run("mkdir other && cd before && for f in sly same mode link l2 kind became gone etc; do "
                + "cp -a $f ../other/$f; done; ln ../other/l2 ../other/l1; touch -h -d @1600000000 ../other");
        assertThat(tree("other")).isEqualTo(tree("before"));
    }

    @Test
    void what_archives_cannot_have_is_left_out_or_refused() throws Exception {
        Folder folder = around.below("odd");
        Folder.KERNEL.files().makeNode(Fd.CWD, folder.root() + "/socket", FileStatus.TYPE_SOCKET | 0600, 0);
        try (Fd fd = folder.open()) {
            var bytes = new ByteArrayOutputStream();
            LayerWriter.Written written = WRITER.upper(fd, bytes);
            assertThat(names(bytes.toByteArray())).containsExactly("./");
            assertThat(written.warnings()).containsExactly("\"socket\": left out: archives have no sockets");
            folder.file(".wh.evil", "");
            assertThatThrownBy(() -> WRITER.upper(fd, new ByteArrayOutputStream()))
                    .isInstanceOf(LayerException.class)
                    .hasMessageContaining("\".wh.evil\"");
            bytes.reset();
            WRITER.tree(List.of(fd), bytes);
            assertThat(names(bytes.toByteArray())).containsExactly("./", ".wh.evil");
        }
    }

    @Test
    void folders_in_which_overlayfs_keeps_less_than_files_are_refused() throws Exception {
        Folder folder = around.below("odd");
        folder.below("renamed");
        folder.setAttribute("renamed", "trusted.overlay.redirect", "/old".getBytes(StandardCharsets.US_ASCII));
        try (Fd fd = folder.open()) {
            assertThatThrownBy(() -> WRITER.upper(fd, new ByteArrayOutputStream()))
                    .isInstanceOf(LayerException.class)
                    .hasMessageContaining("trusted.overlay.redirect");
        }
    }

    @Test
    void ids_are_those_of_the_layer() throws Exception {
        List<Owners.Range> range = List.of(new Owners.Range(0, 100_000, 65536));
        shell.run("chown -R 100005:100006 before");
        var bytes = new ByteArrayOutputStream();
        try (Fd fd = new Folder(base.resolve("before")).open()) {
            new LayerWriter(Folder.KERNEL, LayerForm.OVERLAY, new Owners.Mapped(range, range)).tree(List.of(fd), bytes);
            assertThat(entries(bytes.toByteArray()))
                    .isNotEmpty()
                    .allMatch(entry -> entry.uid() == 5 && entry.gid() == 6);
            shell.run("chown 5 before/etc/passwd");
            assertThatThrownBy(() -> new LayerWriter(Folder.KERNEL, LayerForm.OVERLAY, new Owners.Mapped(range, range))
                            .tree(List.of(fd), new ByteArrayOutputStream()))
                    .isInstanceOf(LayerException.class)
                    .hasMessageContaining("\"etc/passwd\"")
                    .hasMessageContaining("user 5");
        }
    }

    @Test
    void a_file_that_shrinks_while_it_is_read_is_an_error() throws Exception {
        shell.run("truncate -s 3000000 before/big");
        try (Fd fd = new Folder(base.resolve("before")).open()) {
            var shrinking = new ByteArrayOutputStream() {
                @Override
                public synchronized void write(byte[] bytes, int offset, int length) {
                    super.write(bytes, offset, length);
                    if (size() > 1_000_000) {
                        try (Fd big = Folder.KERNEL.files().open(Fd.CWD, base + "/before/big", 1)) {
                            Folder.KERNEL.files().truncate(big, 10);
                        }
                    }
                }
            };
            assertThatThrownBy(() -> WRITER.tree(List.of(fd), shrinking))
                    .isInstanceOf(LayerException.class)
                    .hasMessageContaining("\"big\": it changed while it was read");
        }
    }

    private byte[] difference() throws IOException {
        try (Fd before = new Folder(base.resolve("before")).open();
                Fd after = new Folder(base.resolve("after")).open()) {
            var bytes = new ByteArrayOutputStream();
            LayerWriter.of(Folder.KERNEL, LayerForm.PLAIN).difference(List.of(before), List.of(after), bytes);
            return bytes.toByteArray();
        }
    }

    private byte[] tree(String name) throws IOException {
        try (Fd fd = new Folder(base.resolve(name)).open()) {
            var bytes = new ByteArrayOutputStream();
            WRITER.tree(List.of(fd), bytes);
            return bytes.toByteArray();
        }
    }

    private void apply(byte[] layer, String name) throws IOException {
        try (Fd fd = new Folder(base.resolve(name)).open()) {
            LayerUnpacker.of(Folder.KERNEL, LayerForm.PLAIN).unpack(new ByteArrayInputStream(layer), fd);
        }
    }

    private static List<String> names(byte[] layer) throws IOException {
        return entries(layer).stream().map(TarEntry::name).toList();
    }

    private static List<TarEntry> entries(byte[] layer) throws IOException {
        List<TarEntry> entries = new ArrayList<>();
        var reader = new TarReader(Chunks.of(new ByteArrayInputStream(layer)), LayerLimits.usual());
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries.add(entry.get());
        }
        return entries;
    }
}
