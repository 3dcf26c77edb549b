package dev.carafe.network;

import java.net.InetAddress;

/**
 * A port of an endpoint that is published: others reach it at an address of the machine.
 *
 * @param hostAddress the machine's address, {@code 0.0.0.0} for each that it has
 * @param hostPort 1 to 65535
 * @param port the endpoint's own, 1 to 65535
 */
public record Port(Protocol protocol, InetAddress hostAddress, int hostPort, int port) {

    static final int LAST = 65535;

    public Port {
        check(hostPort);
        check(port);
    }

    static void check(int number) {
        if (number < 1 || number > LAST) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID, "the port " + number + ": a port is a number from 1 to " + LAST);
        }
    }

    /** Whether no two programs could have both: of one protocol and number, and an address in common. */
    boolean conflicts(Port other) {
        return protocol == other.protocol
                && hostPort == other.hostPort
                && (hostAddress.isAnyLocalAddress()
                        || other.hostAddress.isAnyLocalAddress()
                        || hostAddress.equals(other.hostAddress));
    }

    /** For example {@code 0.0.0.0:8080->80/tcp}. */
    @Override
    public String toString() {
        return hostAddress.getHostAddress() + ":" + hostPort + "->" + port + "/" + protocol.lowerCase();
    }
}
