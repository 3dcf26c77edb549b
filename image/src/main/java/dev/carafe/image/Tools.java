package dev.carafe.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Where the programs are that images are made with.
 *
 * @param folders looked through in this order
 * @param environment what they get
 */
record Tools(List<Path> folders, Map<String, String> environment) {

    private static final List<String> PROXIES = List.of(
            "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY");

    /** This machine's programs, in a plain environment with nothing of the caller's but the proxies it uses. */
    static Tools ofMachine(Function<String, Optional<String>> caller) {
        List<String> folders = List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin");
        Map<String, String> environment = new TreeMap<>(Map.of(
                "PATH", String.join(":", folders),
                "HOME", "/",
                "LC_ALL", "C.UTF-8",
                "DEBIAN_FRONTEND", "noninteractive"));
        for (String name : PROXIES) {
            caller.apply(name).ifPresent(value -> environment.put(name, value));
        }
        return new Tools(folders.stream().map(Path::of).toList(), Map.copyOf(environment));
    }

    /** The program of this name, if it is there. */
    Optional<String> find(String program) {
        return folders.stream()
                .map(folder -> folder.resolve(program))
                .filter(java.nio.file.Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }
}
