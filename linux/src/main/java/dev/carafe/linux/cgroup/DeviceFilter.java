package dev.carafe.linux.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.StringTokenizer;
import java.util.TreeMap;

/**
 * What a list of device rules comes to: a default for every access, and exceptions from it.
 *
 * <p>v1's {@code devices} controller holds just that, and v2's program is made from it, so that one list means the same
 * under both. v1 can neither shrink an exception nor make a hole in one, and says nothing when asked to: a rule list
 * that would need it is refused here, lest somebody believe that a device is out of reach.
 *
 * <p>Where a narrow exception and a wide one meet, the narrow one holds the accesses of both: v1 wants a single
 * exception to answer an access such as read-and-write.
 */
final class DeviceFilter {

    private static final long ANY = -1;

    /** Which devices an exception is about; {@link #ANY} for every number. */
    private record Devices(DeviceRule.Type type, long major, long minor) implements Comparable<Devices> {

        static Devices of(DeviceRule rule) {
            return new Devices(
                    rule.type(), rule.major().orElse(ANY), rule.minor().orElse(ANY));
        }

        // By hand: the first use of what Java makes takes several milliseconds of each call that makes a container.

        @Override
        public boolean equals(Object other) {
            return other instanceof Devices devices
                    && type == devices.type
                    && major == devices.major
                    && minor == devices.minor;
        }

        @Override
        public int hashCode() {
            return (31 * type.hashCode() + Long.hashCode(major)) * 31 + Long.hashCode(minor);
        }

        boolean covers(Devices other) {
            return type == other.type
                    && (major == ANY || major == other.major)
                    && (minor == ANY || minor == other.minor);
        }

        boolean meets(Devices other) {
            return type == other.type
                    && (major == ANY || other.major == ANY || major == other.major)
                    && (minor == ANY || other.minor == ANY || minor == other.minor);
        }

        DeviceRule rule(boolean allow, int access) {
            return new DeviceRule(allow, type, number(major), number(minor), access);
        }

        private static OptionalLong number(long number) {
            return number == ANY ? OptionalLong.empty() : OptionalLong.of(number);
        }

        @Override
        public int compareTo(Devices other) {
            int byMajor = Long.compare(major, other.major);
            int byMinor = byMajor != 0 ? byMajor : Long.compare(minor, other.minor);
            return byMinor != 0 ? byMinor : type.compareTo(other.type);
        }
    }

    private boolean allowsByDefault;
    private final NavigableMap<Devices, Integer> exceptions = new TreeMap<>();

    private DeviceFilter() {}

    /**
     * What these rules come to, one after the other, where everything was denied before.
     *
     * @throws CgroupException if a rule would make a hole in an exception
     */
    static DeviceFilter of(List<DeviceRule> rules) {
        var filter = new DeviceFilter();
        for (DeviceRule rule : rules) {
            filter.add(rule);
        }
        return filter;
    }

    /** What v1's {@code devices.list} says. It does not tell exceptions from "everything". */
    static DeviceFilter parse(String list) {
        var filter = new DeviceFilter();
        for (StringTokenizer lines = new StringTokenizer(list, "\n"); lines.hasMoreTokens(); ) {
            var words = new StringTokenizer(lines.nextToken(), " :");
            String type = words.nextToken();
            filter.add(
                    type.equals("a")
                            ? DeviceRule.everything(true)
                            : DeviceRule.of(
                                    true,
                                    type,
                                    number(words.nextToken()),
                                    number(words.nextToken()),
                                    words.nextToken()));
        }
        return filter;
    }

