package dev.carafe.linux;

/**
 * How a process ended.
 *
 * @param code what it returned, 0 to 255; 0 if a signal killed it
 * @param signal the number of the signal that killed it, or 0 if it returned
 * @param coreDumped whether it left a core dump
 */
public record ExitStatus(int pid, int code, int signal, boolean coreDumped) {

    /** The one number that shells and container engines make of it: the code, or 128 and the signal. */
    public int shellStatus() {
        return signal == 0 ? code : 128 + signal;
    }
}
