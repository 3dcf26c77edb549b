package dev.carafe.runtime;

import dev.carafe.linux.Mounts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The options of a mount that mean the same whatever its file system is (config.md, "Mounts"; {@code mount(8)}). */
enum MountOption {
    RO("ro", Effect.SET, Mounts.ATTR_RDONLY),
    RW("rw", Effect.CLEAR, Mounts.ATTR_RDONLY),
    NOSUID("nosuid", Effect.SET, Mounts.ATTR_NOSUID),
    SUID("suid", Effect.CLEAR, Mounts.ATTR_NOSUID),
    NODEV("nodev", Effect.SET, Mounts.ATTR_NODEV),
    DEV("dev", Effect.CLEAR, Mounts.ATTR_NODEV),
    NOEXEC("noexec", Effect.SET, Mounts.ATTR_NOEXEC),
    EXEC("exec", Effect.CLEAR, Mounts.ATTR_NOEXEC),
    NOSYMFOLLOW("nosymfollow", Effect.SET, Mounts.ATTR_NOSYMFOLLOW),
    SYMFOLLOW("symfollow", Effect.CLEAR, Mounts.ATTR_NOSYMFOLLOW),
    NODIRATIME("nodiratime", Effect.SET, Mounts.ATTR_NODIRATIME),
    DIRATIME("diratime", Effect.CLEAR, Mounts.ATTR_NODIRATIME),
    NOATIME("noatime", Effect.ACCESS_TIME, Mounts.ATTR_NOATIME),
    ATIME("atime", Effect.NO_ACCESS_TIME, Mounts.ATTR_NOATIME),
    STRICTATIME("strictatime", Effect.ACCESS_TIME, Mounts.ATTR_STRICTATIME),
    NOSTRICTATIME("nostrictatime", Effect.NO_ACCESS_TIME, Mounts.ATTR_STRICTATIME),
    RELATIME("relatime", Effect.ACCESS_TIME, Mounts.ATTR_RELATIME),
    NORELATIME("norelatime", Effect.NO_ACCESS_TIME, Mounts.ATTR_RELATIME),

    PRIVATE("private", Effect.PROPAGATION, Mounts.MS_PRIVATE),
    RPRIVATE("rprivate", Effect.PROPAGATION, Mounts.MS_PRIVATE | Mounts.MS_REC),
    SLAVE("slave", Effect.PROPAGATION, Mounts.MS_SLAVE),
    RSLAVE("rslave", Effect.PROPAGATION, Mounts.MS_SLAVE | Mounts.MS_REC),
    SHARED("shared", Effect.PROPAGATION, Mounts.MS_SHARED),
    RSHARED("rshared", Effect.PROPAGATION, Mounts.MS_SHARED | Mounts.MS_REC),
    UNBINDABLE("unbindable", Effect.PROPAGATION, Mounts.MS_UNBINDABLE),
    RUNBINDABLE("runbindable", Effect.PROPAGATION, Mounts.MS_UNBINDABLE | Mounts.MS_REC),

    SYNC("sync", Effect.FILE_SYSTEM, 0),
    ASYNC("async", Effect.FILE_SYSTEM, 0),
    DIRSYNC("dirsync", Effect.FILE_SYSTEM, 0),
    LAZYTIME("lazytime", Effect.FILE_SYSTEM, 0),
    NOLAZYTIME("nolazytime", Effect.FILE_SYSTEM, 0),
    MAND("mand", Effect.FILE_SYSTEM, 0),
    NOMAND("nomand", Effect.FILE_SYSTEM, 0),

    BIND("bind", Effect.BIND, 0),
    RBIND("rbind", Effect.BIND, Mounts.MS_REC),
    REMOUNT("remount", Effect.REMOUNT, 0),
    TMPCOPYUP("tmpcopyup", Effect.COPY_UP, 0),
    IDMAP("idmap", Effect.MAP_IDS, 0),
    RIDMAP("ridmap", Effect.MAP_IDS, Mounts.MS_REC),
    DEFAULTS("defaults", Effect.NONE, 0),
    /** The kernel's log is none of the container's. */
    SILENT("silent", Effect.NONE, 0),
    LOUD("loud", Effect.NONE, 0);

    enum Effect {
        /** An attribute of the mount; with an {@code r} before its name of all below it too. */
        SET,
        CLEAR,
        ACCESS_TIME,
        /** Takes one back. */
        NO_ACCESS_TIME,
        PROPAGATION,
        /** For the kernel to set on the file system itself; a bind mount leaves that as it is. */
        FILE_SYSTEM,
        BIND,
        REMOUNT,
        COPY_UP,
        MAP_IDS,
        NONE;

        private boolean goesDeep() {
            return this == SET || this == CLEAR || this == ACCESS_TIME || this == NO_ACCESS_TIME;
        }
    }

    private static final Map<String, MountOption> BY_NAME = byName();

    private final String word;
    private final Effect effect;
    private final long flag;

    MountOption(String word, Effect effect, long flag) {
        this.word = word;
        this.effect = effect;
        this.flag = flag;
    }

    private static Map<String, MountOption> byName() {
        Map<String, MountOption> byName = new HashMap<>();
        for (MountOption option : values()) {
            byName.put(option.word, option);
        }
        return byName;
    }

    /** The option of this name; empty if it is the file system's own. */
    static Optional<MountOption> of(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The option whose form for all that is below the mount has this name. */
    static Optional<MountOption> ofDeep(String name) {
        return name.startsWith("r")
                ? of(name.substring(1)).filter(option -> option.effect.goesDeep())
                : Optional.empty();
    }

    /** The names of all options, in their forms. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (MountOption option : values()) {
            names.add(option.word);
            if (option.effect.goesDeep()) {
                names.add("r" + option.word);
            }
        }
        return names;
    }

    Effect effect() {
        return effect;
    }

    /** {@code MOUNT_ATTR_*} or {@code MS_*}, as the effect has it. */
    long flag() {
        return flag;
    }
}
