package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Blueprints for tests: a small configuration, changed by a merge patch (RFC 7386). */
final class Blueprints {

    private static final String SMALL = """
            {"ociVersion": "1.3.0", "root": {"path": "rootfs"},
             "process": {"cwd": "/", "args": ["true"], "env": ["PATH=/bin:/usr/bin"]},
             "linux": {"namespaces": [{"type": "mount"}]}}
            """;

    private static final byte[] FILTER = new byte[16];

    private Blueprints() {}

    /** The small configuration, changed; the patch's own key {@code blueprint} says what is beside it. */
    static Blueprint patched(String patch) {
        Json changes = Json.parse("patch", patch.getBytes(UTF_8));
        Json document = merge(Json.parse("small", SMALL.getBytes(UTF_8)), changes);
        return of(
                new ConfigReader().config(document.compact().getBytes(UTF_8)),
                changes instanceof JsonObject object ? object.members().get("blueprint") : null);
    }

    /** A blueprint of a configuration as it comes. */
    static Blueprint of(Config config, @org.jspecify.annotations.Nullable Json beside) {
        Map<String, String> words = new LinkedHashMap<>();
        if (beside instanceof JsonObject object) {
            object.members().forEach((name, value) -> words.put(name, value instanceof JsonString(String t) ? t : ""));
        }
        return new Blueprint(
                "ID",
                config,
                "/bundle",
                switch (words.getOrDefault("root", "")) {
                    case "layers" -> layers(2);
                    case "many layers" -> layers(1500);
                    default -> new RootSource.Folder("/bundle/" + config.root().path());
                },
                process(config, words));
    }

    private static RootSource layers(int count) {
        List<String> lower =
                IntStream.rangeClosed(1, count).mapToObj(it -> "/" + it).toList();
        List<RootSource.Setting> settings = new ArrayList<>();
        // All that a golden file need show of them.
        lower.stream().limit(2).forEach(it -> settings.add(new RootSource.Setting("lowerdir+", it)));
        settings.add(new RootSource.Setting("upperdir", "/u"));
        settings.add(new RootSource.Setting("workdir", "/w"));
        settings.add(new RootSource.Setting("volatile", ""));
        return new RootSource.Layers(List.of(
                new RootSource.Layer("tmpfs", "size=1m", List.of(), "/data/view"),
                new RootSource.Layer(
                        "overlay",
                        "lowerdir=" + String.join(":", lower) + ",upperdir=/u,workdir=/w,volatile",
                        settings,
                        "/data/root")));
    }

    /** What is beside a configuration's process. */
    static ProcessBlueprint process(Config config, Map<String, String> words) {
        return new ProcessBlueprint(
                rights(words.getOrDefault("caller", "root")),
                config.process().orElseThrow(() -> new RuntimeFailure("config.json: process: is missing")),
                "v1".equals(words.get("cgroups")) ? v1() : Map.of("", "/sys/fs/cgroup/c"),
                words.containsKey("placed"),
                config.linux()
                        .intelRdt()
                        .map(asked -> new ResctrlGroups(Kernel.host(), "/sys/fs/resctrl").joined(asked, "c"))
                        .orElse(List.of()),
                config.linux()
                        .seccomp()
                        .map(seccomp ->
                                new SeccompFilter(FILTER, seccomp.listenerPath().isPresent() ? 8 : 0, true)),
                config.linux().personality(),
                config.linux().memoryPolicy(),
                Optional.of("/root"),
                "some".equals(words.get("grantable"))
                        ? EnumSet.complementOf(EnumSet.of(Capability.CAP_SYS_RESOURCE))
                        : Set.of(Capability.values()),
                "null".equals(words.get("input")) ? Blueprint.Input.NULL : Blueprint.Input.INHERITED,
                "at once".equals(words.get("beginning"))
                        ? new Blueprint.Beginning.AtOnce(true)
                        : new Blueprint.Beginning.WhenStarted("/state/exec.fifo"),
                0);
    }

    /** As a container is restored with no more said than what has to be. */
    static CheckpointOptions restoring() {
        return new CheckpointOptions(
                "/usr/sbin/criu",
                List.of("PATH=/usr/sbin:/sbin"),
                "/images",
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false,
                false,
                false,
                false,
                false,
                false,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                CheckpointOptions.Cgroups.DEFAULT,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Rights rights(String word) {
        return switch (word) {
            case "user" -> new Rights(1000, 100, false, false, true, Optional.empty(), Optional.empty());
            case "user with mappers" ->
                new Rights(1000, 100, false, false, true, Optional.of("/bin/newuidmap"), Optional.of("/bin/newgidmap"));
            case "root in a user namespace" -> new Rights(0, 0, true, true, true, Optional.empty(), Optional.empty());
            default -> Rights.ROOT;
        };
    }

    private static Map<String, String> v1() {
        Map<String, String> folders = new LinkedHashMap<>();
        folders.put("memory", "/sys/fs/cgroup/memory/c");
        folders.put("cpu", "/sys/fs/cgroup/cpu,cpuacct/c");
        folders.put("cpuacct", "/sys/fs/cgroup/cpu,cpuacct/c");
        folders.put("name=systemd", "/sys/fs/cgroup/systemd/c");
        folders.put("", "/sys/fs/cgroup/unified/c");
        return folders;
    }

    private static Json merge(Json base, Json patch) {
        if (!(patch instanceof JsonObject changes)) {
            return patch;
        }
        Map<String, Json> members =
                new LinkedHashMap<>(base instanceof JsonObject object ? object.members() : Map.of());
        changes.members().forEach((name, value) -> {
            Json old = members.get(name);
            members.put(name, old == null ? value : merge(old, value));
        });
        return new JsonObject(members);
    }
}
