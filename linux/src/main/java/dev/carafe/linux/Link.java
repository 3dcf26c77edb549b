package dev.carafe.linux;

/**
 * A network device.
 *
 * @param index its number in its network namespace, 1 or more
 * @param kind such as {@code veth} or {@code bridge}; empty for hardware and the loopback device
 * @param flags {@code IFF_*} of {@code netdevice(7)}
 * @param mtu bytes in the longest packet
 * @param mac the hardware address, such as {@code 02:00:00:00:00:01}; empty where there is none
 * @param master the index of the bridge that it is a port of, or 0
 * @param parent the index of the device under it, or of a veth's other end, in that one's namespace; or 0
 */
public record Link(int index, String name, String kind, int flags, int mtu, String mac, int master, int parent) {

    private static final int IFF_UP = 0x1;
    private static final int IFF_LOOPBACK = 0x8;
    private static final int IFF_RUNNING = 0x40;
    private static final int IFF_LOWER_UP = 0x10000;

    /** Whether it was switched on. */
    public boolean isUp() {
        return (flags & IFF_UP) != 0;
    }

    /** Whether it leads to this machine itself. */
    public boolean isLoopback() {
        return (flags & IFF_LOOPBACK) != 0;
    }

    /** Whether the other end is there. */
    public boolean hasCarrier() {
        return (flags & IFF_LOWER_UP) != 0;
    }

    /** Whether it passes packets on: the kernel notices a moment later that the other end is there. */
    public boolean isRunning() {
        return (flags & IFF_RUNNING) != 0;
    }
}
