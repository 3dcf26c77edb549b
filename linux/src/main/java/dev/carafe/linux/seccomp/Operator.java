package dev.carafe.linux.seccomp;

/**
 * How an argument is compared, as unsigned 64-bit numbers.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/seccomp_rule_add.3.html">seccomp_rule_add(3)</a>
 */
public enum Operator {
    NE(1),
    LT(2),
    LE(3),
    EQ(4),
    GE(5),
    GT(6),
    /** The argument, masked with the value, is the second value. */
    MASKED_EQ(7);

    private static final String PREFIX = "SCMP_CMP_";

    private final int number;

    Operator(int number) {
        this.number = number;
    }

    /**
     * The operator with this name, such as {@code SCMP_CMP_EQ}.
     *
     * @throws SeccompException if there is none
     */
    public static Operator of(String name) {
        for (Operator operator : values()) {
            if (name.equals(PREFIX + operator.name())) {
                return operator;
            }
        }
        throw new SeccompException("\"" + name + "\" is no seccomp operator");
    }

    /** Its number in {@code enum scmp_compare}. */
    int number() {
        return number;
    }
}
