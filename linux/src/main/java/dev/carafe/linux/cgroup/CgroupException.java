package dev.carafe.linux.cgroup;

import dev.carafe.linux.SystemCallException;
import org.jspecify.annotations.Nullable;

/** A cgroup that cannot be made, changed or read as asked. */
public final class CgroupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for those who answer differently to each. */
    public enum Reason {
        /** The request makes no sense: an impossible path or value. */
        INVALID,
        /** The cgroup's present state is in the way: processes, a freeze, usage above the new limit. */
        CONFLICT,
        /** The kernel, as it is built and mounted here, has nothing that could keep the request. */
        UNAVAILABLE,
        /** The kernel refused; the cause says with what error. */
        FAILED
    }

    private final Reason reason;

    private CgroupException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    static CgroupException invalid(String message) {
        return new CgroupException(Reason.INVALID, message, null);
    }

    static CgroupException conflict(String message) {
        return new CgroupException(Reason.CONFLICT, message, null);
    }

    static CgroupException unavailable(String message) {
        return new CgroupException(Reason.UNAVAILABLE, message, null);
    }

    static CgroupException failed(String message) {
        return new CgroupException(Reason.FAILED, message, null);
    }

    static CgroupException failed(String message, Throwable cause) {
        return new CgroupException(Reason.FAILED, message, cause);
    }

    /** Whether the kernel refused for want of permission; a cgroup file system that is mounted read-only counts too. */
    public boolean isDenied() {
        return getCause() instanceof SystemCallException refused
                && switch (refused.errno()) {
                    case EACCES, EPERM, EROFS -> true;
                    default -> false;
                };
    }

    public Reason reason() {
        return reason;
    }
}
