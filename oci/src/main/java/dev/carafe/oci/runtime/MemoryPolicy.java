package dev.carafe.oci.runtime;

import java.util.Optional;
import java.util.Set;

/**
 * Which memory nodes the process's memory comes from ({@code linux.memoryPolicy}, {@code set_mempolicy(2)}).
 *
 * @param nodes a list such as {@code 0-3,7}; none for {@code MPOL_DEFAULT} and {@code MPOL_LOCAL}, optional for
 *     {@code MPOL_PREFERRED}, required for the others
 */
public record MemoryPolicy(Mode mode, Optional<String> nodes, Set<Flag> flags) {

    private static long count(String list) {
        long count = 0;
        for (String range : list.split(",", -1)) {
            int dash = range.indexOf('-');
            count += dash < 0
                    ? 1
                    : Long.parseLong(range.substring(dash + 1)) - Long.parseLong(range.substring(0, dash)) + 1;
        }
        return count;
    }

    public enum Mode {
        MPOL_DEFAULT,
        MPOL_BIND,
        MPOL_INTERLEAVE,
        MPOL_WEIGHTED_INTERLEAVE,
        MPOL_PREFERRED,
        MPOL_PREFERRED_MANY,
        MPOL_LOCAL
    }

    public enum Flag {
        MPOL_F_NUMA_BALANCING,
        MPOL_F_RELATIVE_NODES,
        MPOL_F_STATIC_NODES
    }

    public MemoryPolicy {
        Rules.numberList("nodes", nodes);
        flags = Rules.copy(flags);
        switch (mode) {
            case MPOL_DEFAULT, MPOL_LOCAL -> {
                if (nodes.isPresent()) {
                    throw Rules.broken(
                            "nodes",
                            "must be empty for " + mode + ": the mode requires 0 nodes but got " + count(nodes.get()));
                }
            }
            case MPOL_PREFERRED -> {}
            case MPOL_BIND, MPOL_INTERLEAVE, MPOL_WEIGHTED_INTERLEAVE, MPOL_PREFERRED_MANY -> {
                if (nodes.isEmpty()) {
                    throw Rules.broken("nodes", "is missing; " + mode + " needs it");
                }
            }
        }
    }
}
