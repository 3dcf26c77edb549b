package dev.carafe.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * The settings of a terminal, bit for bit as the kernel keeps them.
 *
 * @param input {@code c_iflag}
 * @param output {@code c_oflag}
 * @param control {@code c_cflag}
 * @param local {@code c_lflag}
 * @param line the line discipline
 * @param characters the 19 special characters {@code c_cc}
 * @see <a href="https://man7.org/linux/man-pages/man3/termios.3.html">termios(3)</a>
 */
public record Termios(int input, int output, int control, int local, byte line, List<Byte> characters) {

    /** How many special characters the kernel has. */
    static final int CHARACTERS = 19;

    private static final int IGNBRK = 01;
    private static final int BRKINT = 02;
    private static final int PARMRK = 010;
    private static final int ISTRIP = 040;
    private static final int INLCR = 0100;
    private static final int IGNCR = 0200;
    private static final int ICRNL = 0400;
    private static final int IXON = 02000;
    private static final int OPOST = 01;
    private static final int CSIZE = 060;
    private static final int CS8 = 060;
    private static final int PARENB = 0400;
    private static final int ISIG = 01;
    private static final int ICANON = 02;
    private static final int ECHO = 010;
    private static final int ECHONL = 0100;
    private static final int IEXTEN = 0100000;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    public Termios {
        if (characters.size() != CHARACTERS) {
            throw new IllegalArgumentException(
                    "a terminal has " + CHARACTERS + " special characters, not " + characters.size());
        }
        characters = List.copyOf(characters);
    }

    /** The same in raw mode, as {@code cfmakeraw(3)} has it: every byte passes as it is, at once, without echo. */
    public Termios raw() {
        List<Byte> unbuffered = new ArrayList<>(characters);
        unbuffered.set(VMIN, (byte) 1);
        unbuffered.set(VTIME, (byte) 0);
        return new Termios(
                input & ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON),
                output & ~OPOST,
                (control & ~(CSIZE | PARENB)) | CS8,
                local & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN),
                line,
                unbuffered);
    }
}
