package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupPathTest {

    @Test
    void names_are_taken_apart() {
        assertThat(CgroupPath.parse("/a/b.slice/c:d"))
                .satisfies(path -> assertThat(path.absolute()).isTrue())
                .satisfies(path -> assertThat(path.names()).containsExactly("a", "b.slice", "c:d"));
        assertThat(CgroupPath.parse("a..b/...").absolute()).isFalse();
        assertThat(CgroupPath.parse("a..b/...").names()).containsExactly("a..b", "...");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "//",
                "/a//b",
                "a/",
                "..",
                "/..",
                "/a/../../b",
                "a/..",
                "../a",
                ".",
                "/a/./b",
                "a\0b",
                "a\nb"
            })
    void a_path_that_leads_elsewhere_is_refused(String path) {
        assertThatThrownBy(() -> CgroupPath.parse(path))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(CgroupException.Reason.INVALID))
                .hasMessageContaining("the cgroup path");
    }

    @Test
    void a_name_has_255_characters_at_the_most() {
        assertThat(CgroupPath.parse("a".repeat(255)).names()).hasSize(1);
        assertThatThrownBy(() -> CgroupPath.parse("/x/" + "a".repeat(256))).hasMessageContaining("255");
    }
}
