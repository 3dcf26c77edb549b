package dev.carafe.cli;

import dev.carafe.engine.options.Devices;
import dev.carafe.oci.runtime.DeviceRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** {@code --device} and {@code --device-cgroup-rule}. */
final class DeviceFlags {

    private DeviceFlags() {}

    static Devices devices(Flags flags) {
        List<Devices.Mapping> mapped = new ArrayList<>();
        flags.values("device").forEach(it -> mapped.add(mapping(it)));
        List<DeviceRule> rules = new ArrayList<>();
        flags.values("device-cgroup-rule").forEach(it -> rules.add(rule(it)));
        return new Devices(mapped, rules);
    }

    /** {@code PATH[:PLACE][:rwm]}. */
    private static Devices.Mapping mapping(String text) {
        String[] parts = text.split(":", -1);
        String option = "--device " + text;
        if (!text.startsWith("/")) {
            throw new UsageException(option + ": an absolute path; what vendors name devices (CDI) is not known");
        }
        String place = parts[0];
        Set<DeviceRule.Access> access = EnumSet.allOf(DeviceRule.Access.class);
        switch (parts.length) {
            case 1 -> {}
            case 2 -> {
                if (parts[1].startsWith("/")) {
                    place = parts[1];
                } else {
                    access = access(option, parts[1]);
                }
            }
            case 3 -> {
                place = parts[1];
                access = access(option, parts[2]);
            }
            default -> throw new UsageException(option + ": must have the form PATH[:PLACE][:rwm]");
        }
        return new Devices.Mapping(parts[0], place, access);
    }

    /** As the cgroup's file has it: {@code c 1:3 rwm}, with {@code *} for every number. */
    private static DeviceRule rule(String text) {
        String option = "--device-cgroup-rule \"" + text + "\"";
        String[] words = text.split(" ", -1);
        String[] numbers = words.length == 3 ? words[1].split(":", -1) : new String[0];
        if (numbers.length != 2) {
            throw malformed(option);
        }
        DeviceRule.Type type = switch (words[0]) {
            case "a" -> DeviceRule.Type.ALL;
            case "b" -> DeviceRule.Type.BLOCK;
            case "c" -> DeviceRule.Type.CHARACTER;
            default -> throw malformed(option);
        };
        return new DeviceRule(
                true, type, number(option, numbers[0]), number(option, numbers[1]), access(option, words[2]));
    }

    private static OptionalLong number(String option, String text) {
        try {
            return text.equals("*") ? OptionalLong.empty() : OptionalLong.of(Integer.parseUnsignedInt(text));
        } catch (NumberFormatException none) {
            throw malformed(option);
        }
    }

    private static Set<DeviceRule.Access> access(String option, String letters) {
        Set<DeviceRule.Access> access = EnumSet.noneOf(DeviceRule.Access.class);
        for (int i = 0; i < letters.length(); i++) {
            boolean isNew = access.add(
                    switch (letters.charAt(i)) {
                        case 'r' -> DeviceRule.Access.READ;
                        case 'w' -> DeviceRule.Access.WRITE;
                        case 'm' -> DeviceRule.Access.MKNOD;
                        default -> throw new UsageException(option + ": some of r, w and m, not \"" + letters + "\"");
                    });
            if (!isNew) {
                throw new UsageException(option + ": each of r, w and m once, not \"" + letters + "\"");
            }
        }
        if (access.isEmpty()) {
            throw new UsageException(option + ": some of r, w and m are wanted");
        }
        return access;
    }

    private static UsageException malformed(String option) {
        return new UsageException(option + ": must have the form \"TYPE MAJOR:MINOR rwm\", such as \"c 1:3 rw\"");
    }
}
