package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MountOptionTest {

    @Test
    void an_option_that_is_said_to_be_known_is_not_left_to_the_file_system() {
        assertThat(MountOption.names()).doesNotHaveDuplicates().contains("rro", "rnosymfollow", "tmpcopyup", "ridmap");
        for (String name : MountOption.names()) {
            assertThat(MountOptions.parse(List.of(name)).ofFileSystem())
                    .as(name)
                    .isEmpty();
        }
    }

    @Test
    void any_other_is() {
        for (String option :
                List.of("size=1m", "rsize=1m", "nodev2", "rbind2", "rdefaults", "rbindro", "r", "mode=755")) {
            assertThat(MountOptions.parse(List.of(option)).ofFileSystem())
                    .as(option)
                    .isPresent();
        }
        assertThat(MountOptions.parse(List.of("", "defaults"))).isEqualTo(MountOptions.parse(List.of()));
    }

    @Test
    void what_the_kernel_sets_on_the_file_system_is_passed_on() {
        assertThat(MountOptions.parse(List.of("sync", "lazytime", "silent")).flags())
                .containsExactly("sync", "lazytime");
    }
}
