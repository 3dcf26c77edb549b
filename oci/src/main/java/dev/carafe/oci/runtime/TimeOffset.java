package dev.carafe.oci.runtime;

/**
 * How far a clock of the container's time namespace is ahead ({@code linux.timeOffsets.*}, {@code time_namespaces(7)}).
 *
 * @param secs seconds, negative for behind
 * @param nanosecs 0 to 999999999
 */
public record TimeOffset(long secs, long nanosecs) {

    /** The clocks that can be offset; {@code toString} is the kernel's word. */
    public enum Clock {
        MONOTONIC("monotonic"),
        BOOTTIME("boottime");

        private final String word;

        Clock(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public TimeOffset {
        Rules.range("nanosecs", nanosecs, 0, 999_999_999);
    }
}
