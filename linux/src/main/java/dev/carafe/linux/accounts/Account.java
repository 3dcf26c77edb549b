package dev.carafe.linux.accounts;

import java.util.List;

/**
 * Who a process runs as, in the ids of the image.
 *
 * @param uid 0 to 2147483647
 * @param gid likewise
 * @param supplementaryGids the other groups, without {@code gid}
 * @param home absolute; {@code /} where the image knows none
 */
public record Account(long uid, long gid, List<Long> supplementaryGids, String home) {

    public Account {
        supplementaryGids = List.copyOf(supplementaryGids);
    }
}
