package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A bundle's {@code config.json}: the container to create. Without {@code process} it can be created but not started.
 *
 * @param ociVersion the version of the specification that it was written for: 1.x, in the form of SemVer 2.0.0
 * @param hostname needs a UTS namespace
 * @param domainname needs a UTS namespace
 * @param mounts in the order to make them
 */
public record Config(
        String ociVersion,
        Optional<ProcessConfig> process,
        Root root,
        Optional<String> hostname,
        Optional<String> domainname,
        List<Mount> mounts,
        Hooks hooks,
        Map<String, String> annotations,
        Linux linux) {

    /** The version of the specification that these records implement. */
    public static final String OCI_VERSION = "1.3.0";

    public Config {
        SpecVersion.check("ociVersion", ociVersion);
        nodeName("hostname", hostname, linux);
        nodeName("domainname", domainname, linux);
        mounts = List.copyOf(mounts);
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            if (mount.isIdMapped()
                    && mount.uidMappings().isEmpty()
                    && linux.namespace(Namespace.Type.USER).isEmpty()) {
                throw Rules.broken(
                        JsonPath.element("mounts", i) + ".options",
                        "an id-mapped mount needs uidMappings and gidMappings, or a user namespace that has them");
            }
        }
        annotations = Rules.members("annotations", annotations);
    }

    /** A name as {@code sethostname(2)} takes it: at most 64 bytes. */
    private static void nodeName(String key, Optional<String> name, Linux linux) {
        Rules.some(key, name);
        if (name.isPresent()) {
            if (name.get().getBytes(UTF_8).length > 64) {
                throw Rules.broken(key, "is longer than 64 bytes, the kernel's limit");
            }
            if (linux.namespace(Namespace.Type.UTS).isEmpty()) {
                throw Rules.broken(key, "needs a namespace of type uts in linux.namespaces");
            }
        }
    }
}
