package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Endpoint.Right;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator has said about a registry: {@code CERTS.D/HOST/hosts.toml}, as containerd has it, or without it
 * the certificates there, as Docker has them: {@code *.crt} for authorities, {@code *.cert} and {@code *.key} for the
 * client.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/hosts.md">Registry configuration</a>
 */
final class HostFolder {

    private static final int MOST = 64 << 10;
    private static final String FILE = "hosts.toml";
    private static final String HEADER = "header";
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\t\\x20-\\x7e]*");
    /** What only who makes the request knows. */
    private static final Set<String> OURS = Set.of(
            "connection",
            "content-length",
            "content-range",
            "content-type",
            "expect",
            "host",
            "range",
            "transfer-encoding",
            "upgrade");

    private static final Set<String> KNOWN =
            Set.of("capabilities", "ca", "client", "skip_verify", "override_path", "dial_timeout");

    /** What counts for a registry: where it is had, in this order, the last being the registry itself. */
    record Settings(List<Endpoint> endpoints, Map<String, Way> ways) {}

    private final RegistryOptions options;

    HostFolder(RegistryOptions options) {
        this.options = options;
    }

    /** Reads what there is about a registry; if there is nothing, the usual. */
    Settings read(String host) {
        // Who names an authority means TLS, on this machine too.
        Endpoint own = Endpoint.of(host, options.authorities().isEmpty() ? options.scheme() : byTls());
        for (Path folders : options.hostFolders()) {
            for (String name : List.of(host, host.replaceFirst(":([0-9]+)$", "_$1_"), "_default")) {
                Path folder = folders.resolve(name);
                if (!Files.isDirectory(folder)) {
                    continue;
                }
                Path file = folder.resolve(FILE);
                return Files.exists(file) ? read(host, own, file) : withCertificates(host, folder);
            }
        }
        return new Settings(List.of(own), Map.of());
    }

    private Scheme byTls() {
        return options.scheme() == Scheme.BY_HOST ? Scheme.HTTPS : options.scheme();
    }

    private Settings withCertificates(String host, Path folder) {
        Trust trust = certificates(folder);
        boolean says = !trust.authorities().isEmpty() || !trust.client().isEmpty();
        Endpoint own = Endpoint.of(host, says ? byTls() : options.scheme());
        return new Settings(List.of(own), Map.of(Hosts.origin(own.base()), new Way(trust)));
    }

    private Trust certificates(Path folder) {
        List<Path> authorities = new ArrayList<>(options.authorities());
        List<ClientCertificate> clients = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.toString();
                if (name.endsWith(".crt")) {
                    authorities.add(file);
                } else if (name.endsWith(".cert")) {
                    clients.add(new ClientCertificate(
                            file, Path.of(name.substring(0, name.length() - ".cert".length()) + ".key")));
                }
            }
        } catch (IOException exception) {
            throw new ImageException(INVALID, folder + ": cannot be read: " + exception, exception);
        }
        return new Trust(options.verify(), authorities, clients);
    }

    private Settings read(String host, Endpoint own, Path file) {
        Map<List<String>, Map<String, Object>> tables = new LinkedHashMap<>();
        tables(file).forEach((name, table) -> {
            // Of a server of which nothing else is said as well.
            if (name.size() > 1 && isHeader(name)) {
                tables.putIfAbsent(name.subList(0, 2), Map.of());
            }
            tables.put(name, table);
        });
        List<Endpoint> endpoints = new ArrayList<>();
        Map<String, Way> ways = new LinkedHashMap<>();
        tables.forEach((name, table) -> {
            if (name.size() == 2 && name.getFirst().equals("host")) {
                for (String key : table.keySet()) {
                    require(KNOWN.contains(key), file, name.getLast() + ": " + key + " is not known here");
                }
                URI uri = address(file, name.getLast());
                Endpoint endpoint = new Endpoint(
                        Hosts.shown(uri),
                        base(uri, word(table, "override_path").equals("true")),
                        rights(file, table),
                        Optional.of(host));
                endpoints.add(endpoint);
                ways.put(
                        Hosts.origin(endpoint.base()),
                        way(file, table, tables.get(List.of("host", name.getLast(), HEADER))));
            } else {
                require(
                        (name.isEmpty() && Set.of("server").containsAll(without(table))) || isHeader(name),
                        file,
                        String.join(".", name) + ": is not known here; server, [host.\"URL\"] and header are");
            }
        });
        Map<String, Object> top = tables.getOrDefault(List.of(), Map.of());
        Endpoint last = own;
        if (top.containsKey("server")) {
            last = new Endpoint(
                    host, base(address(file, word(top, "server")), false), Set.of(Right.values()), Optional.empty());
        }
        ways.putIfAbsent(Hosts.origin(last.base()), way(file, top, tables.get(List.of(HEADER))));
        // One that is listed as its own mirror says what holds for it.
        Endpoint itself = last;
        endpoints.removeIf(it -> it.base().equals(itself.base()));
        endpoints.add(itself);
        return new Settings(List.copyOf(endpoints), Map.copyOf(ways));
    }

    private static Set<String> without(Map<String, Object> top) {
        Set<String> names = new java.util.HashSet<>(top.keySet());
        names.removeAll(KNOWN);
        return names;
    }

    private static boolean isHeader(List<String> name) {
        return name.equals(List.of(HEADER))
                || (name.size() == 3
                        && name.getFirst().equals("host")
                        && name.getLast().equals(HEADER));
    }

    private static Map<List<String>, Map<String, Object>> tables(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST + 1);
            require(bytes.length <= MOST, file, "is larger than 64 KiB");
            return Toml.parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException gone) {
            return Map.of();
        } catch (Toml.MalformedException exception) {
            throw new ImageException(INVALID, file + ": " + exception.getMessage(), exception);
        } catch (IOException exception) {
            throw new ImageException(INVALID, file + ": cannot be read: " + exception, exception);
        }
    }

    private static URI address(Path file, String text) {
        return Locations.parse(text.contains("://") ? text : "https://" + text)
                .orElseThrow(() -> new ImageException(
                        INVALID, file + ": \"" + Failures.plain(text) + "\" is no address: https://HOST[:PORT]"));
    }

    private static URI base(URI uri, boolean pathIsWhole) {
        String text = uri.toString().replaceFirst("/+$", "");
        return URI.create(pathIsWhole || text.endsWith("/v2") ? text + "/" : text + "/v2/");
    }

    private static Set<Right> rights(Path file, Map<String, Object> table) {
        if (!table.containsKey("capabilities")) {
            return Set.of(Right.values());
        }
        Set<Right> rights = EnumSet.noneOf(Right.class);
        for (Object word : list(table.get("capabilities"))) {
            String name = String.valueOf(word).toUpperCase(Locale.ROOT);
            if (!name.equals("REFERRERS")) {
                require(
                        Stream.of(Right.values()).anyMatch(it -> it.name().equals(name)),
                        file,
                        "capabilities: " + word + " is none: pull, resolve, push");
                rights.add(Right.valueOf(name));
            }
        }
        return rights;
    }

    private Way way(Path file, Map<String, Object> table, @Nullable Map<String, Object> headers) {
        Map<String, List<String>> said = new LinkedHashMap<>();
        if (headers != null) {
            headers.forEach((name, value) -> {
                List<String> values = list(value).stream().map(String::valueOf).toList();
                // The value may be a secret.
                require(
                        NAME.matcher(name).matches() && !OURS.contains(name.toLowerCase(Locale.ROOT)),
                        file,
                        "the header \"" + Failures.plain(name) + "\" cannot be set");
                require(
                        values.stream().allMatch(it -> VALUE.matcher(it).matches()),
                        file,
                        "the header " + name + " has a value that HTTP cannot carry");
                said.put(name, values);
            });
        }
        return new Way(trust(file, table), said);
    }

    private Trust trust(Path file, Map<String, Object> table) {
        List<Path> authorities = new ArrayList<>(options.authorities());
        list(table.get("ca")).forEach(it -> authorities.add(file.resolveSibling(String.valueOf(it))));
        List<ClientCertificate> clients = new ArrayList<>();
        for (Object pair : list(table.get("client"))) {
            List<?> files = list(pair);
            String certificate = String.valueOf(files.getFirst());
            String key = files.size() < 2 ? "" : String.valueOf(files.get(1));
            // One file may have both in it.
            clients.add(new ClientCertificate(
                    file.resolveSibling(certificate), file.resolveSibling(key.isEmpty() ? certificate : key)));
        }
        return new Trust(options.verify() && !word(table, "skip_verify").equals("true"), authorities, clients);
    }

    private static List<?> list(@Nullable Object value) {
        return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
    }

    private static String word(Map<String, Object> table, String name) {
        return table.get(name) instanceof String text ? text : "";
    }

    private static void require(boolean holds, Path file, String problem) {
        if (!holds) {
            throw new ImageException(INVALID, file + ": " + problem);
        }
    }
}
