package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.OptionalLong;

/**
 * Whom the process runs as, in the container's user namespace ({@code process.user}). Ids range from 0 to 2147483647.
 *
 * @param umask 0 to 511 (octal 777); if absent, the runtime chooses
 * @param additionalGids at most 65536
 */
public record User(long uid, long gid, OptionalLong umask, List<Long> additionalGids) {

    /** User and group 0. */
    public static final User ROOT = new User(0, 0);

    private static final int MOST_GROUPS = 65536;

    public User {
        Rules.runningId("uid", uid);
        Rules.runningId("gid", gid);
        Rules.range("umask", umask, 0, 0777);
        if (additionalGids.size() > MOST_GROUPS) {
            throw Rules.broken("additionalGids", "holds more than " + MOST_GROUPS + " groups, the kernel's limit");
        }
        additionalGids = List.copyOf(additionalGids);
        for (int i = 0; i < additionalGids.size(); i++) {
            long group = additionalGids.get(i);
            if (group < 0 || group > Integer.MAX_VALUE) {
                Rules.runningId(JsonPath.element("additionalGids", i), group);
            }
        }
    }

    public User(long uid, long gid) {
        this(uid, gid, OptionalLong.empty(), List.of());
    }
}
