package dev.carafe.oci;

/**
 * A document, or a value on its way into one, that breaks a rule.
 *
 * <p>The message is always one printable line: {@code config.json: process.cwd: must be an absolute path, not "tmp"}.
 * A record's constructor knows neither the document nor the place, so its exception has an empty document and a key
 * relative to the record; {@link JsonCursor#locate} completes both.
 */
public final class InvalidDocumentException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String document;
    private final String key;
    private final String problem;

    /**
     * @param document what was read, such as {@code config.json}; empty if not known
     * @param key the path of the key, as {@link JsonPath} spells it; empty for the document as a whole
     * @param problem what is wrong and what was expected, on one line
     */
    public InvalidDocumentException(String document, String key, String problem) {
        this.document = document;
        this.key = key;
        this.problem = problem;
    }

    /** A problem in a value whose document and place are not known yet. */
    public InvalidDocumentException(String key, String problem) {
        this("", key, problem);
    }

    /** What was read, such as {@code config.json}; empty if not known. */
    public String document() {
        return document;
    }

    /** The path of the key at fault, such as {@code mounts[3].destination}; empty for the document as a whole. */
    public String key() {
        return key;
    }

    /** What is wrong and what was expected. */
    public String problem() {
        return problem;
    }

    /** All three on one line. */
    @Override
    public String getMessage() {
        StringBuilder message = new StringBuilder();
        if (!document.isEmpty()) {
            message.append(document).append(": ");
        }
        if (!key.isEmpty()) {
            message.append(key).append(": ");
        }
        return message.append(problem).toString();
    }
}
