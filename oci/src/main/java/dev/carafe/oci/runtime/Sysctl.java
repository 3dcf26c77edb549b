package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.Optional;

/**
 * A kernel parameter of one of the container's namespaces ({@code linux.sysctl.*}, {@code sysctl(8)}).
 *
 * @param name as {@code sysctl(8)} takes it: {@code net.ipv4.ip_forward} or {@code net/ipv4/ip_forward}; whichever
 *     separator comes first separates, and the other stands for a character of a name
 */
public record Sysctl(String name, String value) {

    public Sysctl {
        if (!isPath(path(name))) {
            throw Rules.broken(JsonPath.member("sysctl", name), "is no name of a kernel parameter");
        }
        if (Rules.unfit(value)) {
            Rules.text(JsonPath.member("sysctl", name), value);
        }
    }

    private static boolean isPath(String path) {
        for (String step : path.split("/", -1)) {
            if (step.isEmpty() || step.equals(".") || step.equals("..")) {
                return false;
            }
        }
        return !Rules.unfit(path);
    }

    /** Its key in {@link Linux}. */
    String key() {
        return JsonPath.member("sysctl", name);
    }

    /** Its file, relative to {@code /proc/sys}; no step of it is empty, {@code .} or {@code ..}. */
    public String path() {
        return path(name);
    }

    private static String path(String name) {
        int dot = name.indexOf('.');
        int slash = name.indexOf('/');
        if (dot < 0 || (slash >= 0 && slash < dot)) {
            return name;
        }
        char[] path = name.toCharArray();
        for (int i = 0; i < path.length; i++) {
            path[i] = path[i] == '.' ? '/' : path[i] == '/' ? '.' : path[i];
        }
        return new String(path);
    }

    /** The kind of namespace that it belongs to; empty if it is one for the whole machine. */
    public Optional<Namespace.Type> namespace() {
        String path = path();
        if (path.startsWith("net/")) {
            return Optional.of(Namespace.Type.NETWORK);
        }
        if (path.startsWith("user/")) {
            return Optional.of(Namespace.Type.USER);
        }
        if (path.startsWith("fs/mqueue/")) {
            return Optional.of(Namespace.Type.IPC);
        }
        return switch (path) {
            case "kernel/msgmax",
                    "kernel/msgmnb",
                    "kernel/msgmni",
                    "kernel/sem",
                    "kernel/shmall",
                    "kernel/shmmax",
                    "kernel/shmmni",
                    "kernel/shm_rmid_forced" -> Optional.of(Namespace.Type.IPC);
            case "kernel/hostname", "kernel/domainname" -> Optional.of(Namespace.Type.UTS);
            default -> Optional.empty();
        };
    }
}
