package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a runtime can do, whether or not the machine lets it (features.md, features-linux.md). What these records read is
 * taken from themselves; the rest is said by whoever implements it.
 *
 * @param mountOptions the names that do not belong to a file system
 * @param systemdCgroups whether systemd can be asked for cgroups
 * @param supportedFlags the seccomp flags that this machine's libraries and kernel take too
 * @param annotations about the runtime itself
 * @param unsafeAnnotations those of a configuration that change what the runtime does; one that ends with a dot stands
 *     for all that begin with it
 */
public record Features(
        List<String> mountOptions,
        boolean systemdCgroups,
        List<Seccomp.Flag> supportedFlags,
        Map<String, String> annotations,
        List<String> unsafeAnnotations) {

    /** The oldest version of the specification whose configurations are understood. */
    public static final String OLDEST_VERSION = "1.0.0";

    public Features {
        mountOptions = mountOptions.stream().sorted().toList();
        supportedFlags = List.copyOf(supportedFlags);
        annotations = Rules.members("annotations", annotations);
        unsafeAnnotations = List.copyOf(unsafeAnnotations);
    }

    /** They as JSON over many lines, indented by four spaces as runc does, without a line feed at the end. */
    public String text() {
        JsonWriter out = new JsonWriter("    ")
                .object()
                .put("ociVersionMin", OLDEST_VERSION)
                .put("ociVersionMax", Config.OCI_VERSION)
                .put("hooks", Hooks.POINTS)
                .put("mountOptions", mountOptions)
                .object("linux");
        linux(out);
        out.end().put("annotations", annotations);
        all("potentiallyUnsafeConfigAnnotations", unsafeAnnotations, out);
        return out.end().text();
    }

    private void linux(JsonWriter out) {
        out.put("namespaces", words(Namespace.Type.values()).sorted().toList())
                .put("capabilities", words(Capability.values()).toList());
        out.object("cgroup")
                .put("v1", true)
                .put("v2", true)
                .put("systemd", systemdCgroups)
                .put("systemdUser", systemdCgroups)
                .put("rdma", true)
                .end();
        out.object("seccomp")
                .put("enabled", true)
                .put("actions", words(Seccomp.Action.values()).sorted().toList())
                .put(
                        "operators",
                        words(SyscallArgument.Operator.values()).sorted().toList())
                .put("archs", words(Seccomp.Architecture.values()).sorted().toList())
                .put("knownFlags", words(Seccomp.Flag.values()).toList());
        all("supportedFlags", words(supportedFlags.toArray(Seccomp.Flag[]::new)).toList(), out);
        out.end();
        enabled("apparmor", out);
        enabled("selinux", out);
        out.object("intelRdt")
                .put("enabled", true)
                .put("schemata", true)
                .put("monitoring", true)
                .end();
        out.object("memoryPolicy")
                .put("modes", words(MemoryPolicy.Mode.values()).sorted().toList())
                .put("flags", words(MemoryPolicy.Flag.values()).sorted().toList())
                .end();
        out.object("mountExtensions");
        enabled("idmap", out);
        out.end();
        enabled("netDevices", out);
    }

    /** An empty array says something else than none. */
    private static void all(String name, List<String> texts, JsonWriter out) {
        if (texts.isEmpty()) {
            out.array(name).end();
        }
        out.put(name, texts);
    }

    private static void enabled(String feature, JsonWriter out) {
        out.object(feature).put("enabled", true).end();
    }

    private static Stream<String> words(Enum<?>[] values) {
        return Stream.of(values).map(Enum::toString);
    }
}
