package dev.carafe.linux;

import java.util.List;

/** A kind of virtual network device, with what only this kind has. */
public sealed interface LinkKind {

    /** A switch. */
    record Bridge() implements LinkKind {}

    /** A device that swallows what is sent. */
    record Dummy() implements LinkKind {}

    /**
     * Two devices joined by a cable: this one and its peer, which goes when this one goes.
     *
     * @param peer the peer's settings. It cannot be switched on as it is made: the cable is not plugged in yet
     */
    record Veth(List<LinkSetting> peer) implements LinkKind {
        public Veth {
            if (peer.contains(new LinkSetting.State(true))) {
                throw new IllegalArgumentException(
                        "a veth's peer cannot be switched on as it is made; change it afterwards: " + peer);
            }
            peer = List.copyOf(peer);
        }
    }

    /** Another hardware address on a device. */
    record Macvlan(int parent, Macvlan.Mode mode) implements LinkKind {
        /** Whom the device reaches, of those on the same parent. */
        public enum Mode {
            PRIVATE(1),
            VEPA(2),
            BRIDGE(4),
            PASSTHRU(8);

            private final int number;

            Mode(int number) {
                this.number = number;
            }

            int number() {
                return number;
            }
        }
    }

    /** Other internet addresses on a device that keeps its one hardware address. */
    record Ipvlan(int parent, Ipvlan.Mode mode) implements LinkKind {
        /** The layer that the parent forwards on. */
        public enum Mode {
            L2(0),
            L3(1),
            L3S(2);

            private final int number;

            Mode(int number) {
                this.number = number;
            }

            int number() {
                return number;
            }
        }
    }

    /** The packets of one VLAN of a device. */
    record Vlan(int parent, int id) implements LinkKind {
        public Vlan {
            if (id < 1 || id > 4094) {
                throw new IllegalArgumentException("a VLAN's id lies between 1 and 4094: " + id);
            }
        }
    }

    /** The kernel's word for it. */
    default String kernelName() {
        return switch (this) {
            case Bridge _ -> "bridge";
            case Dummy _ -> "dummy";
            case Veth _ -> "veth";
            case Macvlan _ -> "macvlan";
            case Ipvlan _ -> "ipvlan";
            case Vlan _ -> "vlan";
        };
    }
}
