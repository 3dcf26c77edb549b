package dev.carafe.image.registry;

/** How a registry is spoken to. */
public enum Scheme {
    /** Plainly if it is this machine by a name that cannot lead elsewhere and no certificate is named, else by TLS. */
    BY_HOST,
    HTTP,
    HTTPS
}
