package dev.carafe.engine;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT64;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Architecture;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.SyscallArgument;
import dev.carafe.oci.runtime.SyscallRule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a profile in Docker's format: the OCI's, with conditions on its rules and the architectures in a map.
 *
 * @see <a href="https://docs.docker.com/engine/security/seccomp/">Seccomp security profiles for Docker</a>
 */
final class DockerSeccomp {

    private static final String NAME = "the seccomp profile";

    private final Set<Capability> capabilities;
    private final Architecture architecture;
    private final String kernel;

    /**
     * For a container.
     *
     * @param capabilities in its bounding set
     * @param kernel its version, such as {@code 6.1.0-13-amd64}
     */
    DockerSeccomp(Set<Capability> capabilities, Architecture architecture, String kernel) {
        this.capabilities = capabilities;
        this.architecture = architecture;
        this.kernel = kernel;
    }

    /**
     * The rules that hold for the container.
     *
     * @throws InvalidDocumentException if it is no such profile
     */
    Seccomp read(String text) {
        JsonCursor in = new JsonCursor(NAME, Json.parse(NAME, text.getBytes(UTF_8)));
        try {
            return new Seccomp(
                    in.oneOf("defaultAction", "seccomp action", Seccomp.Action.values()),
                    in.optionalInteger("defaultErrnoRet", UINT32),
                    architectures(in),
                    in.has("flags")
                            ? Optional.of(in.someOf("flags", "seccomp flag", Seccomp.Flag.values()))
                            : Optional.empty(),
                    in.optionalText("listenerPath"),
                    in.optionalText("listenerMetadata"),
                    rules(in));
        } catch (InvalidDocumentException wrong) {
            throw in.locate(wrong);
        }
    }

    private Set<Seccomp.Architecture> architectures(JsonCursor in) {
        Set<Seccomp.Architecture> all =
                new LinkedHashSet<>(in.someOf("architectures", "architecture", Seccomp.Architecture.values()));
        for (boolean more = in.first("archMap"); more; more = in.next()) {
            if (in.oneOf("architecture", "architecture", Seccomp.Architecture.values()) == own()) {
                all.addAll(in.someOf("subArchitectures", "architecture", Seccomp.Architecture.values()));
            }
        }
        return all;
    }

    private Seccomp.Architecture own() {
        return switch (architecture) {
            case AMD64 -> Seccomp.Architecture.SCMP_ARCH_X86_64;
            case ARM64 -> Seccomp.Architecture.SCMP_ARCH_AARCH64;
        };
    }

    private List<SyscallRule> rules(JsonCursor in) {
        List<SyscallRule> rules = new ArrayList<>();
        for (boolean more = in.first("syscalls"); more; more = in.next()) {
            boolean holds = true;
            if (in.enter("includes")) {
                holds = in.leave(includes(in));
            }
            if (in.enter("excludes")) {
                holds &= in.leave(!excludes(in));
            }
            List<String> names = new ArrayList<>(in.texts("names"));
            in.optionalText("name").ifPresent(names::add);
            if (holds) {
                rules.add(new SyscallRule(
                        names,
                        in.oneOf("action", "seccomp action", Seccomp.Action.values()),
                        in.optionalInteger("errnoRet", UINT32),
                        arguments(in)));
            }
        }
        return rules;
    }

    private boolean includes(JsonCursor in) {
        List<String> architectures = in.texts("arches");
        Optional<String> least = in.optionalText("minKernel");
        return (architectures.isEmpty() || architectures.contains(word()))
                && in.texts("caps").stream().allMatch(this::has)
                && (least.isEmpty() || isAtLeast(in, least.get()));
    }

    private boolean excludes(JsonCursor in) {
        Optional<String> least = in.optionalText("minKernel");
        return in.texts("arches").contains(word())
                || in.texts("caps").stream().anyMatch(this::has)
                || (least.isPresent() && isAtLeast(in, least.get()));
    }

    private String word() {
        return switch (architecture) {
            case AMD64 -> "amd64";
            case ARM64 -> "arm64";
        };
    }

    private boolean has(String capability) {
        return Capability.named(capability).map(capabilities::contains).orElse(false);
    }

    private boolean isAtLeast(JsonCursor in, String least) {
        try {
            int[] wanted = version(least);
            int[] here = version(kernel);
            return here[0] > wanted[0] || (here[0] == wanted[0] && here[1] >= wanted[1]);
        } catch (IllegalArgumentException malformed) {
            throw in.problem("minKernel", JsonPath.quoted(least) + " is no version of a kernel, such as 4.8");
        }
    }

    private static int[] version(String text) {
        String[] numbers = text.split("[^0-9]", 3);
        if (numbers.length < 2) {
            throw new IllegalArgumentException(text);
        }
        return new int[] {Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])};
    }

    private static List<SyscallArgument> arguments(JsonCursor in) {
        List<SyscallArgument> arguments = new ArrayList<>();
        for (boolean more = in.first("args"); more; more = in.next()) {
            arguments.add(new SyscallArgument(
                    (int) in.integer("index", INT32),
                    in.integer("value", UINT64),
                    in.optionalInteger("valueTwo", UINT64).orElse(0),
                    in.oneOf("op", "seccomp operator", SyscallArgument.Operator.values())));
        }
        return arguments;
    }
}
