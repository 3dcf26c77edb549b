package dev.carafe.daemon;

/** What {@code jq(1)} finds in a document, so that what we write is read by somebody else. */
final class Json {

    private Json() {}

    static String read(String document, String filter) {
        return Commands.succeed("printf %s \"$0\" | jq -r \"$1\"", document, filter)
                .strip();
    }
}
