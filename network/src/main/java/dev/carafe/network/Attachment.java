package dev.carafe.network;

import dev.carafe.linux.Fd;

/**
 * An endpoint that was just made, with the network namespace that it is in.
 *
 * <p>Nothing else holds the namespace yet: it goes when this is closed, or its process ends, unless a process lives in it
 * by then.
 */
public record Attachment(Endpoint endpoint, Fd namespace) implements AutoCloseable {

    @Override
    public void close() {
        namespace.close();
    }
}
