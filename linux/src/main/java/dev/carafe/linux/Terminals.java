package dev.carafe.linux;

import static dev.carafe.linux.Struct.bytes;
import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u8;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Terminals and pseudoterminals.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/pty.7.html">pty(7)</a>
 * @see <a href="https://man7.org/linux/man-pages/man2/ioctl_tty.2.html">ioctl_tty(2)</a>
 */
public final class Terminals {

    /**
     * A pseudoterminal.
     *
     * @param controller where the one who drives the terminal reads and writes; others call it the master
     * @param peer the terminal itself, for the program that runs in it
     */
    public record Pseudoterminal(Fd controller, Fd peer) implements AutoCloseable {
        /** Closes both ends. */
        @Override
        public void close() {
            controller.close();
            peer.close();
        }
    }

    /** A terminal's size: in characters and, where known, in pixels; each 0 (unknown) to 65,535. */
    public record WindowSize(int rows, int columns, int width, int height) {
        public WindowSize {
            if (((rows | columns | width | height) & ~0xffff) != 0) {
                throw new IllegalArgumentException("a terminal's size lies between 0 and 65535: " + rows + " rows, "
                        + columns + " columns, " + width + " by " + height + " pixels");
            }
        }

        public WindowSize(int rows, int columns) {
            this(rows, columns, 0, 0);
        }
    }

    static final Struct WINSIZE =
            Struct.of("winsize", u16("ws_row"), u16("ws_col"), u16("ws_xpixel"), u16("ws_ypixel"));

    /** The kernel's, smaller than the C library's of the same name. */
    static final Struct TERMIOS = Struct.of(
            "termios",
            u32("c_iflag"),
            u32("c_oflag"),
            u32("c_cflag"),
            u32("c_lflag"),
            u8("c_line"),
            bytes("c_cc", Termios.CHARACTERS));

    private static final int TCGETS = 0x5401;
    private static final int TCSETSW = 0x5403;
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final long TIOCGPTN = 0x80045430L;

    private final SystemCalls calls;

    Terminals(SystemCalls calls) {
        this.calls = calls;
    }

    /** A new pseudoterminal of {@code /dev/ptmx}. */
    public Pseudoterminal open() {
        return open(Fd.CWD, "/dev/ptmx");
    }

    /** A new pseudoterminal of the devpts file system that this directory is the root of. */
    public Pseudoterminal open(Fd devpts) {
        return open(devpts, "ptmx");
    }

    /** The pseudoterminal's name in the root of its devpts file system, a number. */
    public int index(Fd controller) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment index = Memory.ofInt(arena, 0);
            ioctl(controller, TIOCGPTN, index, "TIOCGPTN");
            return Memory.getInt(index, 0);
        }
    }

    public WindowSize windowSize(Fd terminal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = WINSIZE.allocate(arena);
            ioctl(terminal, TIOCGWINSZ, size, "TIOCGWINSZ");
            return new WindowSize(
                    Short.toUnsignedInt(Memory.getShort(size, WINSIZE.offset("ws_row"))),
                    Short.toUnsignedInt(Memory.getShort(size, WINSIZE.offset("ws_col"))),
                    Short.toUnsignedInt(Memory.getShort(size, WINSIZE.offset("ws_xpixel"))),
                    Short.toUnsignedInt(Memory.getShort(size, WINSIZE.offset("ws_ypixel"))));
        }
    }

    /** Resizes a terminal, at either end; the programs in its foreground get {@code SIGWINCH} if it changed. */
    public void setWindowSize(Fd terminal, WindowSize windowSize) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = WINSIZE.allocate(arena);
            Memory.setShort(size, WINSIZE.offset("ws_row"), (short) windowSize.rows());
            Memory.setShort(size, WINSIZE.offset("ws_col"), (short) windowSize.columns());
            Memory.setShort(size, WINSIZE.offset("ws_xpixel"), (short) windowSize.width());
            Memory.setShort(size, WINSIZE.offset("ws_ypixel"), (short) windowSize.height());
            ioctl(terminal, TIOCSWINSZ, size, "TIOCSWINSZ");
        }
    }

    public Termios settings(Fd terminal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = TERMIOS.allocate(arena);
            ioctl(terminal, TCGETS, termios, "TCGETS");
            List<Byte> characters = new ArrayList<>(Termios.CHARACTERS);
            for (int i = 0; i < Termios.CHARACTERS; i++) {
                characters.add(Memory.getByte(termios, TERMIOS.offset("c_cc") + i));
            }
            return new Termios(
                    Memory.getInt(termios, TERMIOS.offset("c_iflag")),
                    Memory.getInt(termios, TERMIOS.offset("c_oflag")),
                    Memory.getInt(termios, TERMIOS.offset("c_cflag")),
                    Memory.getInt(termios, TERMIOS.offset("c_lflag")),
                    Memory.getByte(termios, TERMIOS.offset("c_line")),
                    characters);
        }
    }

    /** Changes a terminal's settings, once all that was written to it has gone out. */
    public void setSettings(Fd terminal, Termios settings) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = TERMIOS.allocate(arena);
            Memory.setInt(termios, TERMIOS.offset("c_iflag"), settings.input());
            Memory.setInt(termios, TERMIOS.offset("c_oflag"), settings.output());
            Memory.setInt(termios, TERMIOS.offset("c_cflag"), settings.control());
            Memory.setInt(termios, TERMIOS.offset("c_lflag"), settings.local());
            Memory.setByte(termios, TERMIOS.offset("c_line"), settings.line());
            for (int i = 0; i < Termios.CHARACTERS; i++) {
                Memory.setByte(
                        termios,
                        TERMIOS.offset("c_cc") + i,
                        settings.characters().get(i));
            }
            ioctl(terminal, TCSETSW, termios, "TCSETSW");
        }
    }

    /** Whether a descriptor is a terminal; {@code false} also for one that cannot be asked, as it is only a path. */
    public boolean isTerminal(Fd fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = TERMIOS.allocate(arena);
            return calls.call(SystemCall.IOCTL, fd.number(), TCGETS, termios.address(), 0, 0, 0) == 0;
        }
    }

    private Pseudoterminal open(Fd directory, String ptmx) {
        Fd controller = new Files(calls).open(directory, ptmx, OpenFlags.RDWR | OpenFlags.NOCTTY);
        try (Arena arena = Arena.ofConfined()) {
            ioctl(controller, TIOCSPTLCK, Memory.ofInt(arena, 0), "TIOCSPTLCK");
            // Not by its name: what /dev/pts is depends on the mount namespace, the peer does not.
            long peer = check(
                    calls.call(
                            SystemCall.IOCTL,
                            controller.number(),
                            TIOCGPTPEER,
                            OpenFlags.RDWR | OpenFlags.NOCTTY | OpenFlags.CLOEXEC,
                            0,
                            0,
                            0),
                    SystemCall.IOCTL,
                    controller,
                    "TIOCGPTPEER");
            return new Pseudoterminal(controller, Fd.of(calls, (int) peer));
        } catch (SystemCallException exception) {
            controller.close();
            throw exception;
        }
    }

    private void ioctl(Fd terminal, long request, MemorySegment argument, String name) {
        check(
                calls.uninterrupted(SystemCall.IOCTL, terminal.number(), request, argument.address(), 0, 0, 0),
                SystemCall.IOCTL,
                terminal,
                name);
    }
}
