package dev.carafe.cli;

import dev.carafe.image.store.Watcher;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.image.Descriptor;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows how far the layers of an image have come: on a terminal a line for each that changes in place, else a line when
 * one is done, or JSON for programs.
 */
final class TransferView implements Watcher {

    /** How it is shown. */
    enum Form {
        TERMINAL,
        PLAIN,
        JSON,
        NONE
    }

    private static final Duration BETWEEN = Duration.ofMillis(100);
    private static final int SHORT_DIGEST = 12;
    private static final String CLEAR = "\u001b[K";

    /** One of them. */
    private static final class Line {
        private final Descriptor blob;
        private final long begun = System.nanoTime();
        private long moved;
        private boolean waiting;
        private boolean done;

        private Line(Descriptor blob) {
            this.blob = blob;
        }

        private String state() {
            return done ? "done" : waiting ? "waiting" : moved < blob.size() ? "moving" : "unpacking";
        }

        private String text() {
            String start = blob.digest().hex().substring(0, SHORT_DIGEST) + "  ";
            return start
                    + switch (state()) {
                        case "done" -> Quantities.readable(blob.size());
                        case "waiting" -> "another process fetches it";
                        case "unpacking" -> Quantities.readable(blob.size()) + "  unpacking";
                        default -> Quantities.readable(moved) + " of " + Quantities.readable(blob.size()) + pace();
                    };
        }

        /** Rate and time left, once there is something to tell them by. */
        private String pace() {
            double seconds = (System.nanoTime() - begun) / 1e9;
            if (moved == 0 || seconds < 1) {
                return "";
            }
            double rate = moved / seconds;
            return "  " + Quantities.readable((long) rate) + "/s  "
                    + Duration.ofSeconds((long) ((blob.size() - moved) / rate) + 1)
                            .toString()
                            .substring(2)
                            .toLowerCase(java.util.Locale.ROOT)
                    + " left";
        }
    }

    private final PrintStream output;
    private final Form form;
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private int drawn;
    private long last;

    TransferView(PrintStream output, Form form) {
        this.output = output;
        this.form = form;
    }

    /** The form that an option's word asks for, or that suits where it is shown. */
    static Form form(String word, boolean terminal) {
        return switch (word) {
            case "auto" -> terminal ? Form.TERMINAL : Form.PLAIN;
            case "plain" -> Form.PLAIN;
            case "json" -> Form.JSON;
            case "none" -> Form.NONE;
            default -> throw new UsageException("--progress " + word + ": auto, plain, json or none");
        };
    }

    @Override
    public synchronized void expected(List<Descriptor> layers) {
        layers.forEach(this::line);
        show(true);
    }

    @Override
    public synchronized void waiting(Descriptor blob) {
        if (lines.containsKey(key(blob))) {
            line(blob).waiting = true;
            changed(blob);
        }
    }

    @Override
    public synchronized void moved(Descriptor blob, long bytes) {
        Line line = lines.get(key(blob));
        if (line != null && !line.done) {
            line.waiting = false;
            line.moved = Math.min(blob.size(), line.moved + bytes);
            if (form == Form.TERMINAL || form == Form.JSON) {
                changed(blob);
            }
        }
    }

    @Override
    public synchronized void done(Descriptor blob) {
        Line line = lines.get(key(blob));
        if (line != null && !line.done) {
            line.done = true;
            if (form == Form.PLAIN) {
                say(line.text());
            } else if (form == Form.JSON) {
                say(json(line));
            } else {
                show(true);
            }
        }
    }

    private void changed(Descriptor blob) {
        if (form == Form.PLAIN) {
            say(line(blob).text());
        } else if (form == Form.JSON) {
            if (isTime()) {
                say(json(line(blob)));
            }
        } else {
            show(false);
        }
    }

    private void show(boolean now) {
        if (form != Form.TERMINAL || !(now || isTime())) {
            return;
        }
        StringBuilder screen = new StringBuilder();
        if (drawn > 0) {
            screen.append("\u001b[").append(drawn).append("A");
        }
        lines.values()
                .forEach(line ->
                        screen.append('\r').append(line.text()).append(CLEAR).append('\n'));
        drawn = lines.size();
        output.print(screen);
        output.flush();
    }

    private boolean isTime() {
        long now = System.nanoTime();
        if (now - last < BETWEEN.toNanos()) {
            return false;
        }
        last = now;
        return true;
    }

    private void say(String line) {
        output.println(line);
        output.flush();
    }

    private static String json(Line line) {
        return new JsonWriter("")
                .object()
                .put("digest", line.blob.digest().toString())
                .put("state", line.state())
                .put("bytes", line.moved)
                .put("size", line.blob.size())
                .end()
                .text();
    }

    private Line line(Descriptor blob) {
        return lines.computeIfAbsent(key(blob), digest -> new Line(blob));
    }

    private static String key(Descriptor blob) {
        return blob.digest().toString();
    }
}
