package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;

/**
 * Writes {@code config.json}: what {@link ConfigReader} reads back as an equal record. Keys come in the order of the
 * specification's Go bindings, which is the order that people know from {@code runc spec}.
 */
public final class ConfigWriter {

    private ConfigWriter() {}

    /** The configuration as JSON over many lines, indented by tabs, without a line feed at the end. */
    public static String text(Config config) {
        JsonWriter out = new JsonWriter("\t").object();
        out.put("ociVersion", config.ociVersion());
        if (config.process().isPresent()) {
            out.object("process");
            ProcessWriter.members(config.process().get(), out);
            out.end();
        }
        out.object("root")
                .put("path", config.root().path())
                .putTrue("readonly", config.root().readonly())
                .end();
        out.put("hostname", config.hostname());
        out.put("domainname", config.domainname());
        mounts(config.mounts(), out);
        hooks(config.hooks(), out);
        out.put("annotations", config.annotations());
        out.object("linux");
        LinuxWriter.members(config.linux(), out);
        out.endOrOmit();
        return out.end().text();
    }

    /** A process on its own, as {@code exec --process} takes it. */
    public static String text(ProcessConfig process) {
        JsonWriter out = new JsonWriter("\t").object();
        ProcessWriter.members(process, out);
        return out.end().text();
    }

    /** Resources on their own, as {@code update --resources} takes them. */
    public static String text(Resources resources) {
        JsonWriter out = new JsonWriter("\t").object();
        ResourcesWriter.members(resources, out);
        return out.end().text();
    }

    private static void mounts(List<Mount> mounts, JsonWriter out) {
        out.array("mounts");
        for (Mount mount : mounts) {
            out.object();
            out.put("destination", mount.destination());
            out.put("type", mount.type());
            out.put("source", mount.source());
            out.put("options", mount.options());
            mappings("uidMappings", mount.uidMappings(), out);
            mappings("gidMappings", mount.gidMappings(), out);
            out.end();
        }
        out.endOrOmit();
    }

    static void mappings(String name, List<IdMapping> mappings, JsonWriter out) {
        out.array(name);
        for (IdMapping mapping : mappings) {
            out.object()
                    .put("containerID", mapping.containerId())
                    .put("hostID", mapping.hostId())
                    .put("size", mapping.size())
                    .end();
        }
        out.endOrOmit();
    }

    private static void hooks(Hooks hooks, JsonWriter out) {
        out.object("hooks");
        hooks("prestart", hooks.prestart(), out);
        hooks("createRuntime", hooks.createRuntime(), out);
        hooks("createContainer", hooks.createContainer(), out);
        hooks("startContainer", hooks.startContainer(), out);
        hooks("poststart", hooks.poststart(), out);
        hooks("poststop", hooks.poststop(), out);
        out.endOrOmit();
    }

    private static void hooks(String point, List<Hook> hooks, JsonWriter out) {
        out.array(point);
        for (Hook hook : hooks) {
            out.object()
                    .put("path", hook.path())
                    .put("args", hook.args())
                    .put("env", hook.env())
                    .put("timeout", hook.timeout())
                    .end();
        }
        out.endOrOmit();
    }
}
