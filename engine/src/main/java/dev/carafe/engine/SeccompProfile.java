package dev.carafe.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.SyscallArgument;
import dev.carafe.oci.runtime.SyscallArgument.Operator;
import dev.carafe.oci.runtime.SyscallRule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Which system calls containers may make, by the capabilities that they have: {@code system-calls.txt}. */
final class SeccompProfile {

    /** The engine's own. */
    static final SeccompProfile STANDARD = read("system-calls.txt");

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final String IF = " if ";
    private static final String REASON = "  - ";

    /** What the calls of a group come to. */
    enum Verdict {
        ALLOWED,
        DENIED,
        MISSING
    }

    /**
     * Calls under one heading.
     *
     * @param with any of them is needed; none if empty
     * @param without none of them may be there
     */
    record Group(Verdict verdict, Set<Capability> with, Set<Capability> without, List<Line> lines) {

        boolean holds(Set<Capability> capabilities) {
            return (with.isEmpty() || with.stream().anyMatch(capabilities::contains))
                    && without.stream().noneMatch(capabilities::contains);
        }
    }

    /** @param conditions all must hold */
    record Line(String call, List<SyscallArgument> conditions) {

        /** Whether it says all that another one says, and more. */
        boolean covers(Line other) {
            return conditions.size() < other.conditions.size() && other.conditions.containsAll(conditions);
        }
    }

    private final List<Group> groups;
    private final Seccomp usual;

    private SeccompProfile(List<Group> groups) {
        this.groups = groups;
        this.usual = make(AppConfig.CAPABILITIES);
    }

    List<Group> groups() {
        return groups;
    }

    /** The filter's configuration for a container with these capabilities in its bounding set. */
    Seccomp of(Set<Capability> capabilities) {
        return capabilities.equals(AppConfig.CAPABILITIES) ? usual : make(capabilities);
    }

    private Seccomp make(Set<Capability> capabilities) {
        Map<String, List<Line>> allowed = new LinkedHashMap<>();
        Set<String> missing = new LinkedHashSet<>();
        Set<String> denied = new LinkedHashSet<>();
        for (Group group : groups) {
            boolean holds = group.holds(capabilities);
            for (Line line : group.lines()) {
                if (!holds || group.verdict() == Verdict.DENIED) {
                    denied.add(line.call());
                } else if (group.verdict() == Verdict.MISSING) {
                    missing.add(line.call());
                } else {
                    allowed.computeIfAbsent(line.call(), _ -> new ArrayList<>()).add(line);
                }
            }
        }
        denied.removeAll(allowed.keySet());
        denied.removeAll(missing);
        List<String> plain = new ArrayList<>();
        List<SyscallRule> rules = new ArrayList<>();
        allowed.forEach((call, lines) -> {
            if (lines.stream().anyMatch(line -> line.conditions().isEmpty())) {
                plain.add(call);
            } else {
                for (Line line : lines) {
                    if (lines.stream().noneMatch(other -> other.covers(line))) {
                        rules.add(rule(List.of(call), Seccomp.Action.SCMP_ACT_ALLOW, 0, line.conditions()));
                    }
                }
            }
        });
        if (!plain.isEmpty()) {
            rules.addFirst(rule(plain, Seccomp.Action.SCMP_ACT_ALLOW, 0, List.of()));
        }
        if (!missing.isEmpty()) {
            rules.add(rule(List.copyOf(missing), Seccomp.Action.SCMP_ACT_ERRNO, ENOSYS, List.of()));
        }
        if (!denied.isEmpty()) {
            rules.add(rule(List.copyOf(denied), Seccomp.Action.SCMP_ACT_ERRNO, EPERM, List.of()));
        }
        return new Seccomp(
                Seccomp.Action.SCMP_ACT_ERRNO,
                OptionalLong.of(EPERM),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                rules);
    }

    private static SyscallRule rule(
            List<String> calls, Seccomp.Action action, int errno, List<SyscallArgument> conditions) {
        return new SyscallRule(calls, action, errno == 0 ? OptionalLong.empty() : OptionalLong.of(errno), conditions);
    }

    private static SeccompProfile read(String resource) {
        try (InputStream text = Objects.requireNonNull(SeccompProfile.class.getResourceAsStream(resource))) {
            return parse(resource, new String(text.readAllBytes(), UTF_8));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    static SeccompProfile parse(String name, String text) {
        List<Group> groups = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                if (line.startsWith("[")) {
                    groups.add(group(line.substring(1, line.indexOf(']'))));
                } else {
                    groups.getLast().lines().add(line(line));
                }
            } catch (RuntimeException malformed) {
                throw new IllegalStateException(name + ", line " + number + ": \"" + line + "\"", malformed);
            }
        }
        return new SeccompProfile(List.copyOf(groups));
    }

    private static Group group(String heading) {
        List<String> words = Arrays.asList(heading.split(" ", -1));
        Verdict verdict = switch (words.getFirst()) {
            case "allowed" -> Verdict.ALLOWED;
            case "denied" -> Verdict.DENIED;
            case "missing" -> Verdict.MISSING;
            default -> throw new IllegalArgumentException(words.getFirst());
        };
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        for (String word : words.subList(Math.min(2, words.size()), words.size())) {
            capabilities.add(Capability.named(word).orElseThrow());
        }
        boolean without = words.size() > 1 && words.get(1).equals("without");
        if (words.size() > 1 && !without && !words.get(1).equals("with")) {
            throw new IllegalArgumentException(words.get(1));
        }
        return new Group(
                verdict, without ? Set.of() : capabilities, without ? capabilities : Set.of(), new ArrayList<>());
    }

    private static Line line(String text) {
        int reason = text.indexOf(REASON);
        String rule = reason < 0 ? text : text.substring(0, reason);
        int conditions = rule.indexOf(IF);
        if (conditions < 0) {
            return new Line(rule, List.of());
        }
        List<SyscallArgument> arguments = new ArrayList<>();
        for (String condition : rule.substring(conditions + IF.length()).split(" and ", -1)) {
            arguments.add(condition(condition.split(" ", -1)));
        }
        return new Line(rule.substring(0, conditions), arguments);
    }

    /** {@code argN == VALUE} or {@code argN & MASK == VALUE}. */
    private static SyscallArgument condition(String... words) {
        int index = Integer.parseInt(words[0].substring("arg".length()));
        boolean masked = words[1].equals("&");
        int equals = masked ? 3 : 1;
        if (!words[equals].equals("==") || words.length != equals + 2) {
            throw new IllegalArgumentException(String.join(" ", words));
        }
        long value = Long.decode(words[equals + 1]);
        return masked
                ? new SyscallArgument(index, Long.decode(words[2]), value, Operator.SCMP_CMP_MASKED_EQ)
                : new SyscallArgument(index, value, 0, Operator.SCMP_CMP_EQ);
    }
}
