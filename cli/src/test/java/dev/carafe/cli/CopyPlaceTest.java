package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.cli.CopyPlace.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopyPlaceTest {

    private static CopyPlace place(String source, boolean isFolder, String target, Target is) {
        return CopyPlace.of(source, isFolder, target, target, is);
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, b",
        "/a/b/, b",
        "b, b",
        "./b//, b",
        "/, ''",
        "., ''",
        "/a/., ''",
        "/a/./, ''",
        "/a/.., ''",
        "/a/.b, .b"
    })
    void what_is_copied_is_called_as_the_end_of_its_path(String path, String name) {
        assertThat(CopyPlace.nameOf(path)).isEqualTo(name);
    }

    @Test
    void into_a_folder_it_goes_by_its_own_name_or_without_one() {
        assertThat(place("/x/d", true, "/to", Target.FOLDER)).isEqualTo(new CopyPlace("/to", "d"));
        assertThat(place("/x/d/", true, "/to/", Target.FOLDER)).isEqualTo(new CopyPlace("/to/", "d"));
        assertThat(place("/x/d/.", true, "/to", Target.FOLDER)).isEqualTo(new CopyPlace("/to", ""));
        assertThat(place("/x/f", false, "/", Target.FOLDER)).isEqualTo(new CopyPlace("/", "f"));
    }

    @Test
    void elsewhere_it_takes_the_name_that_is_asked_for() {
        assertThat(place("/x/f", false, "/to/f2", Target.FILE)).isEqualTo(new CopyPlace("/to/", "f2"));
        assertThat(place("/x/f", false, "/to/new", Target.MISSING)).isEqualTo(new CopyPlace("/to/", "new"));
        assertThat(place("/x/f", false, "/new", Target.MISSING)).isEqualTo(new CopyPlace("/", "new"));
        assertThat(place("/x/f", false, "new", Target.MISSING)).isEqualTo(new CopyPlace(".", "new"));
        assertThat(place("/x/d", true, "/to/new/", Target.MISSING)).isEqualTo(new CopyPlace("/to/", "new"));
        assertThat(place("/x/d/.", true, "/to/new/.", Target.MISSING)).isEqualTo(new CopyPlace("/to/", "new"));
    }

    @Test
    void a_folder_is_no_file_and_a_file_no_folder() {
        assertThatThrownBy(() -> place("/x/d", true, "/to", Target.FILE))
                .hasMessage("cannot copy the folder /x/d to /to, which is a file");
        assertThatThrownBy(() -> place("/x/f", false, "/to/", Target.FILE))
                .hasMessage("cannot copy to /to/: it is a file and no folder");
        assertThatThrownBy(() -> place("/x/f", false, "/to/", Target.MISSING))
                .hasMessage("cannot copy to /to/: there is no such folder; make it first");
    }
}
