package dev.carafe.image.layer;

import java.util.ArrayList;
import java.util.List;

/** What was left out, a line each, as far as anybody reads on. */
final class Warnings {

    private static final int MOST = 100;

    private final List<String> lines = new ArrayList<>();

    void add(String name, String text) {
        if (lines.size() < MOST) {
            lines.add(LayerException.quoted(name) + ": " + text);
        }
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
