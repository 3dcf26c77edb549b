package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileNames;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("root")
class LayerUnpackerTest {

    private static final LayerUnpacker OVERLAY = LayerUnpacker.of(Folder.KERNEL, LayerForm.OVERLAY);
    private static final LayerUnpacker PLAIN = LayerUnpacker.of(Folder.KERNEL, LayerForm.PLAIN);

    @TempDir
    private Path base;

    private Folder folder;

    @BeforeEach
    void make_a_folder() {
        folder = new Folder(base).below("layer");
    }

    @Test
    void a_file_has_its_content_owner_mode_attributes_and_time() throws IOException {
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .pax("mtime=1700000000.123456789", "SCHILY.xattr.user.binary=\0\u0001\n=\uDCFF")
                        .file("f", "text", h -> h.mode(04751).owner(12, 34)));
        FileStatus status = folder.status("f");
        assertThat(folder.text("f")).isEqualTo("text");
        assertThat(status.mode()).isEqualTo(FileStatus.TYPE_REGULAR | 04751);
        assertThat(status.uid()).isEqualTo(12);
        assertThat(status.gid()).isEqualTo(34);
        assertThat(status.modifiedNanos()).isEqualTo(1_700_000_000_123_456_789L);
        assertThat(folder.attribute("f", "user.binary"))
                .hasValueSatisfying(value -> assertThat(value).containsExactly(0, 1, '\n', '=', 0xff));
    }

    @Test
    void times_before_the_epoch_are_times() throws IOException {
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .pax("mtime=-1.25")
                        .file("a", "")
                        .pax("mtime=-0.5")
                        .directory("b/")
                        .entry('2', "c", h -> h.text(157, "x").binary(136, 12, -86400)));
        assertThat(folder.status("a").modifiedNanos()).isEqualTo(-1_250_000_000L);
        assertThat(folder.status("b").modifiedNanos()).isEqualTo(-500_000_000L);
        assertThat(folder.status("c").modifiedNanos()).isEqualTo(-86_400_000_000_000L);
    }

    @Test
    void capabilities_outlive_the_change_of_owner() throws IOException {
        String capability = "SCHILY.xattr.security.capability=\u0001\0\0\u0002\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .pax(capability)
                        .file("ping", "x", h -> h.mode(0755).owner(5, 5)));
        assertThat(folder.attribute("ping", "security.capability"))
                .hasValueSatisfying(value -> assertThat(value).hasSize(20));
    }

    @Test
    void directories_keep_their_times_and_modes_whatever_comes_into_them_later() throws IOException {
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .directory("./", h -> h.mode(0711).time(10))
                        .directory("d/", h -> h.mode(0555).time(20))
                        .directory("d/e/", h -> h.mode(01777).time(30).owner(7, 7))
                        .file("d/e/f", "x")
                        .file("d/g", "x")
                        .file("h", "x"));
        assertThat(folder.status("").mode() & 07777).isEqualTo(0711);
        assertThat(folder.status("").modifiedNanos()).isEqualTo(10_000_000_000L);
        assertThat(folder.status("d").mode() & 07777).isEqualTo(0555);
        assertThat(folder.status("d").modifiedNanos()).isEqualTo(20_000_000_000L);
        assertThat(folder.status("d/e").mode() & 07777).isEqualTo(01777);
        assertThat(folder.status("d/e").uid()).isEqualTo(7);
        assertThat(folder.status("d/e").modifiedNanos()).isEqualTo(30_000_000_000L);
    }

    @Test
    void links_devices_and_pipes_are_made() throws IOException {
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .file("f", "x")
                        .hardLink("h", "./f")
                        .entry('2', "l", h -> h.text(157, "/etc/passwd").owner(3, 4))
                        .hardLink("hl", "l")
                        .entry('3', "null", h -> h.device(1, 3).mode(0666))
                        .entry('4', "disk", h -> h.device(8, 300).mode(0600))
                        .entry('6', "pipe", h -> h.mode(0622)));
        assertThat(folder.status("h").inode()).isEqualTo(folder.status("f").inode());
        assertThat(folder.status("hl").inode()).isEqualTo(folder.status("l").inode());
        assertThat(folder.link("l")).isEqualTo("/etc/passwd");
        assertThat(folder.status("l").uid()).isEqualTo(3);
        assertThat(folder.status("null").mode()).isEqualTo(FileStatus.TYPE_CHARACTER | 0666);
        assertThat(folder.status("null").specialDevice()).isEqualTo(FileStatus.device(1, 3));
        assertThat(folder.status("disk").specialDevice()).isEqualTo(FileStatus.device(8, 300));
        assertThat(folder.status("pipe").mode()).isEqualTo(FileStatus.TYPE_FIFO | 0622);
    }

    @Test
    void names_need_not_be_text() throws IOException {
        String name = "m\uDCFCll";
        unpack(
                OVERLAY,
                folder,
                new TarBytes().file(name, "raw").pax("path=d/" + name).file("x", "extended"));
        assertThat(folder.text(name)).isEqualTo("raw");
        assertThat(folder.text("d/" + name)).isEqualTo("extended");
    }

    @Test
    void what_a_layer_removes_becomes_overlayfs_marks() throws IOException {
        Unpacked unpacked = unpack(
                OVERLAY, folder, new TarBytes().file("etc/.wh.passwd", "").file("var/.wh..wh..opq", ""));
        assertThat(folder.isWhiteout("etc/passwd")).isTrue();
        assertThat(folder.isOpaque("var")).isTrue();
        assertThat(folder.isOpaque("etc")).isFalse();
        assertThat(folder.names("etc")).containsExactly("passwd");
        assertThat(folder.names("var")).isEmpty();
        assertThat(unpacked.implied()).containsExactly("", "etc", "var");
        assertThat(unpacked.coversAll()).isFalse();
    }

    @Test
    void a_removal_only_means_the_layers_below_whatever_its_place() throws IOException {
        unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .file("a", "x")
                        .file(".wh.a", "")
                        .file(".wh.b", "")
                        .file("b", "x")
                        .directory("c/")
                        .file("c/f", "x")
                        .file(".wh.c", "")
                        .file(".wh.d", "")
                        .directory("d/")
                        .file(".wh.e", "")
                        .file("e/f", "x")
                        .file("g/f", "x")
                        .file("g/.wh..wh..opq", ""));
        assertThat(folder.text("a")).isEqualTo("x");
        assertThat(folder.text("b")).isEqualTo("x");
        assertThat(folder.text("c/f")).isEqualTo("x");
        assertThat(folder.text("e/f")).isEqualTo("x");
        assertThat(folder.text("g/f")).isEqualTo("x");
        for (String covered : List.of("c", "d", "e", "g")) {
            assertThat(folder.isOpaque(covered)).as(covered).isTrue();
        }
    }

    @Test
    void a_layer_that_covers_all_says_so() throws IOException {
        assertThat(unpack(
                                OVERLAY,
                                folder,
                                new TarBytes().file(".wh..wh..opq", "").file("f", "x"))
                        .coversAll())
                .isTrue();
    }

    @Test
    void marks_for_users_without_privilege_are_theirs() throws IOException {
        unpack(
                LayerUnpacker.of(Folder.KERNEL, LayerForm.USER_OVERLAY),
                folder,
                new TarBytes().file("d/.wh..wh..opq", "").file("d/.wh.x", ""));
        assertThat(folder.attribute("d", "user.overlay.opaque")).isPresent();
        assertThat(folder.isOpaque("d")).isFalse();
        assertThat(folder.isWhiteout("d/x")).isTrue();
    }

    @Test
    void directories_that_are_only_gone_through_become_those_of_the_layers_below() throws IOException {
        Folder lower = new Folder(base).below("lower");
        unpack(
                OVERLAY,
                lower,
                new TarBytes()
                        .directory("./", h -> h.mode(0751).time(1))
                        .pax("SCHILY.xattr.user.x=y", "mtime=5.5")
                        .directory("tmp/", h -> h.mode(01777).owner(1, 2))
                        .directory("gone/", h -> h.mode(0700)));
        Folder middle = new Folder(base).below("middle");
        unpack(
                OVERLAY,
                middle,
                new TarBytes().directory("./", h -> h.mode(0750).time(2)).file(".wh.gone", ""));
        Unpacked unpacked =
                unpack(OVERLAY, folder, new TarBytes().file("tmp/f", "x").file("gone/new/f", "x"));
        assertThat(unpacked.implied()).containsExactly("", "gone", "gone/new", "tmp");
        assertThat(folder.status("tmp").mode() & 07777).isEqualTo(0755);
        try (Fd fd = folder.open();
                Fd top = middle.open();
                Fd bottom = lower.open()) {
            for (int again = 0; again < 2; again++) {
                new ImpliedDirectories(Folder.KERNEL, LayerForm.OVERLAY).patch(fd, unpacked, List.of(top, bottom));
                assertThat(folder.description().get("tmp"))
                        .isEqualTo(lower.description().get("tmp"));
                assertThat(folder.status("").mode() & 07777).isEqualTo(0750);
                assertThat(folder.status("").modifiedNanos()).isEqualTo(2_000_000_000L);
                assertThat(folder.status("gone").mode() & 07777).isEqualTo(0755);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LayerForm.class)
    void a_hard_link_means_the_same_file_whatever_it_replaces(LayerForm form) throws IOException {
        LayerUnpacker unpacker = LayerUnpacker.of(Folder.KERNEL, form);
        unpack(
                unpacker,
                folder,
                new TarBytes()
                        .file("f", "wrong")
                        .file("d/f", "right")
                        .directory("h/")
                        .hardLink("h", "d/f")
                        .link("l", "d")
                        .hardLink("l", "l/f"));
        assertThat(folder.text("h")).isEqualTo("right");
        assertThat(folder.text("l")).isEqualTo("right");
    }

    @Test
    void a_file_or_a_link_of_a_layer_below_is_no_directory_to_go_through() throws IOException {
        unpack(
                PLAIN,
                folder,
                new TarBytes().directory("usr/lib/").link("lib", "usr/lib").file("etc", "old"));
        unpack(PLAIN, folder, new TarBytes().file("lib/f", "x").file("etc/f", "x"));
        assertThat(folder.text("lib/f")).isEqualTo("x");
        assertThat(folder.text("etc/f")).isEqualTo("x");
        assertThat(folder.names("usr/lib")).isEmpty();
    }

    @Test
    void a_hard_link_to_a_file_below_brings_that_along() throws IOException {
        Folder lower = new Folder(base).below("lower");
        unpack(
                OVERLAY,
                lower,
                new TarBytes()
                        .pax("SCHILY.xattr.user.x=y")
                        .file("bin/tool", "text", h -> h.mode(04755).owner(9, 9).time(77)));
        var asked = new AtomicInteger();
        try (Fd below = lower.open()) {
            LayerUnpacker unpacker = OVERLAY.withLower(() -> {
                asked.incrementAndGet();
                return List.of(below);
            });
            unpack(
                    unpacker,
                    new Folder(base).below("none"),
                    new TarBytes().file("f", "x").hardLink("g", "f"));
            assertThat(asked).hasValue(0);
            unpack(
                    unpacker,
                    folder,
                    new TarBytes().hardLink("bin/alias", "/bin/tool").hardLink("other", "bin/tool"));
            assertThat(asked).hasValue(1);
        }
        assertThat(folder.text("bin/alias")).isEqualTo("text");
        assertThat(folder.status("bin/tool").links()).isEqualTo(3);
        String line = String.valueOf(lower.description().get("bin/tool"));
        assertThat(folder.description()).containsEntry("other", line.replace("links 1", "links 3"));
        assertThat(lower.status("bin/tool").links()).isEqualTo(1);
    }

    @Test
    void a_hard_link_to_what_a_layer_below_has_removed_is_refused() throws IOException {
        Folder lower = new Folder(base).below("lower");
        Folder middle = new Folder(base).below("middle");
        unpack(OVERLAY, lower, new TarBytes().file("d/f", "x").file("e/f", "x"));
        unpack(OVERLAY, middle, new TarBytes().file("d/.wh.f", "").file("e/.wh..wh..opq", ""));
        try (Fd top = middle.open();
                Fd bottom = lower.open()) {
            LayerUnpacker unpacker = OVERLAY.withLower(() -> List.of(top, bottom));
            for (String target : List.of("d/f", "e/f")) {
                assertThatThrownBy(() -> unpack(unpacker, folder, new TarBytes().hardLink("h", target)))
                        .isInstanceOf(LayerException.class)
                        .hasMessageContaining("there is no \"" + target + "\" to link to");
            }
        }
    }

    @Test
    void labels_are_left_out_and_forged_marks_with_a_warning() throws IOException {
        Unpacked unpacked = unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .pax("SCHILY.xattr.security.selinux=u:r:t:s0", "SCHILY.xattr.user.overlay.opaque=y")
                        .directory("d/"));
        assertThat(folder.attribute("d", "security.selinux")).isEmpty();
        assertThat(folder.attribute("d", "user.overlay.opaque")).isEmpty();
        assertThat(unpacked.warnings()).hasSize(1).first().asString().contains("user.overlay.opaque");
    }

    @Test
    void attributes_that_a_file_cannot_have_are_left_out() throws IOException {
        Unpacked unpacked = unpack(
                OVERLAY,
                folder,
                new TarBytes()
                        .pax("SCHILY.xattr.user.x=y")
                        .link("l", "x")
                        .pax("SCHILY.xattr.nobody.knows=y")
                        .file("f", "x"));
        assertThat(folder.link("l")).isEqualTo("x");
        assertThat(folder.text("f")).isEqualTo("x");
        assertThat(unpacked.warnings()).hasSize(1).first().asString().contains("nobody.knows");
    }

    @Test
    void ids_are_mapped_and_those_that_are_not_are_refused() throws IOException {
        List<Owners.Range> ranges = List.of(new Owners.Range(0, 100_000, 1000), new Owners.Range(5000, 200_000, 1));
        LayerUnpacker unpacker = OVERLAY.withOwners(new Owners.Mapped(ranges, ranges));
        ByteBuffer list = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
        for (int[] entry : new int[][] {{1, 6, -1}, {2, 6, 7}, {4, 4, -1}, {0x10, 6, -1}, {0x20, 4, -1}}) {
            list.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
        }
        String access = "SCHILY.xattr.system.posix_acl_access=" + FileNames.text(list.array());
        unpack(
                unpacker,
                folder,
                new TarBytes()
                        .pax(access)
                        .file("a/f", "x", h -> h.owner(999, 0))
                        .file("g", "x", h -> h.owner(5000, 5000)));
        assertThat(folder.status("a/f").uid()).isEqualTo(100_999);
        assertThat(folder.status("a/f").gid()).isEqualTo(100_000);
        assertThat(folder.status("a").uid()).isEqualTo(100_000);
        assertThat(folder.status("g").uid()).isEqualTo(200_000);
        assertThat(folder.attribute("a/f", "system.posix_acl_access"))
                .hasValueSatisfying(value -> assertThat(ByteBuffer.wrap(value)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getInt(16))
                        .isEqualTo(100_007));
        for (long id : new long[] {1000, 4999, 5001}) {
            assertThatThrownBy(() -> unpack(unpacker, folder, new TarBytes().file("h", "x", h -> h.owner(0, id))))
                    .isInstanceOfSatisfying(
                            LayerException.class,
                            exception -> assertThat(exception.kind()).isEqualTo(FORBIDDEN))
                    .hasMessageContaining("group " + id);
        }
    }

    @Test
    void what_directories_hand_down_does_not_reach_what_the_layer_has() throws IOException {
        ByteBuffer list = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
        for (int[] entry : new int[][] {{1, 7, -1}, {2, 7, 7}, {4, 7, -1}, {0x10, 7, -1}, {0x20, 7, -1}}) {
            list.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
        }
        String hands = "SCHILY.xattr.system.posix_acl_default=" + FileNames.text(list.array());
        unpack(
                PLAIN,
                folder,
                new TarBytes().pax(hands).directory("d/").file("d/f", "x").directory("d/e/"));
        unpack(PLAIN, folder, new TarBytes().file("d/g", "x"));
        for (String name : List.of("d/f", "d/e", "d/g")) {
            assertThat(folder.attribute(name, "system.posix_acl_access"))
                    .as(name)
                    .isEmpty();
            assertThat(folder.attribute(name, "system.posix_acl_default"))
                    .as(name)
                    .isEmpty();
        }
        assertThat(folder.status("d/g").mode() & 07777).isEqualTo(0644);
        assertThat(folder.attribute("d", "system.posix_acl_default"))
                .hasValueSatisfying(value -> assertThat(value).isEqualTo(list.array()));
    }

    @Test
    void layers_are_applied_to_a_folder_one_on_the_other() throws IOException {
        unpack(
                PLAIN,
                folder,
                new TarBytes()
                        .directory("./", h -> h.mode(0755).time(1))
                        .directory("keep/", h -> h.mode(01777).time(2))
                        .file("keep/old", "old")
                        .file("keep/both", "old")
                        .directory("tree/")
                        .file("tree/a/b/c", "old")
                        .directory("covered/", h -> h.time(3))
                        .file("covered/old", "old")
                        .file("covered/sub/old", "old")
                        .file("type", "old")
                        .directory("dir/")
                        .file("dir/old", "old"));
        Unpacked unpacked = unpack(
                PLAIN,
                folder,
                new TarBytes()
                        .file("keep/.wh.old", "")
                        .file("keep/both", "new")
                        .file("keep/.wh.both", "")
                        .file(".wh.tree", "")
                        .file("covered/new", "new")
                        .file("covered/sub/new", "new")
                        .file("covered/.wh..wh..opq", "")
                        .directory("type/")
                        .file("dir", "new"));
        assertThat(folder.names("")).containsExactly("covered", "dir", "keep", "type");
        assertThat(folder.names("keep")).containsExactly("both");
        assertThat(folder.text("keep/both")).isEqualTo("new");
        assertThat(folder.names("covered")).containsExactly("new", "sub");
        assertThat(folder.names("covered/sub")).containsExactly("new");
        assertThat(folder.names("type")).isEmpty();
        assertThat(folder.text("dir")).isEqualTo("new");
        assertThat(folder.status("keep").modifiedNanos()).isEqualTo(2_000_000_000L);
        assertThat(folder.status("keep").mode() & 07777).isEqualTo(01777);
        assertThat(folder.status("").modifiedNanos()).isEqualTo(1_000_000_000L);
        assertThat(unpacked.implied()).isEmpty();
    }

    @Test
    void a_directory_again_is_the_same_one_with_other_properties() throws IOException {
        unpack(
                PLAIN,
                folder,
                new TarBytes().pax("SCHILY.xattr.user.old=y").directory("d/").file("d/f", "x"));
        unpack(PLAIN, folder, new TarBytes().pax("SCHILY.xattr.user.new=y").directory("d/", h -> h.mode(0700)));
        assertThat(folder.text("d/f")).isEqualTo("x");
        assertThat(folder.status("d").mode() & 07777).isEqualTo(0700);
        assertThat(folder.attribute("d", "user.old")).isEmpty();
        assertThat(folder.attribute("d", "user.new")).isPresent();
    }

    @Test
    void a_file_of_the_folder_that_has_other_names_is_not_written_through() throws IOException {
        folder.file("f", "shared");
        Folder.KERNEL.files().link(Fd.CWD, folder.root() + "/f", Fd.CWD, base + "/elsewhere", false);
        unpack(PLAIN, folder, new TarBytes().file("f", "new"));
        assertThat(folder.text("f")).isEqualTo("new");
        assertThat(new Folder(base).text("elsewhere")).isEqualTo("shared");
    }

    @ParameterizedTest
    @EnumSource(LayerForm.class)
    void sparse_files_have_their_holes(LayerForm form) throws IOException {
        byte[] map = Arrays.copyOf("2\n4096\n3\n1000000\n2\n".getBytes(StandardCharsets.US_ASCII), 512 + 5);
        System.arraycopy("abcde".getBytes(StandardCharsets.US_ASCII), 0, map, 512, 5);
        unpack(
                LayerUnpacker.of(Folder.KERNEL, form),
                folder,
                new TarBytes()
                        .pax(
                                "GNU.sparse.major=1",
                                "GNU.sparse.minor=0",
                                "GNU.sparse.name=new",
                                "GNU.sparse.realsize=2000000",
                                "size=517")
                        .entry('0', "GNUSparseFile.0/new", h -> {})
                        .content(map)
                        .pax("GNU.sparse.size=2000000", "GNU.sparse.map=4096,3,1000000,2")
                        .file("middle", "abcde")
                        .pax(
                                "GNU.sparse.size=2000000",
                                "GNU.sparse.numblocks=2",
                                "GNU.sparse.offset=4096",
                                "GNU.sparse.numbytes=3",
                                "GNU.sparse.offset=1000000",
                                "GNU.sparse.numbytes=2")
                        .file("first", "abcde")
                        .entry(
                                'S',
                                "old",
                                h -> h.gnu()
                                        .size(5)
                                        .octal(386, 12, 4096)
                                        .octal(398, 12, 3)
                                        .octal(410, 12, 1_000_000)
                                        .octal(422, 12, 2)
                                        .octal(483, 12, 2_000_000))
                        .content("abcde".getBytes(StandardCharsets.US_ASCII))
                        .file("after", "x"));
        for (String name : List.of("new", "middle", "first", "old")) {
            assertThat(folder.status(name).size()).as(name).isEqualTo(2_000_000);
            assertThat(folder.status(name).blocks()).as(name).isLessThan(100);
            try (Fd file = Folder.KERNEL.files().open(Fd.CWD, folder.root() + "/" + name, 0)) {
                byte[] content = Folder.KERNEL.files().readAll(file, 2_000_000);
                assertThat(new String(content, 4096, 3, StandardCharsets.US_ASCII))
                        .isEqualTo("abc");
                assertThat(new String(content, 1_000_000, 2, StandardCharsets.US_ASCII))
                        .isEqualTo("de");
            }
        }
        assertThat(folder.text("after")).isEqualTo("x");
    }

    @Test
    void a_full_disk_is_an_error_that_names_the_entry() throws IOException {
        LayerUnpacker full = new LayerUnpacker(
                Kernel.over((call, a, b, c, d, e, f) -> call == SystemCall.PWRITE64
                        ? -Errno.ENOSPC.number()
                        : Folder.KERNEL.calls().call(call, a, b, c, d, e, f)),
                LayerForm.OVERLAY,
                LayerLimits.usual(),
                Owners.same(),
                List::of);
        assertThatThrownBy(() -> unpack(full, folder, new TarBytes().file("a/big", "x")))
                .isInstanceOf(LayerException.class)
                .hasMessageContaining("\"a/big\"")
                .hasMessageContaining("no space left on device");
    }

    @Test
    void only_names_without_a_slash_are_given_to_the_kernel() throws IOException {
        List<String> paths = new ArrayList<>();
        LayerUnpacker watched = new LayerUnpacker(
                Kernel.over((call, a, b, c, d, e, f) -> {
                    switch (call) {
                        case OPENAT2, MKDIRAT, MKNODAT, UNLINKAT, FCHMODAT, FCHOWNAT, READLINKAT, STATX, UTIMENSAT -> {
                            if (b != 0) {
                                paths.add(MemorySegment.ofAddress(b)
                                        .reinterpret(4096)
                                        .getString(0));
                            }
                        }
                        default -> {}
                    }
                    return Folder.KERNEL.calls().call(call, a, b, c, d, e, f);
                }),
                LayerForm.OVERLAY,
                LayerLimits.usual(),
                Owners.same(),
                List::of);
        unpack(
                watched,
                folder,
                new TarBytes()
                        .directory("a/b/")
                        .file("a/b/f", "x")
                        .link("l", "a/b")
                        .file("l/g", "x")
                        .hardLink("h", "l/g")
                        .file("a/.wh.z", "")
                        .file("a", "x"));
        assertThat(paths).contains("f", "l").noneMatch(path -> path.contains("/") || path.equals(".."));
    }

    private static Unpacked unpack(LayerUnpacker unpacker, Folder into, TarBytes tar) throws IOException {
        try (Fd fd = into.open()) {
            return unpacker.unpack(new ByteArrayInputStream(tar.ended().bytes()), fd);
        }
    }
}
