package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class DebianSourcesTest {

    private static final String MIRROR = """
            Codename: bookworm
            Origin: Debian
            Component: main
            Release: bookworm
            Repo-URI: https://mirror.example.org/debian/
            Sourcesentry: /etc/apt/sources.list.d/debian.sources:2
            Target-Of: deb

            Origin: Debian
            Component: main
            Release: bookworm-security
            Repo-URI: https://mirror.example.org/security/
            Sourcesentry: /etc/apt/sources.list:3
            Target-Of: deb
            """;

    private static final Map<String, String> FILES =
            Map.of("/etc/apt/sources.list.d/debian.sources", """
            # The first stanza.
            Types: deb
            URIs: https://other.example.org/
            Signed-By: /etc/apt/keyrings/other.gpg

            # The second.

            Types: deb
            URIs: https://mirror.example.org/debian
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
            """, "/etc/apt/sources.list", """
            # a comment
            deb https://elsewhere.example.org/ x main
            deb [arch=amd64 signed-by=/etc/apt/keyrings/company.gpg] https://mirror.example.org/security x main
            """);

    @Test
    void the_machines_mirrors_and_keyrings_are_used() {
        assertThat(parse(MIRROR).lines("bookworm")).contains("""
                        deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://mirror.example.org/debian bookworm main
                        deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://mirror.example.org/debian bookworm-updates main
                        deb [signed-by=/etc/apt/keyrings/company.gpg] https://mirror.example.org/security bookworm-security main
                        """);
    }

    @Test
    void another_suite_comes_from_the_same_mirrors() {
        assertThat(parse(MIRROR).lines("trixie").orElseThrow())
                .contains("/debian trixie main\n")
                .contains("/debian trixie-updates main\n")
                .contains("/security trixie-security main\n")
                .doesNotContain("bookworm");
    }

    @Test
    void unstable_has_neither_updates_nor_security() {
        assertThat(parse(MIRROR).lines("sid").orElseThrow()).hasLineCount(1).contains("/debian sid main");
    }

    @Test
    void what_others_publish_for_debian_is_no_debian() {
        String others = """
                Component: stable
                Release: bookworm
                Repo-URI: https://other.example.org/linux/debian/
                Target-Of: deb

                Origin: . nodistro
                Component: main
                Release: nodistro
                Repo-URI: https://other.example.org/node_20.x/
                Target-Of: deb

                Origin: Ubuntu
                Component: main
                Release: noble
                Repo-URI: http://other.example.org/ubuntu/
                Target-Of: deb

                Origin: Debian
                Component: main
                Release: bookworm
                Repo-URI: cdrom:[Debian GNU/Linux 12]/
                Target-Of: deb

                Component: main
                Release: stable
                Repo-URI: https://cli.example.com/packages/
                Target-Of: deb
                """;
        assertThat(parse(others).lines("bookworm")).isEmpty();
        assertThat(parse(others + "\n" + MIRROR).lines("bookworm").orElseThrow())
                .contains("https://mirror.example.org/debian bookworm main");
        assertThat(parse("").lines("bookworm")).isEmpty();
        assertThat(parse("E: something is wrong\n").lines("bookworm")).isEmpty();
    }

    @Test
    void an_archive_is_known_by_its_place_before_apt_has_fetched_it() {
        String fresh = """
                Component: main
                Release: bookworm
                Repo-URI: http://mirror.example.org/debian/
                Sourcesentry: /nowhere:1
                Target-Of: deb
                """;
        assertThat(parse(fresh).lines("bookworm")).contains("""
                        deb http://mirror.example.org/debian bookworm main
                        deb http://mirror.example.org/debian bookworm-updates main
                        deb http://mirror.example.org/debian-security bookworm-security main
                        """);
    }

    @Test
    void an_archive_in_a_folder_is_copied_from_as_the_new_system_cannot_see_it() {
        assertThat(parse(MIRROR.replace("https://mirror.example.org/debian/", "file:/srv/debian/"))
                        .lines("sid")
                        .orElseThrow())
                .contains(" copy:/srv/debian sid main");
    }

    @Test
    void a_keyring_that_is_no_file_is_left_to_apt() {
        Function<String, String> embedded = file -> "Types: deb\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n";
        assertThat(DebianSources.parse(MIRROR.replace("sources:2", "sources:1"), embedded)
                        .lines("sid"))
                .contains("deb https://mirror.example.org/debian sid main\n");
    }

    private static DebianSources parse(String targets) {
        return DebianSources.parse(targets, file -> FILES.getOrDefault(file, ""));
    }
}
