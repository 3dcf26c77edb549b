package dev.carafe.cli;

import java.util.Map;

/** Labels as people ask for them. */
final class Labels {

    private Labels() {}

    /** Whether there is one of this name ({@code NAME}), or with this value ({@code NAME=VALUE}). */
    static boolean match(Map<String, String> labels, String wanted) {
        int equals = wanted.indexOf('=');
        return equals < 0
                ? labels.containsKey(wanted)
                : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
    }
}
