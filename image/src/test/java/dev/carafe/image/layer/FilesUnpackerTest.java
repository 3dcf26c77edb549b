package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("root")
class FilesUnpackerTest {

    private static final LayerLimits SMALL =
            new LayerLimits(1000, 1000, 50, 4095, 64 * 1024, 16 * 1024, 20_000_000, 1000);
    private static final FilesUnpacker.Keeping NOTHING = new FilesUnpacker.Keeping(false, false);
    private static final FilesUnpacker.Keeping RIGHTS = new FilesUnpacker.Keeping(false, true);
    private static final FilesUnpacker.Keeping ALL = new FilesUnpacker.Keeping(true, true);

    @TempDir
    private Path base;

    private static List<String> unpack(TarBytes tar, FilesUnpacker.Keeping keeping, Folder folder) throws IOException {
        try (Fd fd = folder.open()) {
            return FilesUnpacker.unpack(Folder.KERNEL, new ByteArrayInputStream(tar.bytes()), fd, keeping, SMALL);
        }
    }

    private Folder folder() {
        return new Folder(base).below("folder");
    }

    private static void refused(ThrowingCallable unpacking, ImageException.Kind kind, String words) {
        assertThatThrownBy(unpacking)
                .isInstanceOfSatisfying(
                        ImageException.class,
                        exception -> assertThat(exception.kind()).isEqualTo(kind))
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @MethodSource("dev.carafe.image.layer.LayerAttackTest#all")
    void no_archive_changes_what_is_outside(LayerAttackTest.Attack attack) throws IOException {
        var around = new Folder(base);
        Folder outside = around.below("outside");
        outside.file("secret", "untouched").below("folder").file("victim", "untouched");
        var before = outside.description();
        Folder root = around.below("root");
        try {
            unpack(attack.tar(), ALL, root);
        } catch (ImageException refusal) {
            assertThat(refusal.getMessage()).doesNotContain("\n").hasSizeLessThan(2000);
        }
        assertThat(outside.description()).isEqualTo(before);
        assertThat(around.names("")).containsExactly("outside", "root");
    }

    @Test
    void names_have_no_meaning_of_their_own() throws IOException {
        Folder folder = folder();
        folder.file("a", "kept");
        unpack(new TarBytes().file(".wh.a", "x").file(".wh..wh..opq", "y").ended(), ALL, folder);
        assertThat(folder.text("a")).isEqualTo("kept");
        assertThat(folder.text(".wh.a")).isEqualTo("x");
        assertThat(folder.text(".wh..wh..opq")).isEqualTo("y");
    }

    @Test
    void no_link_is_followed_whoever_made_it() throws IOException {
        Folder folder = folder();
        Folder outside = new Folder(base).below("outside");
        unpack(new TarBytes().link("old", "../outside").ended(), ALL, folder);
        refused(
                () -> unpack(new TarBytes().file("old/f", "x").ended(), ALL, folder),
                ImageException.Kind.CONFLICT,
                "links are not followed");
        refused(
                () -> unpack(new TarBytes().directory("old/").ended(), ALL, folder),
                ImageException.Kind.CONFLICT,
                "cannot overwrite \"old\", which is no directory");
        refused(
                () -> unpack(new TarBytes().link("new", "/").file("new/f", "x").ended(), ALL, folder),
                ImageException.Kind.CONFLICT,
                "links are not followed");
        refused(
                () -> unpack(new TarBytes().hardLink("hard", "old/f").ended(), ALL, folder),
                ImageException.Kind.INVALID,
                "no file \"old/f\" to link to");
        assertThat(outside.names("")).isEmpty();
        unpack(new TarBytes().directory("d/").file("d/f", "x").ended(), ALL, folder); // control
        assertThat(folder.text("d/f")).isEqualTo("x");
    }

    @Test
    void a_file_is_replaced_and_not_written_through() throws IOException {
        Folder folder = folder();
        Folder outside = new Folder(base).below("outside");
        outside.file("f", "kept");
        Folder.KERNEL
                .files()
                .link(
                        Fd.CWD,
                        base.resolve("outside/f").toString(),
                        Fd.CWD,
                        base.resolve("folder/f").toString(),
                        false);
        unpack(new TarBytes().link("l", "../outside/f").ended(), ALL, folder);
        unpack(new TarBytes().file("f", "new").file("l", "new").ended(), ALL, folder);
        assertThat(folder.text("f")).isEqualTo("new");
        assertThat(folder.text("l")).isEqualTo("new");
        assertThat(outside.text("f")).isEqualTo("kept");
    }

    @Test
    void a_file_replaces_no_directory_and_no_directory_a_file() throws IOException {
        Folder folder = folder();
        folder.file("f", "kept").below("d").file("f", "kept");
        for (TarBytes tar : List.of(
                new TarBytes().file("d", "x"), new TarBytes().link("d", "x"), new TarBytes().hardLink("d", "f"))) {
            refused(
                    () -> unpack(tar.ended(), ALL, folder),
                    ImageException.Kind.CONFLICT,
                    "cannot overwrite the directory \"d\"");
        }
        refused(
                () -> unpack(new TarBytes().directory("f/").ended(), ALL, folder),
                ImageException.Kind.CONFLICT,
                "cannot overwrite \"f\", which is no directory");
        assertThat(folder.text("f")).isEqualTo("kept");
        assertThat(folder.text("d/f")).isEqualTo("kept");
    }

    @Test
    void the_folder_stays_as_it_is_and_what_is_below_becomes_as_the_archive_has_it() throws IOException {
        Folder folder = folder();
        folder.below("d").file("old", "kept");
        FileStatus before = folder.status("");
        unpack(
                new TarBytes()
                        .directory("./", header -> header.mode(0700).owner(7, 8).time(1))
                        .directory(
                                "./d/", header -> header.mode(0711).owner(7, 8).time(2))
                        .file("./d/new", "x")
                        .ended(),
                ALL,
                folder);
        assertThat(folder.status("").mode()).isEqualTo(before.mode());
        assertThat(folder.status("").uid()).isEqualTo(before.uid());
        assertThat(folder.status("d").mode() & 07777).isEqualTo(0711);
        assertThat(folder.status("d").uid()).isEqualTo(7);
        assertThat(folder.status("d").modifiedNanos()).isEqualTo(2_000_000_000L);
        assertThat(folder.text("d/old")).isEqualTo("kept");
    }

    @Test
    void owners_and_rights_are_kept_only_if_that_is_asked_for() throws IOException {
        TarBytes tar = new TarBytes()
                .pax("SCHILY.xattr.user.colour=red", "SCHILY.xattr.trusted.secret=x")
                .file("own", "x", header -> header.mode(06755).owner(7, 8))
                .file("root", "x", header -> header.mode(06755).owner(0, 0))
                .entry('3', "null", header -> header.mode(0666).device(1, 3))
                .ended();
        Folder all = new Folder(base).below("all");
        assertThat(unpack(tar, ALL, all)).isEmpty();
        assertThat(all.status("own").uid()).isEqualTo(7);
        assertThat(all.status("own").mode() & 07777).isEqualTo(06755);
        assertThat(all.attribute("own", "trusted.secret")).isPresent();
        assertThat(all.status("null").specialDevice()).isEqualTo(FileStatus.device(1, 3));

        Folder rights = new Folder(base).below("rights");
        unpack(tar, RIGHTS, rights);
        assertThat(rights.status("own").uid()).isZero();
        assertThat(rights.status("own").mode() & 07777).isEqualTo(0755);
        assertThat(rights.status("root").mode() & 07777).isEqualTo(06755);

        Folder nothing = new Folder(base).below("nothing");
        assertThat(unpack(tar, NOTHING, nothing)).hasSize(1).first().asString().contains("\"null\": left out");
        assertThat(nothing.status("root").mode() & 07777).isEqualTo(0755);
        assertThat(nothing.attribute("own", "user.colour")).isPresent();
        assertThat(nothing.attribute("own", "trusted.secret")).isEmpty();
        assertThat(nothing.has("null")).isFalse();
    }
}
