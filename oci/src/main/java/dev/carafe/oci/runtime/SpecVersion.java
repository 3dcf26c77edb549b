package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;

/** The rule for {@code ociVersion}: SemVer 2.0.0, and of the major version that {@link Config} implements. */
final class SpecVersion {

    private SpecVersion() {}

    static void check(String key, String version) {
        int plus = version.indexOf('+');
        String release = plus < 0 ? version : version.substring(0, plus);
        int dash = release.indexOf('-');
        String core = dash < 0 ? release : release.substring(0, dash);
        boolean valid = isCore(core)
                && (dash < 0 || isSuffix(release.substring(dash + 1), true))
                && (plus < 0 || isSuffix(version.substring(plus + 1), false));
        if (!valid) {
            throw Rules.broken(key, "expected a version such as 1.3.0, found " + JsonPath.quoted(version));
        }
        if (!core.startsWith("1.")) {
            throw Rules.broken(key, JsonPath.quoted(version) + " is not supported: expected version 1.x");
        }
    }

    /** Whether it is three numbers with dots between them, none with a leading zero. */
    private static boolean isCore(String core) {
        int numbers = 0;
        for (int at = 0; at <= core.length(); numbers++) {
            int dot = core.indexOf('.', at);
            int end = dot < 0 ? core.length() : dot;
            if (end == at || !isNumber(core, at, end) || (end - at > 1 && core.charAt(at) == '0')) {
                return false;
            }
            at = end + 1;
        }
        return numbers == 3;
    }

    /** Whether it is identifiers with dots between them; {@code strict} forbids leading zeros in numbers. */
    private static boolean isSuffix(String suffix, boolean strict) {
        for (int at = 0; at <= suffix.length(); ) {
            int dot = suffix.indexOf('.', at);
            int end = dot < 0 ? suffix.length() : dot;
            if (end == at || (strict && end - at > 1 && suffix.charAt(at) == '0' && isNumber(suffix, at, end))) {
                return false;
            }
            for (int i = at; i < end; i++) {
                char c = suffix.charAt(i);
                if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-') {
                    return false;
                }
            }
            at = end + 1;
        }
        return true;
    }

    private static boolean isNumber(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
