package dev.carafe.runtime;

import dev.carafe.linux.systemd.BusText;
import dev.carafe.linux.systemd.BusValue;
import dev.carafe.linux.systemd.UnitProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A scope of systemd's: a unit for processes that somebody else has started, here those of a container.
 *
 * @param slice the unit that it lies in, such as {@code system.slice}
 * @param unit its name
 * @param container what it is named after
 */
record SystemdScope(String slice, String unit, String container) {

    private static final String KEY = "config.json: linux.cgroupsPath: ";
    private static final String SLICE = ".slice";
    private static final String ANNOTATION = "org.systemd.property.";
    private static final String NAME = "[A-Za-z0-9:_.\\\\@-]{1,255}";
    private static final long MICROSECONDS = 1_000_000;

    /**
     * What {@code linux.cgroupsPath} means to this driver: {@code slice:prefix:name}.
     *
     * @param usual the slice where none is given
     * @throws RuntimeFailure if it means nothing
     */
    static SystemdScope of(Optional<String> cgroupsPath, String id, String usual) {
        String path = cgroupsPath.orElse(":carafe:" + id);
        String[] parts = path.split(":", -1);
        if (parts.length != 3) {
            throw new RuntimeFailure(KEY + "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd"
                    + " cgroups, got \"" + path + "\" instead");
        }
        if (parts[2].endsWith(SLICE)) {
            throw new RuntimeFailure(KEY + "a container is a scope, and cannot be the slice " + parts[2]);
        }
        String slice = parts[0].isEmpty() ? usual : parts[0];
        String unit = parts[1] + "-" + parts[2] + ".scope";
        if (parts[2].isEmpty() || !unit.matches(NAME)) {
            throw new RuntimeFailure(KEY + "\"" + unit + "\" is no name of a unit of systemd's");
        }
        SystemdScope scope = new SystemdScope(slice, unit, parts[2]);
        scope.path();
        return scope;
    }

    /** Where its cgroup is: {@code a-b.slice} lies in {@code a.slice}. */
    String path() {
        String name = slice.endsWith(SLICE) ? slice.substring(0, slice.length() - SLICE.length()) : "";
        if (name.equals("-")) {
            return "/" + unit;
        }
        StringBuilder path = new StringBuilder();
        int start = 0;
        do {
            int dash = name.indexOf('-', start);
            int end = dash < 0 ? name.length() : dash;
            if (end == start || !slice.matches(NAME)) {
                throw new RuntimeFailure(KEY + "invalid slice name: \"" + slice + "\"");
            }
            path.append('/').append(name, 0, end).append(SLICE);
            start = end + 1;
        } while (start <= name.length());
        return path.append('/').append(unit).toString();
    }

    /**
     * The properties that every container's scope has.
     *
     * @param pid of the process that it begins with
     * @param unified whether the machine has cgroup v2 alone
     */
    List<UnitProperty> properties(int pid, boolean unified) {
        return List.of(
                new UnitProperty("Description", BusValue.text("carafe container " + container)),
                new UnitProperty("Slice", BusValue.text(slice)),
                new UnitProperty("Delegate", BusValue.flag(true)),
                new UnitProperty("PIDs", BusValue.numbers(pid)),
                new UnitProperty("MemoryAccounting", BusValue.flag(true)),
                new UnitProperty("CPUAccounting", BusValue.flag(true)),
                new UnitProperty(unified ? "IOAccounting" : "BlockIOAccounting", BusValue.flag(true)),
                new UnitProperty("TasksAccounting", BusValue.flag(true)),
                new UnitProperty("DefaultDependencies", BusValue.flag(false)),
                // A monitor has nobody to ask systemd to forget that there was too little memory.
                new UnitProperty("CollectMode", BusValue.text("inactive-or-failed")));
    }

    /**
     * The properties that annotations ask for by {@code org.systemd.property.NAME}.
     *
     * @throws RuntimeFailure if one is none
     */
    static List<UnitProperty> annotated(Map<String, String> annotations) {
        List<UnitProperty> properties = new ArrayList<>();
        annotations.forEach((key, text) -> {
            if (key.startsWith(ANNOTATION)) {
                properties.add(property(key, text));
            }
        });
        return properties;
    }

    private static UnitProperty property(String key, String text) {
        String name = key.substring(ANNOTATION.length());
        if (!name.matches("[A-Za-z]{3,}")) {
            throw new RuntimeFailure("config.json: annotations: " + key
                    + ": a property's name has three letters or more, and only such");
        }
        try {
            BusValue value = BusText.parse(text);
            // Manual pages give seconds, D-Bus takes microseconds.
            return name.matches(".*[a-z]Sec")
                    ? new UnitProperty(
                            name.substring(0, name.length() - "Sec".length()) + "USec",
                            BusValue.number(microseconds(value)))
                    : new UnitProperty(name, value);
        } catch (IllegalArgumentException exception) {
            throw new RuntimeFailure(
                    "config.json: annotations: " + key + ": \"" + text + "\": " + exception.getMessage(), exception);
        }
    }

    private static long microseconds(BusValue seconds) {
        return switch (seconds) {
            case BusValue.Whole(char ignored, long number) -> number * MICROSECONDS;
            case BusValue.Real(double number) -> (long) (number * MICROSECONDS);
            default -> throw new IllegalArgumentException("seconds are a number");
        };
    }
}
