package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.DENIED;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;

/** What went wrong, in one line: what was to be done, who says what, what helps. */
final class Failures {

    /** What is read of an answer that only explains. */
    private static final int EXPLANATION_BYTES = 64 << 10;

    private static final int SHOWN = 200;
    private static final int ERRORS_SHOWN = 3;

    private Failures() {}

    /** That an answer says no. */
    static ImageException refused(Answer answer) {
        return new ImageException(kind(answer.status()), refusal(answer) + advice(answer));
    }

    /** The same without what helps. */
    static String refusal(Answer answer) {
        String says = explanation(answer);
        return "cannot " + answer.call().asking() + ": " + Hosts.shown(answer.uri()) + " says " + answer.status()
                + (says.isEmpty() ? "" : " " + says);
    }

    /** That an answer makes no sense. */
    static ImageException senseless(Answer answer, String problem) {
        return new ImageException(
                FAILED,
                "cannot " + answer.call().asking() + ": what " + Hosts.shown(answer.uri()) + " sent " + problem);
    }

    /** That there was no answer, or none to its end. */
    static ImageException unreachable(Call call, IOException exception, int attempts) {
        if (exception instanceof TryLaterException later) {
            return new ImageException(
                    UNAVAILABLE, later.getMessage() + tried(attempts) + "; try again later", exception);
        }
        String host = Hosts.shown(call.uri());
        if (exception instanceof SSLException) {
            return new ImageException(
                    UNAVAILABLE,
                    "cannot " + call.asking() + ": " + host + " cannot be spoken to by TLS: " + reason(exception)
                            + "; if its certificate is one of your own, name its authority, and if it speaks plainly,"
                            + " say so",
                    exception);
        }
        String advice = exception instanceof ConnectException
                ? "; see that the name is right and that the network and its proxies lead there"
                : "";
        return new ImageException(
                UNAVAILABLE,
                "cannot " + call.asking() + ": " + host + ": " + reason(exception) + tried(attempts) + advice,
                exception);
    }

    private static String tried(int attempts) {
        return attempts > 1 ? " (tried " + attempts + " times)" : "";
    }

    static ImageException interrupted(Call call) {
        return new ImageException(FAILED, "cannot " + call.asking() + ": interrupted");
    }

    /** Why something failed, also where the JDK says it in a class's name alone. */
    static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "there is no host of this name";
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && !message.isBlank()) {
                return plain(message);
            }
        }
        return failure instanceof ConnectException
                ? "it takes no connection"
                : failure.getClass().getSimpleName();
    }

    private static ImageException.Kind kind(int status) {
        return switch (status) {
            case 401, 403 -> DENIED;
            case 404 -> NOT_FOUND;
            case 400 -> INVALID;
            case 408, 425, 429, 500, 502, 503, 504 -> UNAVAILABLE;
            default -> FAILED;
        };
    }

    private static String advice(Answer answer) {
        return switch (answer.status()) {
            case 401, 403 ->
                "; it may not exist, or not for you: see that the name is right, and log in (\"carafe login\") if it"
                        + " takes that";
            case 404 -> "; see that name and tag are right";
            case 429 -> "; try again later, or log in, which may allow more";
            default -> "";
        };
    }

    /** What it says for people: its errors, or its text if it is short and none of HTML. */
    private static String explanation(Answer answer) {
        byte[] body;
        try {
            body = answer.body().readNBytes(EXPLANATION_BYTES);
        } catch (IOException noExplanation) {
            return "";
        }
        try {
            JsonCursor in = new JsonCursor("errors", Json.parse("errors", body));
            List<String> errors = new ArrayList<>();
            for (boolean more = in.first("errors"); more; more = in.next()) {
                if (errors.size() < ERRORS_SHOWN) {
                    String code = in.optionalText("code").orElse("");
                    String message = in.optionalText("message").orElse("");
                    errors.add(plain(message.isEmpty() ? code : code + " (" + message + ")"));
                }
            }
            if (errors.isEmpty()) {
                in.optionalText("details").or(() -> in.optionalText("error")).ifPresent(it -> errors.add(plain(it)));
            }
            return String.join(", ", errors);
        } catch (InvalidDocumentException noErrors) {
            String text = new String(body, StandardCharsets.UTF_8).strip();
            return text.startsWith("<") ? "" : plain(text);
        }
    }

    /** Text of others on one line, shortened, with nothing in it that steers a terminal. */
    static String plain(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length() && out.length() < SHOWN; i++) {
            char c = text.charAt(i);
            switch (Character.getType(c)) {
                case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> out.append(' ');
                case Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE, Character.UNASSIGNED -> {}
                default -> out.append(c);
            }
        }
        return out.toString().strip();
    }
}
