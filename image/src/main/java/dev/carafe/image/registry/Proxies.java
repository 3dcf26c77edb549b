package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The proxies that a caller's variables name: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and
 * {@code NO_PROXY}, and the same in lower case, which come first. This machine itself is reached without.
 */
final class Proxies extends ProxySelector {

    private static final int DEFAULT_PORT = 3128;

    private final Function<String, Optional<String>> environment;

    Proxies(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return of(uri).map(it -> new Proxy(
                        Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(
                                Hosts.bare(it.getHost()), it.getPort() < 0 ? DEFAULT_PORT : it.getPort())))
                .map(List::of)
                .orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException exception) {
        // Whoever asked hears of it.
    }

    /** All that a caller's variables say of proxies. */
    List<String> said() {
        return Stream.of("http_proxy", "https_proxy", "all_proxy", "no_proxy")
                .map(name -> variable(name).orElse(""))
                .toList();
    }

    /** What tells the proxy who asks, if it wants to know. */
    Optional<String> authorization(URI uri) {
        return of(uri).map(URI::getUserInfo)
                .map(it -> "Basic " + Base64.getEncoder().encodeToString(it.getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<URI> of(URI uri) {
        String host = Hosts.bare(uri.getHost()).toLowerCase(Locale.ROOT);
        if (Hosts.isLoopback(host) || isExcepted(host, uri.getPort())) {
            return Optional.empty();
        }
        return variable(uri.getScheme() + "_proxy")
                .or(() -> variable("all_proxy"))
                .map(Proxies::parse);
    }

    private Optional<String> variable(String name) {
        return environment
                .apply(name)
                .or(() -> environment.apply(name.toUpperCase(Locale.ROOT)))
                .map(String::strip)
                .filter(it -> !it.isEmpty());
    }

    private boolean isExcepted(String host, int port) {
        for (String entry :
                variable("no_proxy").orElse("").toLowerCase(Locale.ROOT).split(",", -1)) {
            String name = entry.strip();
            if (name.equals("*") || name.equals(host) || name.equals(host + ":" + port)) {
                return true;
            }
            String domain = name.startsWith("*.") ? name.substring(1) : name.startsWith(".") ? name : "." + name;
            if (domain.length() > 1 && (host.endsWith(domain) || domain.equals("." + host))) {
                return true;
            }
        }
        return false;
    }

    private static URI parse(String text) {
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && "http".equals(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException malformed) {
            // Said below, for it may hold a password.
        }
        throw new ImageException(
                INVALID,
                "a proxy in the environment is none that can be used here: http://[USER:PASSWORD@]HOST[:PORT]");
    }
}
