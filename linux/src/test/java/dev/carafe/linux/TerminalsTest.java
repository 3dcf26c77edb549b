package dev.carafe.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Terminals.Pseudoterminal;
import dev.carafe.linux.Terminals.WindowSize;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TerminalsTest {

    private final Kernel kernel = Kernel.host();
    private final Files files = kernel.files();
    private final Terminals terminals = kernel.terminals();

    @Test
    void what_is_typed_comes_out_as_a_line_and_is_echoed() {
        try (Pseudoterminal pty = terminals.open()) {
            files.write(pty.controller(), "typed\r".getBytes(UTF_8));
            assertThat(files.read(pty.peer(), 100)).asString(UTF_8).isEqualTo("typed\n");
            assertThat(files.read(pty.controller(), 100)).asString(UTF_8).isEqualTo("typed\r\n");
        }
    }

    @Test
    void in_raw_mode_every_byte_passes_as_it_is_and_the_old_settings_can_be_restored() {
        try (Pseudoterminal pty = terminals.open()) {
            Termios before = terminals.settings(pty.peer());
            terminals.setSettings(pty.peer(), before.raw());
            assertThat(terminals.settings(pty.controller()))
                    .isEqualTo(before.raw())
                    .isNotEqualTo(before);
            files.write(pty.controller(), new byte[] {3, '\r', 4});
            assertThat(files.read(pty.peer(), 100)).containsExactly(3, '\r', 4);
            assertThat(kernel.polling().awaitReadable(pty.controller(), Duration.ZERO))
                    .isFalse();
            files.write(pty.peer(), "\n".getBytes(UTF_8));
            assertThat(files.read(pty.controller(), 100)).asString(UTF_8).isEqualTo("\n");

            terminals.setSettings(pty.peer(), before);
            assertThat(terminals.settings(pty.peer())).isEqualTo(before);
        }
    }

    @Test
    void a_window_is_resized_from_one_end_and_seen_at_the_other() {
        try (Pseudoterminal pty = terminals.open()) {
            assertThat(terminals.windowSize(pty.peer())).isEqualTo(new WindowSize(0, 0));
            var size = new WindowSize(50, 132, 65535, 1);
            terminals.setWindowSize(pty.controller(), size);
            assertThat(terminals.windowSize(pty.peer())).isEqualTo(size);
        }
        assertThatThrownBy(() -> new WindowSize(65536, 80)).hasMessageContaining("65536 rows");
        assertThatThrownBy(() -> new WindowSize(24, -1)).hasMessageContaining("-1 columns");
    }

    @Test
    void a_terminal_is_told_from_other_files() {
        try (Pseudoterminal pty = terminals.open();
                Fd devNull = files.open(Fd.CWD, "/dev/null", OpenFlags.RDWR);
                Fd path = files.open(Fd.CWD, "/dev/ptmx", OpenFlags.PATH)) {
            assertThat(terminals.isTerminal(pty.peer())).isTrue();
            assertThat(terminals.isTerminal(devNull)).isFalse();
            assertThat(terminals.isTerminal(path)).isFalse();
            assertThatThrownBy(() -> terminals.windowSize(devNull))
                    .hasMessageContaining("ioctl(")
                    .hasMessageContaining("\"TIOCGWINSZ\"")
                    .hasMessageContaining("ENOTTY");
        }
    }

    @Test
    @Tag("root")
    void a_terminal_of_another_devpts_has_that_one_s_numbers() {
        Mounts mounts = kernel.mounts();
        try (Fd configured = mounts.openFileSystem("devpts")) {
            mounts.configure(configured, "ptmxmode", "0666");
            try (Fd devpts = mounts.create(configured, 0);
                    Pseudoterminal first = terminals.open(devpts);
                    Pseudoterminal second = terminals.open(devpts)) {
                assertThat(List.of(terminals.index(first.controller()), terminals.index(second.controller())))
                        .containsExactly(0, 1);
                assertThat(files.status(devpts, "1", 0).inode())
                        .isEqualTo(files.status(second.peer()).inode());
            }
        }
    }
}
