package dev.carafe.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a server wants to be told who asks: {@code Bearer realm="https://auth.example/token",service="registry"}.
 *
 * @param scheme in lower case
 * @param parameters by name in lower case
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110, WWW-Authenticate</a>
 */
record Challenge(String scheme, Map<String, String> parameters) {

    private static final int LONGEST = 16 << 10;
    private static final Pattern SCHEME = Pattern.compile("\\G[\\s,]*([A-Za-z0-9._~+/-]+)(?=\\s|,|$)(?!\\s*=)");
    private static final Pattern PARAMETER =
            Pattern.compile("\\G[\\s,]*([A-Za-z0-9._~-]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,\"]+))");

    /** Reads headers of that name; what is malformed is left out. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        for (String header : headers) {
            if (header.length() <= LONGEST) {
                parse(header, challenges);
            }
        }
        return challenges;
    }

    private static void parse(String header, List<Challenge> challenges) {
        int at = 0;
        Matcher scheme = SCHEME.matcher(header);
        Matcher parameter = PARAMETER.matcher(header);
        while (scheme.find(at)) {
            at = scheme.end();
            Map<String, String> parameters = new LinkedHashMap<>();
            while (parameter.find(at)) {
                at = parameter.end();
                String quoted = parameter.group(2);
                parameters.put(
                        parameter.group(1).toLowerCase(Locale.ROOT),
                        quoted != null ? quoted.replaceAll("\\\\(.)", "$1") : parameter.group(3));
            }
            challenges.add(new Challenge(scheme.group(1).toLowerCase(Locale.ROOT), parameters));
        }
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }
}
