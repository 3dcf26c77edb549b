package dev.carafe.engine.options;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an instance's entries in the journal have beside what all instances' have.
 *
 * @param tag what they are called by, with docker's placeholders in it, which are {@link Placeholder}s; its short id if
 *     not given
 * @param labels those of its labels that become {@linkplain #field fields}, as far as it has them
 * @param variables those of its variables that become fields, as far as it has them; a variable counts more than a label
 */
public record JournalOptions(Optional<String> tag, List<String> labels, List<String> variables) {

    /** Nothing beside. */
    public static final JournalOptions NONE = new JournalOptions(Optional.empty(), List.of(), List.of());

    private static final Pattern FIELD = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*\\.(\\w+)\\s*}}");

    /** What Carafe and the journal say themselves: who reads the log relies on it. */
    private static final Set<String> OTHERS = Set.of(
            "MESSAGE",
            "PRIORITY",
            "IMAGE_NAME",
            "SYSLOG_IDENTIFIER",
            "CONTAINER_ID",
            "CONTAINER_ID_FULL",
            "CONTAINER_NAME",
            "CONTAINER_TAG",
            "CONTAINER_PARTIAL_MESSAGE",
            "CARAFE_LOST");

    /** What a tag may say of an instance, as <code>{{.Name}}</code>. */
    public enum Placeholder {
        ID("ID"),
        FULL_ID("FullID"),
        NAME("Name"),
        IMAGE_ID("ImageID"),
        FULL_IMAGE_ID("ImageFullID"),
        IMAGE_NAME("ImageName"),
        DAEMON_NAME("DaemonName");

        private final String word;

        Placeholder(String word) {
            this.word = word;
        }

        private static Optional<Placeholder> of(String word) {
            for (Placeholder placeholder : values()) {
                if (placeholder.word.equals(word)) {
                    return Optional.of(placeholder);
                }
            }
            return Optional.empty();
        }
    }

    /** What a placeholder stands for. */
    @FunctionalInterface
    public interface Meaning {
        String of(Placeholder placeholder);
    }

    public JournalOptions {
        tag = tag.filter(text -> !text.isEmpty());
        if (tag.isPresent()) {
            Rules.text("tag", tag.get());
            String rest = expanded(tag.get(), placeholder -> "");
            if (rest.contains("{{")) {
                throw Rules.broken(
                        "tag",
                        JsonPath.quoted(tag.get()) + " has a placeholder that there is not: only {{.ID}}, {{.FullID}}, "
                                + "{{.Name}}, {{.ImageID}}, {{.ImageFullID}}, {{.ImageName}} and {{.DaemonName}} are");
            }
        }
        labels = fields("labels", labels);
        variables = fields("env", variables);
    }

    private static List<String> fields(String key, List<String> names) {
        for (String name : names) {
            String field = field(name);
            if (!FIELD.matcher(field).matches() || OTHERS.contains(field)) {
                throw Rules.broken(
                        key,
                        JsonPath.quoted(name) + " cannot be a field of the journal: "
                                + (OTHERS.contains(field)
                                        ? "its " + field + " is Carafe's own"
                                        : "a name there begins with a letter and has at most 64 characters"));
            }
        }
        return Rules.texts(key, names);
    }

    /** The name of the field for a label or a variable: docker's, in capitals, with underscores for what has none. */
    public static String field(String name) {
        return name.replaceAll("[^a-zA-Z0-9]", "_").replaceFirst("^_+", "").toUpperCase(Locale.ROOT);
    }

    /** The tag of an instance. */
    public String tag(Meaning meaning) {
        return expanded(tag.orElse("{{.ID}}"), meaning);
    }

    private static String expanded(String template, Meaning meaning) {
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(found -> Matcher.quoteReplacement(
                        Placeholder.of(found.group(1)).map(meaning::of).orElse(found.group())));
    }

    void write(JsonWriter out) {
        out.put("tag", tag).put("labels", labels).put("env", variables);
    }

    static JournalOptions read(JsonCursor in) {
        return new JournalOptions(in.optionalText("tag"), in.texts("labels"), in.texts("env"));
    }
}
