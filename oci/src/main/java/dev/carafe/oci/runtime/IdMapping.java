package dev.carafe.oci.runtime;

/**
 * A range of user or group ids and where it lies outside ({@code uidMappings[]}, {@code gidMappings[]},
 * {@code user_namespaces(7)}).
 *
 * @param containerId the first id inside
 * @param hostId the first id outside
 * @param size how many, at least 1; neither range may reach beyond id 4294967294
 */
public record IdMapping(long containerId, long hostId, long size) {

    /** The most mappings that the kernel takes for one namespace. */
    static final int MOST = 340;

    public IdMapping {
        Rules.id("containerID", containerId);
        Rules.id("hostID", hostId);
        Rules.range("size", size, 1, Rules.UINT32);
        if (containerId + size > Rules.UINT32 || hostId + size > Rules.UINT32) {
            throw Rules.broken("size", size + " ids reach beyond the last one, 4294967294");
        }
    }

    boolean overlaps(IdMapping other) {
        return meet(containerId, size, other.containerId, other.size) || meet(hostId, size, other.hostId, other.size);
    }

    private static boolean meet(long a, long sizeOfA, long b, long sizeOfB) {
        return a < b + sizeOfB && b < a + sizeOfA;
    }
}
