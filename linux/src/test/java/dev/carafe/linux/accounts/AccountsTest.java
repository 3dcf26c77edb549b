package dev.carafe.linux.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccountsTest {

    private static final String PASSWD = """
            root:x:0:0:root:/root:/bin/bash
            daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
            alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash
            4242:x:0:0:a name of digits:/root:/bin/bash
            huge:x:2147483648:0::/:/bin/sh
            negative:x:-1:0::/:/bin/sh
            wide:x:99999999999999999999:0::/:/bin/sh
            top:x:2147483647:2147483647::/:/bin/sh
            homeless:x:1001:1001:::/bin/sh
            +nis::::::
            short:x:5
            """;

    private static final String GROUP = """
            root:x:0:
            daemon:x:1:
            adm:x:4:alice,syslog
            sudo:x:27:alice
            alice:x:1000:alice
            staff:x:50:
            impossible:x:4294967295:alice
            """;

    private final Accounts accounts = Accounts.parse(PASSWD, GROUP);

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    ""                    | 0          | 0          | ""    | /root
                    root                  | 0          | 0          | ""    | /root
                    0                     | 0          | 0          | ""    | /root
                    1                     | 1          | 1          | ""    | /usr/sbin
                    1:2                   | 1          | 2          | ""    | /usr/sbin
                    :2                    | 0          | 2          | ""    | /root
                    1:                    | 1          | 1          | ""    | /usr/sbin
                    alice                 | 1000       | 1000       | 4,27  | /home/alice
                    1000                  | 1000       | 1000       | 4,27  | /home/alice
                    alice:staff           | 1000       | 50         | ""    | /home/alice
                    alice:7               | 1000       | 7          | ""    | /home/alice
                    5000                  | 5000       | 0          | ""    | /
                    5000:alice            | 5000       | 1000       | ""    | /
                    4242                  | 4242       | 0          | ""    | /
                    homeless              | 1001       | 1001       | ""    | /
                    2147483645            | 2147483645 | 0          | ""    | /
                    2147483646            | 2147483646 | 0          | ""    | /
                    2147483647:2147483647 | 2147483647 | 2147483647 | ""    | /
                    top                   | 2147483647 | 2147483647 | ""    | /
                    0001                  | 1          | 1          | ""    | /usr/sbin
                    """)
    void a_user_is_who_the_tree_says(String asked, long uid, long gid, String supplementary, String home) {
        List<Long> groups = supplementary.isEmpty()
                ? List.of()
                : List.of(supplementary.split(",", -1)).stream()
                        .map(Long::parseLong)
                        .toList();
        assertThat(accounts.resolve(asked)).isEqualTo(new Account(uid, gid, groups, home));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2147483648",
                "4294967296",
                "4294967297:0",
                "18446744073709551616",
                "99999999999999999999999999",
                "0:4294967295",
                "00000000001",
                "a:b:c",
                "1:2:3"
            })
    void what_is_out_of_range_is_refused(String asked) {
        assertThatThrownBy(() -> accounts.resolve(asked)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nobody-here",
                "huge",
                "negative",
                "wide",
                "short",
                "+nis",
                "-1",
                "+1",
                " 1",
                "1 ",
                "0x10",
                "1e3",
                "\u0661",
                "root:nogroup",
                "0:impossible",
                "0:-1"
            })
    void a_name_that_the_tree_does_not_have_is_not_found(String asked) {
        assertThatThrownBy(() -> accounts.resolve(asked))
                .isInstanceOf(UnknownAccountException.class)
                .hasMessageContaining("\"" + asked + "\"");
    }

    @Test
    void a_tree_without_accounts_knows_numbers_alone() {
        Accounts none = Accounts.parse("", "");
        assertThat(none.resolve("33:34")).isEqualTo(new Account(33, 34, List.of(), "/"));
        assertThatThrownBy(() -> none.resolve("root")).hasMessageContaining("/etc/passwd has no usable entry");
    }
}
