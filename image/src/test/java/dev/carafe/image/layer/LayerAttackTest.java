package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FAILED;
import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;
import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;
import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;
import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Archives that want more than a layer may have. Beside the folder that they go to lies another one, of which nothing
 * may change, whatever becomes of the archive; and the same archive without its malice does unpack.
 */
@Tag("root")
class LayerAttackTest {

    private static final Charset US = StandardCharsets.ISO_8859_1;

    private static final LayerLimits SMALL =
            new LayerLimits(1000, 1000, 50, 4095, 64 * 1024, 16 * 1024, 20_000_000, 1000);

    @TempDir
    private Path base;

    /**
     * One of them.
     *
     * @param refused how it may be refused; empty if it must unpack
     * @param then what holds of the folder if it was unpacked
     * @param control the same without malice
     * @param proof a name that the control makes
     */
    record Attack(
            String what,
            TarBytes tar,
            Set<LayerException.Kind> refused,
            Consumer<Folder> then,
            TarBytes control,
            String proof) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static final List<Attack> ATTACKS = attacks();

    static Stream<Attack> all() {
        return ATTACKS.stream();
    }

    @ParameterizedTest
    @MethodSource("all")
    void nothing_outside_changes_when_layers_are_folders_of_overlayfs(Attack attack) throws IOException {
        check(attack, LayerForm.OVERLAY);
    }

    @ParameterizedTest
    @MethodSource("all")
    void nothing_outside_changes_when_layers_are_changes(Attack attack) throws IOException {
        check(attack, LayerForm.PLAIN);
    }

    @Test
    void there_are_enough_of_them() {
        assertThat(ATTACKS).hasSizeGreaterThan(34).doesNotHaveDuplicates();
        assertThat(ATTACKS.stream().map(Attack::what)).doesNotHaveDuplicates();
    }

    private void check(Attack attack, LayerForm form) throws IOException {
        var around = new Folder(base);
        Folder outside = around.below("outside");
        outside.file("secret", "untouched").below("folder").file("victim", "untouched");
        var before = outside.description();

        LayerException refusal = null;
        Folder root = around.below("root");
        try {
            unpack(attack.tar(), form, root);
        } catch (LayerException exception) {
            refusal = exception;
        }
        assertThat(outside.description()).isEqualTo(before);
        assertThat(around.names("")).containsExactly("outside", "root");
        if (refusal != null) {
            assertThat(attack.refused()).as(refusal.getMessage()).contains(refusal.kind());
            assertThat(refusal).hasMessageNotContaining("\n").hasMessageStartingWith("layer");
            assertThat(refusal.getMessage()).hasSizeLessThan(2000);
        } else {
            assertThat(attack.refused()).as("it must be refused").isEmpty();
            attack.then().accept(root);
        }

        Folder second = around.below("control");
        unpack(attack.control(), form, second);
        assertThat(second.has(attack.proof())).as("the control").isTrue();
        assertThat(outside.description()).isEqualTo(before);
    }

    private static void unpack(TarBytes tar, LayerForm form, Folder folder) throws IOException {
        try (Fd fd = folder.open()) {
            LayerUnpacker.of(Folder.KERNEL, form).withLimits(SMALL).unpack(new ByteArrayInputStream(tar.bytes()), fd);
        }
    }

    private static List<Attack> attacks() {
        List<Attack> attacks = new ArrayList<>();
        names(attacks);
        links(attacks);
        duplicates(attacks);
        whiteouts(attacks);
        numbers(attacks);
        bombs(attacks);
        cuts(attacks);
        return attacks;
    }

