package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others write is read as they read it, and what is written here is read by others. */
@Tag("root")
class LayerPeersTest {

    /** One of everything that a root file system may have. */
    private static final String TREE = """
            umask 022
            mkdir -p tree/dir/sub tree/empty tree/sticky "tree/grüße"
            cd tree
            echo text >file
            echo x >"grüße/käse"
            printf 'y' >"$(printf 'latin\\344')"
            echo setuid >setuid; chown 1000:1001 setuid; chmod 6755 setuid
            ln file dir/hard; ln file dir/sub/hard; ln -s ../file dir/soft; ln -s /nowhere/at/all dangling
            ln dir/soft dir/sub/softer
            mkfifo -m 0620 pipe; mknod -m 0660 null c 1 3; mknod -m 0600 disk b 8 17
            chmod 1777 sticky; chown 7:8 empty
            long=$(printf 'n%.0s' $(seq 1 60)); mkdir -p $long/$long/$long
            echo deep >$long/$long/$long/$long; ln -s $long/$long/$long/$long longlink
            echo longer >$(printf 'm%.0s' $(seq 1 200))
            setfattr -n user.text -v value file; setfattr -n user.binary -v 0x000a3d00ff dir
            setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 setuid
            setfattr -n trusted.mine -v y empty
            head -c 3000000 /dev/urandom >large
            truncate -s 5000000 sparse; printf abc | dd of=sparse bs=1 seek=1000000 conv=notrunc 2>/dev/null
            printf de | dd of=sparse bs=1 seek=4999998 conv=notrunc 2>/dev/null
            : >nothing
            find . -depth -exec touch -h -d @1600000000 {} +
            touch -h -d @1600000001.5 file dir dangling; touch -d @-1000 nothing; touch -d @9000000000 pipe
            """;

    @TempDir
    private Path base;

    private Shell shell;

