package dev.carafe.engine.options;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Sysctl;
import java.util.Map;
import java.util.Optional;

/**
 * Which of the machine's namespaces an instance shares, if any; the network's is in {@link NetworkOptions}.
 *
 * @param pid private, host or another instance's
 * @param ipc private, shareable, none, host or another instance's, which has to be shareable
 * @param uts private or host
 * @param cgroup private or host
 * @param user private or host; host means the machine's users, as is usual
 * @param sysctls kernel parameters of its namespaces, by name
 */
public record Namespaces(
        NamespaceMode pid,
        NamespaceMode ipc,
        NamespaceMode uts,
        NamespaceMode cgroup,
        NamespaceMode user,
        Map<String, String> sysctls) {

    /** Its own, but for the machine's users. */
    public static final Namespaces DEFAULT = new Namespaces(
            NamespaceMode.Simple.PRIVATE,
            NamespaceMode.Simple.PRIVATE,
            NamespaceMode.Simple.PRIVATE,
            NamespaceMode.Simple.PRIVATE,
            NamespaceMode.Simple.HOST,
            Map.of());

    public Namespaces {
        check("pid", pid, true);
        if (!(ipc instanceof NamespaceMode.Simple)) {
            check("ipc", ipc, true);
        }
        check("uts", uts, false);
        check("cgroup", cgroup, false);
        check("user", user, false);
        sysctls = Rules.members("sysctls", sysctls);
        sysctls.forEach(Sysctl::new);
    }

    private static void check(String key, NamespaceMode mode, boolean others) {
        boolean good = switch (mode) {
            case NamespaceMode.Simple.PRIVATE, NamespaceMode.Simple.HOST -> true;
            case NamespaceMode.Simple _ -> false;
            case NamespaceMode.OfInstance _ -> others;
        };
        if (!good) {
            throw Rules.broken(key, "private" + (others ? ", host or container:NAME" : " or host") + ", not " + mode);
        }
    }

    /** Only what belongs to a namespace that is not the machine's may be set. */
    void checkSysctls(boolean hostNetwork) {
        for (Map.Entry<String, String> given : sysctls.entrySet()) {
            String key = JsonPath.member("namespaces.sysctls", given.getKey());
            Sysctl sysctl = new Sysctl(given.getKey(), given.getValue());
            Optional<Namespace.Type> type = sysctl.namespace();
            if (type.isEmpty() || type.get() == Namespace.Type.USER) {
                throw Rules.broken(key, "belongs to the whole machine: set it there, with sysctl(8)");
            }
            if (sysctl.path().equals("kernel/hostname")) {
                throw Rules.broken(key, "has an option of its own, identity.hostname");
            }
            boolean host = switch (type.get()) {
                case NETWORK -> hostNetwork;
                case IPC -> ipc.isHost();
                default -> uts.isHost();
            };
            if (host) {
                throw Rules.broken(
                        key, "would change the machine, as its " + type.get() + " namespace is the machine's");
            }
        }
    }

    void write(JsonWriter out) {
        put(out, "pid", pid, DEFAULT.pid);
        put(out, "ipc", ipc, DEFAULT.ipc);
        put(out, "uts", uts, DEFAULT.uts);
        put(out, "cgroup", cgroup, DEFAULT.cgroup);
        put(out, "user", user, DEFAULT.user);
        out.put("sysctls", sysctls);
    }

    private static void put(JsonWriter out, String name, NamespaceMode mode, NamespaceMode usual) {
        if (!mode.toString().equals(usual.toString())) {
            out.put(name, mode.toString());
        }
    }

    static Namespaces read(JsonCursor in) {
        return new Namespaces(
                mode(in, "pid", DEFAULT.pid),
                mode(in, "ipc", DEFAULT.ipc),
                mode(in, "uts", DEFAULT.uts),
                mode(in, "cgroup", DEFAULT.cgroup),
                mode(in, "user", DEFAULT.user),
                in.textMembers("sysctls"));
    }

    private static NamespaceMode mode(JsonCursor in, String name, NamespaceMode usual) {
        Optional<String> text = in.optionalText(name);
        return text.isPresent() ? NamespaceMode.parse(name, text.get()) : usual;
    }
}
