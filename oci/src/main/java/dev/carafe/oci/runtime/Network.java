package dev.carafe.oci.runtime;

import java.util.List;
import java.util.OptionalLong;

/**
 * Marks on network traffic, of cgroup v1 only ({@code linux.resources.network}).
 *
 * @param classId 0 to 4294967295
 */
public record Network(OptionalLong classId, List<InterfacePriority> priorities) {

    /** Nothing is set; as good as none given. */
    public static final Network UNSET = new Network(OptionalLong.empty(), List.of());

    public Network {
        Rules.range("classID", classId, 0, Rules.UINT32);
        priorities = List.copyOf(priorities);
    }
}
