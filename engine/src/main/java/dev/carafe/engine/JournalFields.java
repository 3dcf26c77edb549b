package dev.carafe.engine;

import dev.carafe.engine.options.JournalOptions;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.LogJournal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an instance's entries in the journal all have: docker's fields, so that what finds and reads those of docker's
 * containers does so with Carafe's.
 *
 * @see <a href="https://docs.docker.com/engine/logging/drivers/journald/">docker's journald driver</a>
 */
final class JournalFields {

    /** The field that an instance's entries are found by. */
    static final String ID = "CONTAINER_ID_FULL";

    private static final String DIGEST = "sha256:";

    private JournalFields() {}

    /** By their names. */
    static Map<String, String> of(InstanceRecord record) {
        JournalOptions options = record.options().policies().log().journal();
        String tag = options.tag(placeholder -> meaning(placeholder, record));
        Map<String, String> fields = new LinkedHashMap<>();
        Map<String, String> labels = record.options().identity().labels();
        for (String label : options.labels()) {
            if (labels.containsKey(label)) {
                fields.put(JournalOptions.field(label), labels.get(label));
            }
        }
        for (String variable : record.options().program().environment()) {
            int equals = variable.indexOf('=');
            if (equals > 0 && options.variables().contains(variable.substring(0, equals))) {
                fields.put(JournalOptions.field(variable.substring(0, equals)), variable.substring(equals + 1));
            }
        }
        fields.put("CONTAINER_ID", shortened(record.id()));
        fields.put(ID, record.id());
        fields.put("CONTAINER_NAME", record.name());
        fields.put("CONTAINER_TAG", tag);
        fields.put("SYSLOG_IDENTIFIER", tag);
        fields.put("IMAGE_NAME", record.image());
        return fields;
    }

    private static String meaning(JournalOptions.Placeholder placeholder, InstanceRecord record) {
        return switch (placeholder) {
            case ID -> shortened(record.id());
            case FULL_ID -> record.id();
            case NAME -> record.name();
            case IMAGE_ID -> shortened(record.identity().replaceFirst("^" + DIGEST, ""));
            case FULL_IMAGE_ID -> record.identity();
            case IMAGE_NAME -> record.image();
            case DAEMON_NAME -> "carafe";
        };
    }

    private static String shortened(String id) {
        return id.substring(0, Math.min(id.length(), Instances.SHORT_ID));
    }

    /** Memory with them, for a monitor. */
    static Fd memory(Kernel kernel, InstanceRecord record) {
        byte[] fields = LogJournal.encode(of(record));
        if (fields.length > LogJournal.MOST_BYTES) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "the tag, labels and variables that the journal is to have of \"" + record.name() + "\" take "
                            + fields.length + " bytes, and at most " + LogJournal.MOST_BYTES
                            + " go with each line: ask for fewer with --log-opt labels or env");
        }
        return kernel.files().sealedMemory("carafe-journal", fields);
    }

    /** Refuses to start what nobody would take a line of. */
    static void require(Kernel kernel) {
        try {
            LogJournal.require(kernel);
        } catch (SystemCallException nobody) {
            throw new EngineException(
                    EngineException.Kind.UNAVAILABLE,
                    "--log-driver journald: nobody takes entries at " + LogJournal.SOCKET + " ("
                            + nobody.errno().description() + "); start systemd-journald, or choose --log-driver file");
        }
    }
}
