package dev.carafe.linux.cgroup;

import java.util.Optional;

/** One of the kernel's resource controllers: how its limits are put to either interface. */
sealed interface Controller
        permits BlockIoController,
                CpuController,
                CpusetController,
                DeviceController,
                HugePageController,
                MemoryController,
                NetworkClassController,
                NetworkPriorityController,
                PidsController,
                RdmaController {

    /** Its name in {@code /proc/self/cgroup}. */
    String v1();

    /** Its name in {@code cgroup.controllers}; empty if v2 does not show it there. */
    Optional<String> v2();

    /** The first of its limits that these resources ask for, by name. */
    Optional<String> asked(Resources resources);

    /** Whether these resources say anything to it, be it only that a default holds, which needs no controller. */
    default boolean concernedBy(Resources resources) {
        return asked(resources).isPresent();
    }

    /** Writes the limits that are asked for. */
    void applyV1(Directory directory, Resources resources);

    /** Writes the limits that are asked for, with v1's units turned into v2's. */
    void applyV2(Directory directory, Resources resources);

    /** The first of these names that is not empty. */
    static Optional<String> first(String... names) {
        for (String name : names) {
            if (!name.isEmpty()) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    /** A limit's name if it is asked for, else the empty text. */
    static String when(boolean asked, String name) {
        return asked ? name : "";
    }

    /** That an interface has nothing to keep a limit with. */
    static CgroupException lacking(String limit, String version) {
        return CgroupException.unavailable(limit + " cannot be set: cgroup " + version + " has no such limit");
    }
}
