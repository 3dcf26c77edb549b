package dev.carafe.cli;

import dev.carafe.oci.runtime.Rlimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code --ulimit}: {@code NAME=SOFT[:HARD]}, with -1 for no limit. */
final class Ulimits {

    private Ulimits() {}

    /** The last of a name holds. */
    static List<Rlimit> parse(List<String> given) {
        List<Rlimit> limits = new ArrayList<>();
        for (String text : given) {
            Rlimit limit = parse(text);
            limits.removeIf(it -> it.type() == limit.type());
            limits.add(limit);
        }
        return limits;
    }

    private static Rlimit parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw malformed(text);
        }
        String[] numbers = text.substring(equals + 1).split(":", -1);
        if (numbers.length > 2) {
            throw malformed(text);
        }
        long soft = number(text, numbers[0]);
        return new Rlimit(
                resource(text, text.substring(0, equals)), soft, numbers.length == 2 ? number(text, numbers[1]) : soft);
    }

    private static Rlimit.Resource resource(String text, String name) {
        String wanted = "RLIMIT_" + name.toUpperCase(Locale.ROOT);
        for (Rlimit.Resource resource : Rlimit.Resource.values()) {
            if (resource.name().equals(wanted)) {
                return resource;
            }
        }
        throw malformed(text);
    }

    private static long number(String text, String number) {
        try {
            long limit = Long.parseLong(number);
            if (limit >= -1) {
                return limit; // -1 has all bits set, which is no limit
            }
        } catch (NumberFormatException none) {
            // Said below.
        }
        throw malformed(text);
    }

    private static UsageException malformed(String text) {
        return new UsageException(
                "--ulimit " + text + ": must have the form NAME=SOFT[:HARD], such as nofile=1024:4096 or core=-1");
    }
}
