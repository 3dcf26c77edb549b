package dev.carafe.runtime;

import dev.carafe.oci.runtime.MemoryPolicy;
import dev.carafe.runtime.plan.ProcessOperation;

/** Memory policies in the kernel's form ({@code set_mempolicy(2)}). */
final class MemoryNodes {

    /** As many as any kernel of today can be built for; it takes offence at more. */
    private static final int MOST_NODES = 1024;

    private static final int STATIC_NODES = 1 << 15;
    private static final int RELATIVE_NODES = 1 << 14;
    private static final int NUMA_BALANCING = 1 << 13;

    private MemoryNodes() {}

    static ProcessOperation.SetMemoryPolicy operation(MemoryPolicy policy) {
        int mode = mode(policy.mode());
        for (MemoryPolicy.Flag flag : policy.flags()) {
            mode |= bit(flag);
        }
        return new ProcessOperation.SetMemoryPolicy(
                mode, policy.nodes().map(MemoryNodes::mask).orElseGet(() -> new byte[0]));
    }

    private static byte[] mask(String list) {
        byte[] mask = new byte[MOST_NODES / Byte.SIZE];
        for (String range : list.split(",", -1)) {
            int dash = range.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
            if (last >= MOST_NODES) {
                throw new RuntimeFailure("config.json: linux.memoryPolicy.nodes: there is no memory node " + last
                        + "; the highest that any Linux has is " + (MOST_NODES - 1));
            }
            for (int node = first; node <= last; node++) {
                mask[node / Byte.SIZE] |= (byte) (1 << node % Byte.SIZE);
            }
        }
        return mask;
    }

    private static int mode(MemoryPolicy.Mode mode) {
        return switch (mode) {
            case MPOL_DEFAULT -> 0;
            case MPOL_PREFERRED -> 1;
            case MPOL_BIND -> 2;
            case MPOL_INTERLEAVE -> 3;
            case MPOL_LOCAL -> 4;
            case MPOL_PREFERRED_MANY -> 5;
            case MPOL_WEIGHTED_INTERLEAVE -> 6;
        };
    }

    private static int bit(MemoryPolicy.Flag flag) {
        return switch (flag) {
            case MPOL_F_STATIC_NODES -> STATIC_NODES;
            case MPOL_F_RELATIVE_NODES -> RELATIVE_NODES;
            case MPOL_F_NUMA_BALANCING -> NUMA_BALANCING;
        };
    }
}
