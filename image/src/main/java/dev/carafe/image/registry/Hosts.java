package dev.carafe.image.registry;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/** What names of hosts say. */
final class Hosts {

    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(?:\\.[0-9]{1,3}){3}|(?:0*:){2,7}0*1");

    private Hosts() {}

    /** Without the brackets of an IPv6 address. */
    static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** Whether it can only be this machine. */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(bare(host).toLowerCase(Locale.ROOT)).matches();
    }

    /** Scheme, host and port: what credentials are for. */
    static String origin(URI uri) {
        int port = uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
        return uri.getScheme().toLowerCase(Locale.ROOT) + "://" + uri.getHost().toLowerCase(Locale.ROOT) + ":" + port;
    }

    /** Host and port, as people write them. */
    static String shown(URI uri) {
        return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
    }
}