    private static void names(List<Attack> all) {
        refused(
                all,
                ".. in front",
                FORBIDDEN,
                tar -> tar.file("../outside/secret", "x"),
                tar -> tar.file("f", "x"),
                "f");
        refused(
                all,
                ".. inside",
                FORBIDDEN,
                tar -> tar.directory("a/").file("a/../../outside/secret", "x"),
                tar -> tar.directory("a/").file("a/f", "x"),
                "a/f");
        refused(all, ".. alone", FORBIDDEN, tar -> tar.directory(".."), tar -> tar.directory("..a"), "..a");
        refused(all, ".. at the end", FORBIDDEN, tar -> tar.file("a/..", "x"), tar -> tar.file("a/...", "x"), "a/...");
        refused(
                all,
                ".. in an extended header",
                FORBIDDEN,
                tar -> tar.pax("path=../outside/secret").file("harmless", "x"),
                tar -> tar.pax("path=p").file("harmless", "x"),
                "p");
        refused(
                all,
                ".. in GNU's long name",
                FORBIDDEN,
                tar -> tar.extended('L', "../outside/secret\0".getBytes(US)).file("harmless", "x"),
                tar -> tar.extended('L', "l\0".getBytes(US)).file("harmless", "x"),
                "l");
        refused(
                all,
                ".. in the prefix",
                FORBIDDEN,
                tar -> tar.entry('0', "secret", header -> header.text(345, "../outside")),
                tar -> tar.entry('0', "secret", header -> header.text(345, "inside")),
                "inside/secret");
        contained(
                all,
                "an absolute name",
                tar -> tar.file("/outside/secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        contained(
                all,
                "slashes and dots without end",
                tar -> tar.file("//.//./outside//secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        refused(
                all,
                "NUL in a name",
                MALFORMED,
                tar -> tar.pax("path=f\0/../../outside/secret").file("f", "x"),
                tar -> tar.pax("path=f").file("f", "x"),
                "f");
        refused(
                all,
                "NUL in a link's target",
                MALFORMED,
                tar -> tar.pax("linkpath=a\0b").link("l", "x"),
                tar -> tar.pax("linkpath=ab").link("l", "x"),
                "l");
        refused(
                all,
                "a name that is too long for any file system",
                FAILED,
                tar -> tar.pax("path=" + "n".repeat(300)).file("x", ""),
                tar -> tar.pax("path=" + "n".repeat(255)).file("x", ""),
                "n".repeat(255));
        refused(
                all,
                "a name that is too long and has line breaks, in the kernel's answer",
                FAILED,
                tar -> tar.pax("path=" + "n\nlayer: well\n".repeat(50)).file("x", ""),
                tar -> tar.pax("path=n\n").file("x", ""),
                "n\n");
        refused(
                all,
                "a path that is too long",
                TOO_LARGE,
                tar -> tar.pax("path=" + "n/".repeat(3000)).file("x", ""),
                tar -> tar.pax("path=" + "n/".repeat(40) + "f").file("x", ""),
                "n/".repeat(40) + "f");
        refused(
                all,
                "a path that is too deep",
                TOO_LARGE,
                tar -> tar.pax("path=" + "n/".repeat(60) + "f").file("x", ""),
                tar -> tar.pax("path=" + "n/".repeat(49) + "f").file("x", ""),
                "n/".repeat(49) + "f");
        refused(
                all,
                "the root as a file",
                FORBIDDEN,
                tar -> tar.file("./", "x", header -> header.text(0, ".\0")),
                tar -> tar.directory("./").file("f", ""),
                "f");
        refused(
                all,
                "the root as a link",
                FORBIDDEN,
                tar -> tar.link("./", "../outside").file("secret", "x"),
                tar -> tar.directory("./").file("secret", "x"),
                "secret");
        contained(
                all,
                "line breaks and escapes in a name",
                tar -> tar.file("a\nb\033[2J", "x"),
                root -> assertThat(root.text("a\nb\033[2J")).isEqualTo("x"));
        refused(
                all,
                "line breaks in a name that is refused",
                FORBIDDEN,
                tar -> tar.file("a\nlayer: all is well\n/../..", "x"),
                tar -> tar.file("a\nb", "x"),
                "a\nb");
    }

    private static void links(List<Attack> all) {
        contained(
                all,
                "a link upwards, and a file through it",
                tar -> tar.link("up", "../outside").file("up/secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        contained(
                all,
                "an absolute link, and a file through it",
                tar -> tar.link("etc", "/outside").file("etc/secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        contained(
                all,
                "a link to the folder itself, and .. beside it",
                tar -> tar.link("x", ".").link("x/l", "../outside").file("x/l/secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        contained(
                all,
                "a chain of links upwards",
                tar -> tar.link("a", "..")
                        .link("a/b", "../..")
                        .link("a/b/c", "../../outside")
                        .file("a/b/c/secret", "x"),
                root -> assertThat(root.text("outside/secret")).isEqualTo("x"));
        contained(
                all,
                "a file over a link to a file outside",
                tar -> tar.link("l", "../outside/secret").file("l", "x"),
                root -> assertThat(root.text("l")).isEqualTo("x"));
        contained(
                all,
                "a directory over a link to a directory outside",
                tar -> tar.link("l", "../outside")
                        .directory("l/", h -> h.mode(0777))
                        .file("l/secret", "x"),
                root -> assertThat(root.status("l").isDirectory()).isTrue());
        contained(
                all,
                "a link over a directory that has a time and a mode to come",
                tar -> tar.directory("d/", h -> h.mode(0777)).link("d", "../outside"),
                root -> assertThat(root.link("d")).isEqualTo("../outside"));
        refused(
                all,
                "links that go round in circles",
                FORBIDDEN,
                tar -> tar.link("a", "b").link("b", "a").file("a/f", "x"),
                tar -> tar.link("a", "b").directory("b/").file("a/f", "x"),
                "b/f");
        refused(
                all,
                "a hard link upwards",
                FORBIDDEN,
                tar -> tar.hardLink("h", "../outside/secret"),
                tar -> tar.file("f", "x").hardLink("h", "f"),
                "h");
        refused(
                all,
                "a hard link to an absolute path",
                FORBIDDEN,
                tar -> tar.hardLink("h", "/etc/passwd"),
                tar -> tar.file("etc/passwd", "x").hardLink("h", "/etc/passwd"),
                "h");
        refused(
                all,
                "a hard link to what lies in the process' own directory",
                FORBIDDEN,
                tar -> tar.hardLink("h", "pom.xml"),
                tar -> tar.file("pom.xml", "x").hardLink("h", "pom.xml"),
                "h");
        refused(
                all,
                "a hard link through a link that leads out",
                FORBIDDEN,
                tar -> tar.link("up", "../outside").hardLink("h", "up/secret").file("h", "x"),
                tar -> tar.link("up", "in").file("in/secret", "x").hardLink("h", "up/secret"),
                "h");
        contained(
                all,
                "a hard link to a link that leads out, then written and made open to all",
                tar -> tar.link("l", "../outside/secret")
                        .entry(
                                '1',
                                "h",
                                header -> header.text(157, "l").mode(04777).owner(1234, 1234))
                        .file("h", "x"),
                root -> assertThat(root.text("h")).isEqualTo("x"));
        contained(
                all,
                "a hard link to a link, with a mode of its own (CVE-2021-32760)",
                tar -> tar.link("l", "../outside/secret")
                        .entry('1', "h", header -> header.text(157, "l").mode(07777)),
                root -> assertThat(root.link("h")).isEqualTo("../outside/secret"));
        contained(
                all,
                "the root's link to /, and a directory's attributes through it (CVE-2021-29136)",
                tar -> tar.link("x", "/")
                        .directory("x/", h -> h.mode(0700))
                        .link(".x", "..")
                        .directory(".x/outside/"),
                root -> assertThat(root.status("x").isDirectory()).isTrue());
        refused(
                all,
                "a hard link to a directory",
                FORBIDDEN,
                tar -> tar.directory("d/").hardLink("h", "d"),
                tar -> tar.file("d/f", "x").hardLink("h", "d/f"),
                "h");
        refused(
                all,
                "a hard link in place of the directory of its target",
                FORBIDDEN,
                tar -> tar.file("d/f", "x").hardLink("d", "d/f"),
                tar -> tar.file("d/f", "x").hardLink("e", "d/f"),
                "e");
        contained(
                all,
                "a hard link to itself",
                tar -> tar.file("f", "x").hardLink("f", "f"),
                root -> assertThat(root.text("f")).isEqualTo("x"));
        refused(all, "a link to nothing", MALFORMED, tar -> tar.link("l", ""), tar -> tar.link("l", "x"), "l");
        refused(
                all,
                "a link's target that is too long",
                TOO_LARGE,
                tar -> tar.pax("linkpath=" + "t".repeat(5000)).link("l", "x"),
                tar -> tar.pax("linkpath=" + "t".repeat(4000)).link("l", "x"),
                "l");
    }

    private static void duplicates(List<Attack> all) {
        List<Character> types = List.of('d', 'f', 'l');
        for (char first : types) {
            for (char second : types) {
                for (char third : types) {
                    contained(
                            all,
                            "one name three times: " + first + second + third,
                            tar -> {
                                add(tar, first);
                                add(tar, second);
                                return add(tar, third);
                            },
                            root -> assertThat(root.status("n").type())
                                    .isEqualTo(
                                            switch (third) {
                                                case 'd' -> FileStatus.TYPE_DIRECTORY;
                                                case 'f' -> FileStatus.TYPE_REGULAR;
                                                default -> FileStatus.TYPE_SYMLINK;
                                            }));
                }
            }
        }
        refused(
                all,
                "a file below a file",
                FORBIDDEN,
                tar -> tar.file("f", "x").file("f/g", "x"),
                tar -> tar.directory("f/").file("f/g", "x"),
                "f/g");
    }

    private static TarBytes add(TarBytes tar, char type) {
        return switch (type) {
            case 'd' -> tar.directory("n/", h -> h.mode(0777)).file("n/secret", "x");
            case 'f' -> tar.file("n", "x", h -> h.mode(0777));
            default -> tar.link("n", "../outside");
        };
    }

    private static void whiteouts(List<Attack> all) {
        for (String name : List.of(".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh...")) {
            refused(
                    all,
                    "the whiteout " + name,
                    FORBIDDEN,
                    tar -> tar.directory("d/").file(name, ""),
                    tar -> tar.directory("d/").file("d/.wh.x", ""),
                    "d");
        }
        contained(
                all,
                "a whiteout through a link that leads out",
                tar -> tar.link("up", "../outside").file("up/.wh.secret", ""),
                root -> assertThat(root.link("up")).isEqualTo("../outside"));
        contained(
                all,
                "a covering mark through a link that leads out",
                tar -> tar.link("up", "../outside").file("up/.wh..wh..opq", ""),
                root -> assertThat(root.link("up")).isEqualTo("../outside"));
        contained(
                all,
                "a whiteout of a link that leads out",
                tar -> tar.link("up", "../outside").file(".wh.up", ""),
                root -> assertThat(root.link("up")).isEqualTo("../outside"));
        refused(
                all,
                "a whiteout as a directory with something in it",
                FORBIDDEN,
                tar -> tar.directory(".wh.d/").file(".wh.d/f", "x"),
                tar -> tar.directory("d/").file("d/f", "x"),
                "d/f");
        refused(
                all,
                "a hard link to what the layer removes",
                FORBIDDEN,
                tar -> tar.file(".wh.gone", "").hardLink("h", "gone"),
                tar -> tar.file("there", "").hardLink("h", "there"),
                "h");
        contained(
                all,
                "a whiteout that is a link",
                tar -> tar.link(".wh.secret", "../outside/secret"),
                root -> assertThat(root.has(".wh.secret")).isFalse());
        contained(
                all,
                "a device that overlayfs takes for a whiteout",
                tar -> tar.entry('3', "passwd", header -> header.device(0, 0)),
                root -> assertThat(root.has("passwd")).isFalse());
        contained(
                all,
                "overlayfs' own attributes",
                tar -> tar.pax(
                                "SCHILY.xattr.trusted.overlay.redirect=/../../outside",
                                "SCHILY.xattr.trusted.overlay.opaque=y")
                        .directory("d/"),
                root -> {
                    assertThat(root.attribute("d", "trusted.overlay.redirect")).isEmpty();
                    assertThat(root.isOpaque("d")).isFalse();
                });
        contained(
                all,
                "aufs' own folder",
                tar -> tar.directory(".wh..wh.plnk/")
                        .file(".wh..wh.plnk/1.2", "x")
                        .file(".wh..wh.aufs", ""),
                root -> assertThat(root.names("")).isEmpty());
    }

    private static void numbers(List<Attack> all) {
        refused(
                all,
                "a wrong check sum",
                MALFORMED,
                tar -> tar.entry('0', "f", TarBytes.Header::wrongSum),
                tar -> tar.entry('0', "f", header -> {}),
                "f");
        refused(
                all,
                "a negative size",
                MALFORMED,
                tar -> tar.entry('0', "f", header -> header.binary(124, 12, -512)),
                tar -> tar.entry('0', "f", header -> header.binary(124, 12, 0)),
                "f");
        refused(
                all,
                "a size beyond 64 bits",
                MALFORMED,
                tar -> tar.entry('0', "f", header -> header.binary(124, 12, 0).text(125, "\uDCFF")),
                tar -> tar.entry('0', "f", header -> header.binary(124, 12, 0)),
                "f");
        refused(
                all,
                "a size that is no number",
                MALFORMED,
                tar -> tar.entry('0', "f", header -> header.text(124, "0x10")),
                tar -> tar.entry('0', "f", header -> header.text(124, "0")),
                "f");
        refused(
                all,
                "a negative size in an extended header",
                MALFORMED,
                tar -> tar.pax("size=-1").file("f", "x"),
                tar -> tar.pax("size=1").file("f", "x"),
                "f");
        refused(
                all,
                "a size without end in an extended header",
                MALFORMED,
                tar -> tar.pax("size=99999999999999999999").file("f", "x"),
                tar -> tar.pax("size=1").file("f", "x"),
                "f");
        refused(
                all,
                "a size that promises more than there may be",
                TOO_LARGE,
                tar -> tar.pax("size=8000000000000000").file("f", "x"),
                tar -> tar.pax("size=1").file("f", "x"),
                "f");
        refused(
                all,
                "an owner beyond 32 bits",
                FORBIDDEN,
                tar -> tar.pax("uid=4294967296").file("f", "x"),
                tar -> tar.pax("uid=4294967294").file("f", "x"),
                "f");
        refused(
                all,
                "the owner that means none",
                FORBIDDEN,
                tar -> tar.pax("gid=4294967295").file("f", "x"),
                tar -> tar.pax("gid=1").file("f", "x"),
                "f");
        refused(
                all,
                "a negative owner",
                FORBIDDEN,
                tar -> tar.entry('0', "f", header -> header.binary(108, 8, -1)),
                tar -> tar.entry('0', "f", header -> header.binary(108, 8, 1)),
                "f");
        refused(
                all,
                "a time that takes for ever to read (CVE-2023-42503)",
                MALFORMED,
                tar -> tar.pax("mtime=1e1000000000").file("f", "x"),
                tar -> tar.pax("mtime=1.5").file("f", "x"),
                "f");
        refused(
                all,
                "a time of many digits",
                MALFORMED,
                tar -> tar.pax("mtime=" + "9".repeat(1000)).file("f", "x"),
                tar -> tar.pax("mtime=-1." + "9".repeat(1000)).file("f", "x"),
                "f");
        refused(
                all,
                "a device that cannot be",
                MALFORMED,
                tar -> tar.entry('3', "c", header -> header.device(4096, 0)),
                tar -> tar.entry('3', "c", header -> header.device(1, 3)),
                "c");
        refused(
                all,
                "a type that nobody knows",
                UNSUPPORTED,
                tar -> tar.entry('M', "f", header -> {}),
                tar -> tar.entry('7', "f", header -> {}),
                "f");
        contained(
                all,
                "set-id bits before a change of owner",
                tar -> tar.file("f", "x", header -> header.mode(06755).owner(1000, 1000)),
                root -> {
                    assertThat(root.status("f").mode() & 07777).isEqualTo(06755);
                    assertThat(root.status("f").uid()).isEqualTo(1000);
                });
        contained(
                all,
                "a directory with a size, and what would be its content",
                tar -> tar.entry('5', "d", header -> header.size(512)).file("f", "x"),
                root -> assertThat(root.names("")).containsExactly("d", "f"));
    }

    private static void bombs(List<Attack> all) {
        refused(
                all,
                "an extended header without end",
                TOO_LARGE,
                tar -> tar.entry('x', "p", header -> header.size(1L << 33)),
                tar -> tar.pax("comment=" + "c".repeat(10_000)).file("f", ""),
                "f");
        refused(
                all,
                "a long name without end",
                TOO_LARGE,
                tar -> tar.entry('L', "l", header -> header.size(1L << 33)),
                tar -> tar.extended('L', "l".getBytes(US)).file("f", ""),
                "l");
        refused(
                all,
                "extended headers one after the other",
                TOO_LARGE,
                tar -> {
                    for (int i = 0; i < 1100; i++) {
                        tar.pax("comment=" + i);
                    }
                    return tar.file("f", "");
                },
                tar -> tar.pax("comment=1").pax("comment=2").file("f", ""),
                "f");
        refused(
                all,
                "a global header without end",
                TOO_LARGE,
                tar -> tar.entry('g', "p", header -> header.size(1L << 40)),
                tar -> tar.extended('g', TarBytes.record("path=ignored")).file("f", ""),
                "f");
        for (String record :
                List.of("9999999999 a=b\n", "0 a=b\n", "-5 a=b\n", "6 =b\n", "6 abcd", "5 a=b\n", "a=b\n", "7 a=b\n")) {
            refused(
                    all,
                    "the malformed record " + record.strip(),
                    MALFORMED,
                    tar -> tar.extended('x', record.getBytes(US)).file("f", ""),
                    tar -> tar.extended('x', "6 a=b\n".getBytes(US)).file("f", ""),
                    "f");
        }
        refused(
                all,
                "attributes that are too large",
                TOO_LARGE,
                tar -> tar.pax("SCHILY.xattr.user.a=" + "v".repeat(20_000)).file("f", ""),
                tar -> tar.pax("SCHILY.xattr.user.a=" + "v".repeat(2_000)).file("f", ""),
                "f");
        refused(
                all,
                "more files than there may be",
                TOO_LARGE,
                tar -> {
                    for (int i = 0; i < 1001; i++) {
                        tar.file("f" + i, "");
                    }
                    return tar;
                },
                tar -> tar.file("f", ""),
                "f");
        refused(
                all,
                "more directories than there may be, few of them named",
                TOO_LARGE,
                tar -> {
                    for (int i = 0; i < 50; i++) {
                        tar.pax("path=" + ("d" + i + "/").repeat(40) + "f").file("x", "");
                    }
                    return tar;
                },
                tar -> tar.pax("path=" + "d/".repeat(40) + "f").file("x", ""),
                "d");
        refused(
                all,
                "more bytes than there may be",
                TOO_LARGE,
                tar -> tar.entry('0', "f", header -> header.size(19_999_000)).content(new byte[19_999_000]),
                tar -> tar.entry('0', "f", header -> header.size(9_999_000)).content(new byte[9_999_000]),
                "f");
        refused(
                all,
                "more bytes than there may be after the end",
                TOO_LARGE,
                tar -> tar.raw(new byte[20_000_001]),
                tar -> tar.file("f", "").raw(new byte[10_000_000]),
                "f");
        sparse(all);
    }

    private static void sparse(List<Attack> all) {
        refused(
                all,
                "a sparse file of 0.8 EiB",
                TOO_LARGE,
                tar -> tar.pax(sparse("900000000000000000", "0,1")).file("f", "x"),
                tar -> tar.pax(sparse("10000", "0,1")).file("f", "x"),
                "f");
        refused(
                all,
                "a map of a sparse file that has no end (CVE-2025-58183)",
                TOO_LARGE,
                tar -> {
                    tar.pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1", "size=10000000");
                    tar.entry('0', "f", header -> {});
                    return tar.content(("1000000\n" + "0\n0\n".repeat(1_000_000)).getBytes(US));
                },
                tar -> tar.pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=9", "size=513")
                        .entry('0', "f", header -> {})
                        .content(Arrays.copyOf("1\n5\n1\n".getBytes(US), 513)),
                "f");
        refused(
                all,
                "a map of a sparse file that has no line breaks",
                MALFORMED,
                tar -> tar.pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1", "size=1024")
                        .entry('0', "f", header -> {})
                        .content("1".repeat(1024).getBytes(US)),
                tar -> tar.pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=9", "size=512")
                        .entry('0', "f", header -> {})
                        .content(Arrays.copyOf("0\n".getBytes(US), 512)),
                "f");
        refused(
                all,
                "a sparse file's blocks that go on for ever",
                TOO_LARGE,
                tar -> {
                    tar.entry('S', "f", header -> old(header, 1 << 20).text(482, "\1"));
                    byte[] more = new byte[512];
                    for (int at = 0; at < 504; at += 12) {
                        System.arraycopy("00000000000".getBytes(US), 0, more, at, 11);
                    }
                    more[504] = 1;
                    for (int i = 0; i < 1000; i++) {
                        tar.raw(more);
                    }
                    return tar;
                },
                tar -> tar.entry('S', "f", header -> old(header, 1 << 20)),
                "f");
        for (String map :
                List.of("5,1,0,1", "0,3", "9,9", "0,-1", "-1,1", "0", "a,b", "0,1,0,1", "9223372036854775807,1")) {
            refused(
                    all,
                    "the map \"" + map + "\" of a sparse file of one byte",
                    MALFORMED,
                    tar -> tar.pax(sparse("10", map)).file("f", "x"),
                    tar -> tar.pax(sparse("10", "9,1")).file("f", "x"),
                    "f");
        }
        refused(
                all,
                "a sparse file in a header that is not GNU's",
                MALFORMED,
                tar -> tar.entry('S', "f", header -> {}),
                tar -> tar.entry('S', "f", header -> old(header, 5)),
                "f");
    }

    private static TarBytes.Header old(TarBytes.Header header, long size) {
        return header.gnu().octal(483, 12, size);
    }

    private static String[] sparse(String size, String map) {
        return new String[] {
            "GNU.sparse.major=0", "GNU.sparse.minor=1", "GNU.sparse.size=" + size, "GNU.sparse.map=" + map
        };
    }

    private static void cuts(List<Attack> all) {
        TarBytes whole = new TarBytes()
                .directory("d/")
                .pax("path=d/long", "SCHILY.xattr.user.x=y")
                .file("x", "content")
                .extended('L', "d/gnu\0".getBytes(US))
                .file("y", "content");
        // It may end after an entry: those who write archives by hand forget the blocks of zeros.
        Set<Integer> ends = Set.of(512, 2560, 4608);
        for (int length = 100; length < whole.bytes().length; length += length % 512 == 100 ? 412 : 100) {
            all.add(new Attack(
                    "an archive that ends after " + length + " bytes",
                    whole.cut(length),
                    ends.contains(length) ? Set.of() : EnumSet.of(MALFORMED),
                    root -> {},
                    whole,
                    "d/gnu"));
        }
        refused(
                all,
                "no archive at all",
                MALFORMED,
                tar -> tar.raw("x".repeat(1024).getBytes(US)),
                tar -> tar.file("f", ""),
                "f");
        refused(
                all,
                "one block of zeros amid the archive",
                MALFORMED,
                tar -> tar.raw(new byte[512]).file("f", ""),
                tar -> tar.file("f", "").raw(new byte[512]),
                "f");
        refused(
                all,
                "an extended header and nothing after it",
                MALFORMED,
                tar -> tar.pax("path=p"),
                tar -> tar.pax("path=p").file("f", ""),
                "p");
        contained(
                all,
                "more after the end",
                tar -> tar.file("f", "x").raw(new byte[1024]).file("../outside/secret", "x"),
                root -> assertThat(root.names("")).containsExactly("f"));
    }

    private static void refused(
            List<Attack> all,
            String what,
            LayerException.Kind kind,
            UnaryOperator<TarBytes> evil,
            UnaryOperator<TarBytes> control,
            String proof) {
        all.add(new Attack(
                what,
                evil.apply(new TarBytes()).ended(),
                EnumSet.of(kind),
                root -> {},
                control.apply(new TarBytes()).ended(),
                proof));
    }

    /** What is no error, but must have its effect inside. The control shows that the folder is written to. */
    private static void contained(List<Attack> all, String what, UnaryOperator<TarBytes> evil, Consumer<Folder> then) {
        TarBytes control =
                new TarBytes().directory("outside/").file("outside/secret", "x").ended();
        all.add(new Attack(what, evil.apply(new TarBytes()).ended(), Set.of(), then, control, "outside/secret"));
    }
}
