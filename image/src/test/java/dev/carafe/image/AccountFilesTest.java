package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.accounts.Account;
import dev.carafe.linux.accounts.Accounts;
import dev.carafe.linux.accounts.UnknownAccountException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class AccountFilesTest {

    private static final String PASSWD = """
            root:x:0:0:root:/root:/bin/bash
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
            alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash
            """;

    private static final String GROUP = """
            adm:x:4:alice,syslog
            sudo:x:27:alice
            alice:x:1000:alice
            """;

    private final Kernel kernel = Kernel.host();
    private final Files files = kernel.files();

    @TempDir
    private Path temporary;

    private Path upper;
    private Path lower;

    @BeforeEach
    void makeLayers() {
        upper = directory("upper");
        lower = directory("lower");
        directory("lower/etc");
        write("lower/etc/passwd", PASSWD);
        write("lower/etc/group", GROUP);
    }

    @Test
    void the_topmost_file_is_the_one_that_counts() {
        directory("upper/etc");
        write("upper/etc/passwd", "alice:x:7:8::/a:/bin/sh\n");
        assertThat(accounts().resolve("alice")).isEqualTo(new Account(7, 8, List.of(4L, 27L, 1000L), "/a"));
        assertThatThrownBy(() -> accounts().resolve("daemon")).isInstanceOf(UnknownAccountException.class);
    }

    @Test
    @Tag("root")
    void a_whiteout_takes_the_file_away() {
        directory("upper/etc");
        assertThat(accounts().resolve("alice").uid()).isEqualTo(1000);
        files.makeNode(Fd.CWD, upper + "/etc/passwd", FileStatus.TYPE_CHARACTER, 0);
        assertThatThrownBy(() -> accounts().resolve("alice")).isInstanceOf(UnknownAccountException.class);
    }

    @Test
    @Tag("root")
    void an_opaque_directory_takes_all_below_it_away() {
        Path etc = directory("upper/etc");
        assertThat(accounts().resolve("alice").uid()).isEqualTo(1000);
        try (Fd opened = files.open(Fd.CWD, etc.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            new OpaqueMark(kernel.attributes()).putOn(opened);
        }
        assertThatThrownBy(() -> accounts().resolve("alice")).isInstanceOf(UnknownAccountException.class);
    }

    @Test
    void a_link_leads_from_one_layer_to_another() {
        directory("upper/etc");
        directory("lower/usr");
        write("lower/usr/passwd", "bob:x:9:9::/b:/bin/sh\n");
        files.makeSymbolicLink("../usr/./passwd", Fd.CWD, upper + "/etc/passwd");
        assertThat(accounts().resolve("bob").uid()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_link_cannot_lead_out_of_the_image(boolean absolute) {
        write("outside", "mallory:x:0:0::/:/bin/sh\n");
        directory("upper/etc");
        String target = absolute ? temporary + "/outside" : "../../../../../../../../../.." + temporary + "/outside";
        files.makeSymbolicLink(target, Fd.CWD, upper + "/etc/passwd");
        assertThat(files.readText(Fd.CWD, upper + "/etc/passwd", 100)).contains("mallory");
        assertThatThrownBy(() -> accounts().resolve("mallory")).isInstanceOf(UnknownAccountException.class);
    }

    @Test
    void a_link_to_a_directory_outside_cannot_lead_out_either() {
        directory("outside");
        write("outside/passwd", "mallory:x:0:0::/:/bin/sh\n");
        files.makeSymbolicLink(temporary + "/outside", Fd.CWD, upper + "/etc");
        assertThat(files.readText(Fd.CWD, upper + "/etc/passwd", 100)).contains("mallory");
        assertThatThrownBy(() -> accounts().resolve("mallory")).isInstanceOf(UnknownAccountException.class);
    }

    @Test
    void links_in_a_ring_come_to_an_end() {
        directory("upper/etc");
        files.makeSymbolicLink("group", Fd.CWD, upper + "/etc/passwd");
        files.makeSymbolicLink("passwd", Fd.CWD, upper + "/etc/group");
        assertThatThrownBy(this::accounts)
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("/etc/passwd")
                .hasMessageContaining("ELOOP");
    }

    @Test
    void a_fifo_is_not_waited_for() {
        directory("upper/etc");
        files.makeNode(Fd.CWD, upper + "/etc/passwd", FileStatus.TYPE_FIFO | 0644, 0);
        assertThatThrownBy(this::accounts).isInstanceOf(ImageException.class).hasMessageContaining("no regular file");
    }

    @Test
    void a_directory_is_no_file() {
        directory("upper/etc");
        directory("upper/etc/passwd");
        assertThatThrownBy(this::accounts).isInstanceOf(ImageException.class);
    }

    @Test
    void a_file_of_a_gibibyte_is_not_read() {
        directory("upper/etc");
        try (Fd file = files.open(Fd.CWD, upper + "/etc/passwd", OpenFlags.CREAT | OpenFlags.WRONLY, 0644, 0)) {
            files.truncate(file, 1L << 30);
        }
        assertThatThrownBy(this::accounts)
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("at most 1048576 bytes")
                .hasMessageContaining("EFBIG");
    }

    private Accounts accounts() {
        return AccountFiles.read(kernel, List.of(upper, lower));
    }

    private Path directory(String name) {
        Path path = temporary.resolve(name);
        files.makeDirectory(Fd.CWD, path.toString(), 0755);
        return path;
    }

    private void write(String name, String text) {
        try (Fd file =
                files.open(Fd.CWD, temporary.resolve(name).toString(), OpenFlags.CREAT | OpenFlags.WRONLY, 0644, 0)) {
            files.write(file, text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
