package dev.carafe.network;

import java.util.Locale;

/** What a port belongs to. */
public enum Protocol {
    TCP(6),
    UDP(17);

    private final int number;

    Protocol(int number) {
        this.number = number;
    }

    /** {@code IPPROTO_*}. */
    int number() {
        return number;
    }

    /** Its name as people write it, such as {@code tcp}. */
    public String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The protocol of a name.
     *
     * @throws NetworkException if it is not supported
     */
    public static Protocol of(String name) {
        for (Protocol protocol : values()) {
            if (protocol.name().equalsIgnoreCase(name)) {
                return protocol;
            }
        }
        throw new NetworkException(
                NetworkException.Kind.INVALID,
                "the protocol \"" + name + "\" of a port: only tcp and udp are supported");
    }
}
