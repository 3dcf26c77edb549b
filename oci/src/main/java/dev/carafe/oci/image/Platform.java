package dev.carafe.oci.image;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an image runs on (image-index.md, {@code platform}), by Go's names: {@code linux/amd64}, {@code linux/arm/v7}.
 *
 * @param variant of the architecture; empty where there is none, or where it is the usual one
 * @param osVersion of Windows mainly
 * @param others members that this record does not know
 */
public record Platform(
        String os,
        String architecture,
        Optional<String> variant,
        Optional<String> osVersion,
        List<String> osFeatures,
        Map<String, Json> others) {

    private static final Set<String> KNOWN = Set.of("os", "architecture", "variant", "os.version", "os.features");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    /** What other tools call architectures, and Go does not. */
    private static final Map<String, String> ALIASES = Map.of(
            "x86_64", "amd64",
            "x86-64", "amd64",
            "aarch64", "arm64",
            "i386", "386",
            "i686", "386",
            "armhf", "arm",
            "armel", "arm",
            "ppc64el", "ppc64le");

    private static final Map<String, String> VARIANTS_OF_ALIASES = Map.of("armhf", "v7", "armel", "v6");

    public Platform {
        osFeatures = List.copyOf(osFeatures);
        others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    public static Platform of(String os, String architecture) {
        return new Platform(os, architecture, Optional.empty(), Optional.empty(), List.of(), Map.of());
    }

    /**
     * Reads {@code OS/ARCHITECTURE[/VARIANT]}, as {@code --platform} has it. One word alone is an architecture of Linux;
     * the names that uname(1) and Debian have for architectures are understood.
     *
     * @throws InvalidDocumentException if it is none
     */
    public static Platform parse(String text) {
        String[] words = text.split("/", -1);
        for (String word : words) {
            if (!WORD.matcher(word).matches() || words.length > 3) {
                throw new InvalidDocumentException(
                        "", "\"" + text + "\" is no platform: OS/ARCHITECTURE[/VARIANT], such as linux/arm64/v8");
            }
        }
        String os = words.length == 1 ? "linux" : words[0].toLowerCase(Locale.ROOT);
        String architecture = words[words.length == 1 ? 0 : 1].toLowerCase(Locale.ROOT);
        Optional<String> variant = words.length == 3
                ? Optional.of(words[2].toLowerCase(Locale.ROOT))
                : Optional.ofNullable(VARIANTS_OF_ALIASES.get(architecture));
        return new Platform(
                        os,
                        ALIASES.getOrDefault(architecture, architecture),
                        variant,
                        Optional.empty(),
                        List.of(),
                        Map.of())
                .normalised();
    }

    /** Reads the object that the cursor stands in. */
    static Platform read(JsonCursor in) {
        return new Platform(
                in.text("os"),
                in.text("architecture"),
                in.optionalText("variant"),
                in.optionalText("os.version"),
                in.texts("os.features"),
                in.others(KNOWN));
    }

    /** The same with one name for each thing: a variant that goes without saying is left out. */
    public Platform normalised() {
        String named = ALIASES.getOrDefault(architecture, architecture);
        Optional<String> kept = variant.map(it -> it.startsWith("v") || !it.matches("[0-9].*") ? it : "v" + it)
                .filter(it -> !(named.equals("arm64") && it.equals("v8")))
                .filter(it -> !(named.equals("amd64") && it.equals("v1")))
                .or(() -> named.equals("arm") ? Optional.of("v7") : Optional.empty());
        return new Platform(os, named, kept, osVersion, osFeatures, others);
    }

    /**
     * How well an image for another platform runs on this one: 0 for not at all, and the higher the better. A variant
     * runs what was made for those before it: an arm/v7 also arm/v6 and arm/v5, an arm64 also arm/v8 and those before,
     * an amd64/v3 also amd64/v2 and plain amd64.
     */
    public int suits(Platform other) {
        Platform here = normalised();
        Platform there = other.normalised();
        if (!here.os.equals(there.os)) {
            return 0;
        }
        int most = here.level();
        int wanted = there.level();
        if (here.architecture.equals(there.architecture)) {
            return wanted > most || (wanted < 0) != (most < 0) || (wanted < 0 && !here.variant.equals(there.variant))
                    ? 0
                    : 100 + wanted;
        }
        // An arm64 processor has the older instructions too, as a rule.
        return here.architecture.equals("arm64") && there.architecture.equals("arm") && wanted <= 8 ? 1 + wanted : 0;
    }

    /** The number of its variant; 0 for the only one; -1 if that says nothing of what came before. */
    private int level() {
        return switch (variant.orElse("")) {
            case "" -> architecture.equals("arm64") ? 8 : architecture.equals("amd64") ? 1 : 0;
            case String it when it.matches("v[0-9](\\.[0-9])?") -> it.charAt(1) - '0';
            default -> -1;
        };
    }

    JsonWriter write(JsonWriter out) {
        out.put("architecture", architecture).put("os", os).put("os.version", osVersion);
        if (!osFeatures.isEmpty()) {
            out.put("os.features", osFeatures);
        }
        out.put("variant", variant);
        others.forEach(out::put);
        return out;
    }

    @Override
    public String toString() {
        return os + "/" + architecture + variant.map(it -> "/" + it).orElse("");
    }
}
