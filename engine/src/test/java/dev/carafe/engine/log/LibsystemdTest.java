package dev.carafe.engine.log;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import org.junit.jupiter.api.Test;

class LibsystemdTest {

    @Test
    void a_library_that_is_not_there_is_named_and_what_to_install() {
        assertThatThrownBy(() -> Libsystemd.load(Kernel.host(), "libnosuch.so.0"))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("libnosuch.so.0")
                .hasMessageContaining("install libsystemd0");
    }
}
