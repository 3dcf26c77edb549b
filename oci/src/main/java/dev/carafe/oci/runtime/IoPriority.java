package dev.carafe.oci.runtime;

/**
 * The I/O priority of the process ({@code process.ioPriority}, {@code ioprio_set(2)}).
 *
 * @param priority 0 (highest) to 7 (lowest)
 */
public record IoPriority(SchedulingClass schedulingClass, int priority) {

    public enum SchedulingClass {
        IOPRIO_CLASS_RT,
        IOPRIO_CLASS_BE,
        IOPRIO_CLASS_IDLE
    }

    public IoPriority {
        Rules.range("priority", priority, 0, 7);
    }
}
