package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HookFailureTest {

    private static String message(int errno, int waitStatus, int length, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        byte[] report = Arrays.copyOf(
                new Message(Message.Type.HOOK_FAILED, errno, waitStatus, length).toBytes(),
                Message.BYTES + bytes.length);
        ByteBuffer.wrap(report).order(ByteOrder.nativeOrder()).put(Message.BYTES, bytes);
        assertThat(Message.parse(report).type()).isEqualTo(Message.Type.HOOK_FAILED);
        return String.valueOf(HookFailure.parse(report).getMessage());
    }

    @Test
    void it_says_which_hook_it_was_and_what_that_wrote() {
        assertThat(message(0, 3 << 8, 5, "labelno way\nout\n"))
                .isEqualTo("error running label: exit status 3; it wrote: no way\\nout");
        assertThat(message(0, 9, 5, "label")).isEqualTo("error running label: signal 9 (killed)");
        assertThat(message(2, 127 << 8, 5, "label")).isEqualTo("error running label: no such file or directory");
        assertThat(message(110, 9, 5, "label\u001b[2J"))
                .isEqualTo("error running label: it ran past its timeout and was killed; it wrote: \\x1b[2J");
    }

    @Test
    void whatever_comes_it_is_a_line() {
        assertThat(message(-1, -1, -1, "text")).isEqualTo("error running : error -1; it wrote: text");
        assertThat(message(100_000, 0, Integer.MAX_VALUE, "text")).isEqualTo("error running text: error 100000");
        assertThat(message(0, 0, 1, "\u00ff")).doesNotContain("\n");
    }
}