    @BeforeEach
    void make_a_tree() throws Exception {
        shell = new Shell(base);
        shell.run(TREE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tar --format=posix --xattrs --xattrs-include=* -cf archive .",
                "tar --format=posix --xattrs --xattrs-include=* --sparse --sparse-version=1.0 -cf archive .",
                "tar --format=posix --xattrs --xattrs-include=* --sparse --sparse-version=0.1 -cf archive .",
                "tar --format=posix --xattrs --xattrs-include=* --sparse --sparse-version=0.0 -cf archive .",
                "tar --format=posix --xattrs --xattrs-include=* -czf archive .",
                "tar --format=posix --xattrs --xattrs-include=* --zstd -cf archive .",
                "tar --format=posix --xattrs --xattrs-include=* -cJf archive .",
                "bsdtar --format=pax -cf archive .",
                "bsdtar --format=pax --read-sparse -cf archive ."
            })
    void an_archive_with_everything_becomes_the_tree_that_it_was_made_of(String command) throws Exception {
        shell.run("cd tree && " + command.replace("archive", "../archive"));
        assertThat(unpacked()).isEqualTo(new Folder(base.resolve("tree")).description());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tar --format=gnu -cf archive .",
                "tar --format=gnu --sparse -cf archive .",
                "bsdtar --format=gnutar -cf archive .",
                "tar --format=posix --no-xattrs -cf archive ."
            })
    void an_archive_that_keeps_less_becomes_what_its_maker_makes_of_it(String command) throws Exception {
        shell.run("cd tree && " + command.replace("archive", "../archive"));
        shell.run("mkdir other && cd other && " + program(command) + " --numeric-owner -xpf ../archive");
        assertThat(withoutRoot(unpacked())).isEqualTo(withoutRoot(new Folder(base.resolve("other")).description()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tar --format=v7 --exclude=./n* --exclude=./m* --exclude=./l* --exclude=./pipe --exclude=./disk "
                        + "--exclude=./nothing -cf archive .",
                "tar --format=ustar --exclude=./pipe --exclude=./nothing --exclude=./m* -cf archive .",
                "bsdtar --format=ustar --exclude ./pipe --exclude ./nothing --exclude './m*' -cf archive ."
            })
    void so_do_the_old_forms(String command) throws Exception {
        shell.run("cd tree && (" + command.replace("archive", "../archive") + " || :)");
        shell.run("mkdir other && cd other && " + program(command) + " --numeric-owner -xpf ../archive");
        assertThat(withoutRoot(unpacked())).isEqualTo(withoutRoot(new Folder(base.resolve("other")).description()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tar --numeric-owner --xattrs --xattrs-include=* -xpf", "bsdtar --numeric-owner -xpf"})
    void what_is_written_here_becomes_the_same_tree_with_others(String command) throws Exception {
        write("archive");
        shell.run("mkdir other && cd other && " + command + " ../archive");
        assertThat(withoutRoot(new Folder(base.resolve("other")).description()))
                .isEqualTo(withoutRoot(new Folder(base.resolve("tree")).description()));
        assertThat(unpacked()).isEqualTo(new Folder(base.resolve("tree")).description());
    }

    @Test
    void what_is_written_here_is_an_image_layer_to_umoci_and_skopeo() throws Exception {
        shell.run("rm tree/latin* && setfattr -x trusted.mine tree/empty");
        Digest digest = write("archive");
        shell.run("""
                gzip -nk archive
                umoci init --layout image
                umoci new --image image:one
                umoci raw add-layer --image image:one archive
                skopeo copy -q oci:image:one oci:copy:one
                umoci unpack --image copy:one bundle
                """);
        assertThat(shell.run("umoci stat --json --image copy:one; cat copy/blobs/sha256/*"))
                .contains(digest.toString());
        assertThat(withoutRoot(new Folder(base.resolve("bundle/rootfs")).description()))
                .isEqualTo(withoutRoot(new Folder(base.resolve("tree")).description()));
    }

    @Test
    void layers_joined_by_the_kernel_are_the_tree_that_they_make_one_on_the_other() throws Exception {
        byte[] first = new TarBytes()
                .directory("./", h -> h.mode(0755))
                .directory("tmp/", h -> h.mode(01777))
                .directory("etc/", h -> h.mode(0751))
                .file("etc/passwd", "old")
                .file("etc/gone", "old")
                .directory("covered/")
                .file("covered/old", "old")
                .file("covered/sub/old", "old")
                .directory("removed/")
                .file("removed/old", "old")
                .directory("again/")
                .file("again/old", "old")
                .directory("type/")
                .file("type/old", "old")
                .file("kind", "old")
                .end();
        byte[] second = new TarBytes()
                .file("tmp/new", "new")
                .file("etc/passwd", "new")
                .file("etc/.wh.gone", "")
                .file("covered/new", "new")
                .directory("covered/", h -> h.mode(0700))
                .file("covered/.wh..wh..opq", "")
                .file(".wh.removed", "")
                .file("again/new", "new")
                .directory("again/")
                .file(".wh.again", "")
                .file("type", "new")
                .directory("kind/")
                .file("kind/new", "new")
                .hardLink("tmp/tool", "etc/passwd")
                .end();
        byte[] third = new TarBytes()
                .directory("type/")
                .file("type/newer", "newer")
                .file("removed/newer", "newer")
                .directory("removed/")
                .file("kind/.wh.new", "")
                .end();
        Folder plain = new Folder(base).below("plain");
        Folder around = new Folder(base);
        List<String> names = List.of("first", "second", "third");
        List<byte[]> tars = List.of(first, second, third);
        for (int i = 0; i < tars.size(); i++) {
            unpack(LayerForm.PLAIN, tars.get(i), plain);
            Folder layer = around.below(names.get(i));
            Unpacked unpacked = unpack(LayerForm.OVERLAY, tars.get(i), layer);
            if (i > 0) {
                try (Fd fd = layer.open();
                        Fd bottom = new Folder(base.resolve("first")).open();
                        Fd middle = new Folder(base.resolve("second")).open()) {
                    new ImpliedDirectories(Folder.KERNEL, LayerForm.OVERLAY)
                            .patch(fd, unpacked, i == 1 ? List.of(bottom) : List.of(middle, bottom));
                }
            }
        }
        String list = "cd %s && find . -printf '%%p %%y %%m %%U:%%G %%T@ %%l ' -exec sh -c "
                + "'[ -f \"$1\" ] && cat \"$1\"; echo' x {} \\; | sort";
        String joined = shell.run("mkdir joined && unshare -m sh -euc 'mount -t overlay overlay -o "
                + "lowerdir=third:second:first joined && sh -c \"$1\"' x \""
                + list.formatted("joined").replace("\"", "\\\"").replace("$", "\\$")
                + "\"");
        assertThat(joined).isEqualTo(shell.run(list.formatted("plain"))).contains("./tmp d 1777", "./removed/newer");
        try (Fd one = new Folder(base.resolve("first")).open();
                Fd two = new Folder(base.resolve("second")).open();
                Fd three = new Folder(base.resolve("third")).open();
                Fd flat = plain.open()) {
            var fromLayers = new ByteArrayOutputStream();
            var fromPlain = new ByteArrayOutputStream();
            LayerWriter.of(Folder.KERNEL, LayerForm.OVERLAY).tree(List.of(three, two, one), fromLayers);
            LayerWriter.of(Folder.KERNEL, LayerForm.PLAIN).tree(List.of(flat), fromPlain);
            assertThat(fromLayers.toByteArray()).isEqualTo(fromPlain.toByteArray());
        }
    }

    private static String program(String command) {
        return command.substring(0, command.indexOf(' '));
    }

    private SortedMap<String, String> unpacked() throws IOException {
        byte[] archive;
        try (Fd fd = Folder.KERNEL.files().open(Fd.CWD, base + "/archive", 0)) {
            archive = Folder.KERNEL.files().readAll(fd, 64 << 20);
        }
        Folder folder = new Folder(base).below("unpacked");
        try (Fd fd = folder.open()) {
            LayerUnpacker.of(Folder.KERNEL, LayerForm.OVERLAY)
                    .unpack(Compression.decompressAny(new ByteArrayInputStream(archive)), fd);
        }
        return folder.description();
    }

    private static Unpacked unpack(LayerForm form, byte[] tar, Folder folder) throws IOException {
        try (Fd fd = folder.open()) {
            return LayerUnpacker.of(Folder.KERNEL, form).unpack(new ByteArrayInputStream(tar), fd);
        }
    }

    private Digest write(String archive) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (Fd tree = new Folder(base.resolve("tree")).open();
                OutputStream output = bytes) {
            LayerWriter.of(Folder.KERNEL, LayerForm.OVERLAY).difference(List.of(), List.of(tree), output);
        }
        try (Fd file =
                Folder.KERNEL.files().open(Fd.CWD, base + "/" + archive, OpenFlags.CREAT | OpenFlags.WRONLY, 0644, 0)) {
            Folder.KERNEL.files().write(file, bytes.toByteArray());
        }
        return Digest.of(bytes.toByteArray());
    }

    /** bsdtar and umoci leave the folder that they unpack to as it is. */
    private static SortedMap<String, String> withoutRoot(SortedMap<String, String> description) {
        SortedMap<String, String> without = new TreeMap<>(description);
        without.remove("");
        return without;
    }
}
