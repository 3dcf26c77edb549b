package dev.carafe.linux;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The signals, with their numbers as amd64 and arm64 share them. 32 and 33 are missing: C libraries keep them to
 * themselves.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/signal.7.html">signal(7)</a>
 */
public enum Signal {
    SIGHUP(1),
    SIGINT(2),
    SIGQUIT(3),
    SIGILL(4),
    SIGTRAP(5),
    SIGABRT(6),
    SIGBUS(7),
    SIGFPE(8),
    SIGKILL(9),
    SIGUSR1(10),
    SIGSEGV(11),
    SIGUSR2(12),
    SIGPIPE(13),
    SIGALRM(14),
    SIGTERM(15),
    SIGSTKFLT(16),
    SIGCHLD(17),
    SIGCONT(18),
    SIGSTOP(19),
    SIGTSTP(20),
    SIGTTIN(21),
    SIGTTOU(22),
    SIGURG(23),
    SIGXCPU(24),
    SIGXFSZ(25),
    SIGVTALRM(26),
    SIGPROF(27),
    SIGWINCH(28),
    SIGIO(29),
    SIGPWR(30),
    SIGSYS(31),
    SIGRTMIN(34),
    SIGRTMIN_1(35),
    SIGRTMIN_2(36),
    SIGRTMIN_3(37),
    SIGRTMIN_4(38),
    SIGRTMIN_5(39),
    SIGRTMIN_6(40),
    SIGRTMIN_7(41),
    SIGRTMIN_8(42),
    SIGRTMIN_9(43),
    SIGRTMIN_10(44),
    SIGRTMIN_11(45),
    SIGRTMIN_12(46),
    SIGRTMIN_13(47),
    SIGRTMIN_14(48),
    SIGRTMIN_15(49),
    SIGRTMIN_16(50),
    SIGRTMIN_17(51),
    SIGRTMIN_18(52),
    SIGRTMIN_19(53),
    SIGRTMIN_20(54),
    SIGRTMIN_21(55),
    SIGRTMIN_22(56),
    SIGRTMIN_23(57),
    SIGRTMIN_24(58),
    SIGRTMIN_25(59),
    SIGRTMIN_26(60),
    SIGRTMIN_27(61),
    SIGRTMIN_28(62),
    SIGRTMIN_29(63),
    SIGRTMAX(64);

    private static final int HIGHEST = 64;
    private static final @Nullable Signal[] BY_NUMBER = new @Nullable Signal[HIGHEST + 1];

    static {
        for (Signal signal : values()) {
            BY_NUMBER[signal.number] = signal;
        }
    }

    private final int number;

    Signal(int number) {
        this.number = number;
    }

    /**
     * The signal with this number.
     *
     * @throws IllegalArgumentException if programs have no such signal
     */
    public static Signal of(int number) {
        Signal signal = number > 0 && number <= HIGHEST ? BY_NUMBER[number] : null;
        if (signal == null) {
            throw unknown(Integer.toString(number));
        }
        return signal;
    }

    /**
     * The signal that a person means: {@code TERM}, {@code SIGTERM}, {@code sigterm}, {@code 15}, {@code SIGRTMIN+3},
     * {@code RTMAX-1}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Signal parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        if (name.startsWith("SIG")) {
            name = name.substring("SIG".length());
        } else if (!name.isEmpty() && Character.isDigit(name.charAt(0))) {
            return of(number(name, text));
        }
        if (name.startsWith("RTMIN+")) {
            return realtime(SIGRTMIN.number + number(name.substring("RTMIN+".length()), text), text);
        }
        if (name.startsWith("RTMAX-")) {
            return realtime(SIGRTMAX.number - number(name.substring("RTMAX-".length()), text), text);
        }
        String canonical = switch (name) {
            case "IOT" -> "SIGABRT";
            case "CLD" -> "SIGCHLD";
            case "POLL" -> "SIGIO";
            default -> "SIG" + name;
        };
        for (Signal signal : values()) {
            if (signal.manualName().equals(canonical)) {
                return signal;
            }
        }
        throw unknown(text);
    }

    /** Its number, 1 to 64. */
    public int number() {
        return number;
    }

    /** Its name as the manual page spells it, such as {@code SIGTERM} or {@code SIGRTMIN+3}. */
    public String manualName() {
        return name().replace('_', '+');
    }

    private static Signal realtime(int number, String text) {
        if (number < SIGRTMIN.number || number > SIGRTMAX.number) {
            throw unknown(text);
        }
        return of(number);
    }

    private static int number(String digits, String text) {
        // Three digits reach beyond every signal and cannot overflow.
        if (!digits.matches("[0-9]{1,3}")) {
            throw unknown(text);
        }
        return Integer.parseInt(digits);
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("no such signal: \"" + text
                + "\"; give a name such as TERM or SIGRTMIN+3, or a number from 1 to 31 or from 34 to 64");
    }

    /**
     * What is said of a process that a signal has ended, in the words of {@code strsignal(3)}: {@code signal 31 (bad
     * system call)}.
     *
     * @param number as a wait status has it, which may be none that is known here
     */
    public static String words(int number) {
        String word = number < 1 || number > HIGHEST || BY_NUMBER[number] == null ? "" : BY_NUMBER[number].word();
        return "signal " + number + (word.isEmpty() ? "" : " (" + word + ")");
    }

    private String word() {
        return switch (this) {
            case SIGHUP -> "hangup";
            case SIGINT -> "interrupt";
            case SIGQUIT -> "quit";
            case SIGILL -> "illegal instruction";
            case SIGTRAP -> "trace/breakpoint trap";
            case SIGABRT -> "aborted";
            case SIGBUS -> "bus error";
            case SIGFPE -> "floating point exception";
            case SIGKILL -> "killed";
            case SIGUSR1 -> "user defined signal 1";
            case SIGSEGV -> "segmentation fault";
            case SIGUSR2 -> "user defined signal 2";
            case SIGPIPE -> "broken pipe";
            case SIGALRM -> "alarm clock";
            case SIGTERM -> "terminated";
            case SIGXCPU -> "CPU time limit exceeded";
            case SIGXFSZ -> "file size limit exceeded";
            case SIGSYS -> "bad system call";
            default -> "";
        };
    }
}
