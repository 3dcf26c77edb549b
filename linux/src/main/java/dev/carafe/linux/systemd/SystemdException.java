package dev.carafe.linux.systemd;

import org.jspecify.annotations.Nullable;

/** systemd refused, or cannot be asked. */
public final class SystemdException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String error;

    private SystemdException(String message, String error, @Nullable Throwable cause) {
        super(message, cause);
        this.error = error;
    }

    /** It cannot be asked, or what it answers makes no sense. */
    static SystemdException unavailable(String message) {
        return new SystemdException(message, "", null);
    }

    static SystemdException unavailable(String message, Throwable cause) {
        return new SystemdException(message, "", cause);
    }

    /**
     * It answered with an error.
     *
     * @param error its name, such as {@code org.freedesktop.systemd1.UnitExists}
     */
    static SystemdException refused(String message, String error) {
        return new SystemdException(message, error, null);
    }

    /** Whether it refused for this reason, such as {@code UnitExists}. */
    boolean says(String reason) {
        return error.endsWith("." + reason);
    }
}