    private static OptionalLong number(String word) {
        return word.equals("*") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(word));
    }

    private void add(DeviceRule rule) {
        if (rule.type() == DeviceRule.Type.ALL) {
            allowsByDefault = rule.allow();
            exceptions.clear();
        } else if (rule.allow() == allowsByDefault) {
            withdraw(rule);
        } else {
            except(rule);
        }
    }

    private void withdraw(DeviceRule rule) {
        Devices devices = Devices.of(rule);
        for (Map.Entry<Devices, Integer> exception : exceptions.entrySet()) {
            if (exception.getKey().meets(devices)
                    && !devices.covers(exception.getKey())
                    && (exception.getValue() & rule.access()) != 0) {
                throw CgroupException.invalid("the device rule \"" + (rule.allow() ? "allow " : "deny ") + rule.line()
                        + "\" would make a hole in \""
                        + exception
                                .getKey()
                                .rule(!rule.allow(), exception.getValue())
                                .line()
                        + "\", which device rules cannot do: leave the wider rule out");
            }
        }
        for (var others = exceptions.entrySet().iterator(); others.hasNext(); ) {
            Map.Entry<Devices, Integer> other = others.next();
            if (devices.covers(other.getKey())) {
                other.setValue(other.getValue() & ~rule.access());
            }
            if (other.getValue() == 0) {
                others.remove();
            }
        }
    }

    private void except(DeviceRule rule) {
        Devices devices = Devices.of(rule);
        int access = exceptions.getOrDefault(devices, 0) | rule.access();
        int covered = 0;
        for (Map.Entry<Devices, Integer> exception : exceptions.entrySet()) {
            Devices other = exception.getKey();
            if (!other.equals(devices) && other.covers(devices)) {
                covered |= exception.getValue();
            }
        }
        if ((access & ~covered) == 0) {
            return;
        }
        int all = access | covered;
        exceptions.put(devices, all);
        for (var others = exceptions.entrySet().iterator(); others.hasNext(); ) {
            Map.Entry<Devices, Integer> other = others.next();
            if (!other.getKey().equals(devices) && devices.covers(other.getKey())) {
                other.setValue(other.getValue() | all);
                if (other.getValue() == all) {
                    others.remove();
                }
            }
        }
    }

    boolean allowsByDefault() {
        return allowsByDefault;
    }

    /** The exceptions alone, in order; each says the contrary of {@link #allowsByDefault}. */
    List<DeviceRule> exceptions() {
        List<DeviceRule> rules = new ArrayList<>(exceptions.size());
        for (Map.Entry<Devices, Integer> exception : exceptions.entrySet()) {
            rules.add(exception.getKey().rule(!allowsByDefault, exception.getValue()));
        }
        return rules;
    }

    /** The fewest rules that lead here from {@code present}, without denying in between what is allowed in both. */
    List<DeviceRule> changesFrom(DeviceFilter present) {
        List<DeviceRule> changes = new ArrayList<>();
        // A list that allows by default does not show its exceptions: only starting afresh is certain.
        boolean afresh = present.allowsByDefault || allowsByDefault != present.allowsByDefault;
        Map<Devices, Integer> old = afresh ? Map.of() : present.exceptions;
        if (afresh) {
            changes.add(DeviceRule.everything(allowsByDefault));
        }
        addMissing(changes, old, exceptions, allowsByDefault);
        addMissing(changes, exceptions, old, !allowsByDefault);
        return changes;
    }

    /** Adds a rule for every access that one map has and the other has not. */
    private static void addMissing(
            List<DeviceRule> rules, Map<Devices, Integer> have, Map<Devices, Integer> lack, boolean allow) {
        for (Map.Entry<Devices, Integer> exception : have.entrySet()) {
            int missing = exception.getValue() & ~lack.getOrDefault(exception.getKey(), 0);
            if (missing != 0) {
                rules.add(exception.getKey().rule(allow, missing));
            }
        }
    }

    /** Whether every part of an access to a device is allowed. */
    boolean allows(DeviceRule.Type type, long major, long minor, int access) {
        var device = new Devices(type, major, minor);
        int excepted = 0;
        for (Map.Entry<Devices, Integer> exception : exceptions.entrySet()) {
            if (exception.getKey().covers(device)) {
                excepted |= exception.getValue();
            }
        }
        return allowsByDefault ? (access & excepted) == 0 : (access & ~excepted) == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceFilter filter
                && filter.allowsByDefault == allowsByDefault
                && filter.exceptions.equals(exceptions);
    }

    @Override
    public int hashCode() {
        return exceptions.hashCode() + (allowsByDefault ? 1 : 0);
    }

    @Override
    public String toString() {
        return (allowsByDefault ? "everything but " : "nothing but ") + exceptions;
    }
}
