package dev.carafe.oci.runtime;

import java.util.OptionalLong;
import java.util.Set;

/**
 * A rule on who may use which devices ({@code linux.resources.devices[]}); later rules override earlier ones.
 *
 * @param major 0 to 4294967295; absent means every one, which engines also write as -1
 * @param minor 0 to 4294967295; absent means every one, which engines also write as -1
 * @param access at least one
 */
public record DeviceRule(boolean allow, Type type, OptionalLong major, OptionalLong minor, Set<Access> access) {

    /** The kinds of devices; {@code toString} is the specification's letter. */
    public enum Type {
        ALL("a"),
        CHARACTER("c"),
        BLOCK("b");

        private final String letter;

        Type(String letter) {
            this.letter = letter;
        }

        @Override
        public String toString() {
            return letter;
        }
    }

    /** What a rule is about; {@code toString} is the specification's letter. */
    public enum Access {
        READ("r"),
        WRITE("w"),
        MKNOD("m");

        private final String letter;

        Access(String letter) {
            this.letter = letter;
        }

        @Override
        public String toString() {
            return letter;
        }
    }

    public DeviceRule {
        major = each("major", major);
        minor = each("minor", minor);
        access = Rules.copy(access);
        if (access.isEmpty()) {
            throw Rules.broken("access", "must hold some of r, w and m");
        }
    }

    private static OptionalLong each(String key, OptionalLong number) {
        Rules.range(key, number, -1, Rules.UINT32);
        return number.isPresent() && number.getAsLong() < 0 ? OptionalLong.empty() : number;
    }
}
