package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileNamesTest {

    private static final Files FILES = Kernel.host().files();

    @Property
    void any_bytes_come_back_as_they_were(@ForAll byte[] bytes) {
        assertThat(FileNames.bytes(FileNames.text(bytes))).isEqualTo(bytes);
    }

    @Test
    void what_is_text_stays_so() {
        String text = "grüße/\uD83E\uDD89/\uFFFD";
        assertThat(FileNames.text(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
        assertThat(FileNames.bytes(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void surrogates_and_overlong_forms_are_no_text() {
        byte[] bytes = {(byte) 0xed, (byte) 0xb2, (byte) 0x80, '/', (byte) 0xc0, (byte) 0x80, (byte) 0xf4, (byte) 0x90};
        assertThat(FileNames.bytes(FileNames.text(bytes))).isEqualTo(bytes);
    }

    @Test
    void a_file_whose_name_is_no_text_is_made_listed_and_removed(@TempDir Path folder) throws IOException {
        String name = FileNames.text(new byte[] {'m', (byte) 0xfc, 'l', 'l'});
        try (Fd directory = FILES.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            FILES.makeDirectory(directory, name, 0700);
            assertThat(FILES.list(directory)).containsExactly(name);
            FILES.unlink(directory, name, Files.REMOVE_DIRECTORY);
            assertThat(FILES.list(directory)).isEmpty();
        }
    }
}
