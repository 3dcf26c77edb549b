package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;

class DeviceFilterTest {

    private static final DeviceRule DENY_ALL = DeviceRule.everything(false);
    private static final DeviceRule ALLOW_ALL = DeviceRule.everything(true);
    private static final List<DeviceRule.Type> TYPES = List.of(DeviceRule.Type.BLOCK, DeviceRule.Type.CHARACTER);

    private static DeviceRule rule(boolean allow, String text) {
        String[] words = text.split("[ :]", -1);
        return DeviceRule.of(allow, words[0], number(words[1]), number(words[2]), words[3]);
    }

    private static OptionalLong number(String word) {
        return word.equals("*") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(word));
    }

    private static DeviceRule allow(String text) {
        return rule(true, text);
    }

    private static DeviceRule deny(String text) {
        return rule(false, text);
    }

    private static List<String> lines(List<DeviceRule> rules) {
        return rules.stream()
                .map(rule -> (rule.allow() ? "allow " : "deny ") + rule.line())
                .toList();
    }

    /** What a list of rules means, in the plainest words: for each part of an access, the last rule on it decides. */
    private static boolean reference(List<DeviceRule> rules, DeviceRule.Type type, long major, long minor, int access) {
        for (int part = 1; part <= DeviceRule.WRITE; part <<= 1) {
            boolean allowed = false;
            for (DeviceRule rule : rules) {
                boolean about = rule.type() == DeviceRule.Type.ALL
                        || (rule.type() == type
                                && rule.major().orElse(major) == major
                                && rule.minor().orElse(minor) == minor
                                && (rule.access() & part) != 0);
                allowed = about ? rule.allow() : allowed;
            }
            if ((access & part) != 0 && !allowed) {
                return false;
            }
        }
        return true;
    }

    @Provide
    Arbitrary<List<DeviceRule>> rules() {
        Arbitrary<OptionalLong> numbers = Arbitraries.longs()
                .between(-1, 2)
                .map(number -> number < 0 ? OptionalLong.empty() : OptionalLong.of(number));
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.frequency(
                                Tuple.of(1, DeviceRule.Type.ALL),
                                Tuple.of(4, DeviceRule.Type.BLOCK),
                                Tuple.of(4, DeviceRule.Type.CHARACTER)),
                        numbers,
                        numbers,
                        Arbitraries.integers().between(1, 7))
                .as(DeviceRule::new)
                .list()
                .ofMaxSize(8);
    }

    private static Optional<DeviceFilter> filter(List<DeviceRule> rules) {
        try {
            return Optional.of(DeviceFilter.of(rules));
        } catch (CgroupException hole) {
            assertThat(hole).hasMessageContaining("hole");
            return Optional.empty();
        }
    }

    @Property(tries = 2000)
    void rules_their_filter_and_its_program_agree_on_every_access(@ForAll("rules") List<DeviceRule> rules) {
        Optional<DeviceFilter> filter = filter(rules);
        Statistics.collect(filter.isPresent() ? "taken" : "refused");
        if (filter.isEmpty()) {
            return;
        }
        byte[] program = DeviceProgram.of(filter.get());
        for (DeviceRule.Type type : TYPES) {
            for (long device = 0; device < 16; device++) {
                long major = device / 4;
                long minor = device % 4;
                for (int access = 1; access <= DeviceRule.EVERYTHING; access++) {
                    boolean expected = reference(rules, type, major, minor, access);
                    assertThat(filter.get().allows(type, major, minor, access)).isEqualTo(expected);
                    assertThat(EbpfInterpreter.allows(program, type, major, minor, access))
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Property(tries = 2000)
    void the_changes_lead_from_any_filter_to_any_other(
            @ForAll("rules") List<DeviceRule> from, @ForAll("rules") List<DeviceRule> to) {
        Optional<DeviceFilter> present = filter(from);
        Optional<DeviceFilter> wanted = filter(to);
        if (present.isEmpty() || wanted.isEmpty()) {
            return;
        }
        List<DeviceRule> changes = wanted.get().changesFrom(present.get());
        assertThat(V1Devices.after(present.get(), changes)).isEqualTo(V1Devices.after(wanted.get(), List.of()));
        if (!wanted.get().allowsByDefault()) {
            assertThat(wanted.get().changesFrom(wanted.get())).isEmpty();
        }
    }

    /** What the kernel's v1 controller does with a write: only an exception for the very same devices can shrink. */
    private record V1Devices(boolean allowsByDefault, Map<String, Integer> exceptions) {

        static V1Devices after(DeviceFilter start, List<DeviceRule> writes) {
            boolean allowsByDefault = start.allowsByDefault();
            Map<String, Integer> exceptions = new TreeMap<>();
            for (DeviceRule exception : start.exceptions()) {
                exceptions.put(devices(exception), exception.access());
            }
            for (DeviceRule write : writes) {
                if (write.type() == DeviceRule.Type.ALL) {
                    allowsByDefault = write.allow();
                    exceptions.clear();
                } else if (write.allow() == allowsByDefault) {
                    exceptions.computeIfPresent(devices(write), (devices, access) -> {
                        int left = access & ~write.access();
                        return left == 0 ? null : left;
                    });
                } else {
                    exceptions.merge(devices(write), write.access(), (old, more) -> old | more);
                }
            }
            return new V1Devices(allowsByDefault, exceptions);
        }

        private static String devices(DeviceRule rule) {
            return rule.type() + " " + rule.major() + ":" + rule.minor();
        }
    }

    @Example
    void rules_come_down_to_a_default_and_exceptions() {
        DeviceFilter filter = DeviceFilter.of(List.of(
                ALLOW_ALL,
                deny("b 8:0 rw"),
                DENY_ALL,
                allow("c 1:3 r"),
                allow("c 1:3 w"),
                allow("c 136:* rwm"),
                allow("c 136:7 rw"),
                allow("b 8:1 rw"),
                deny("b 8:1 w")));
        assertThat(filter.allowsByDefault()).isFalse();
        assertThat(lines(filter.exceptions())).containsExactly("allow c 1:3 rw", "allow b 8:1 r", "allow c 136:* rwm");
    }

    @Example
    void a_narrow_exception_answers_for_the_wide_one_too() {
        DeviceFilter filter = DeviceFilter.of(List.of(DENY_ALL, allow("c 1:* r"), allow("c 1:3 w")));
        assertThat(lines(filter.exceptions())).containsExactly("allow c 1:* r", "allow c 1:3 rw");
        assertThat(DeviceFilter.of(List.of(DENY_ALL, allow("c 1:3 w"), allow("c 1:* r"))))
                .isEqualTo(filter);
    }

    @Example
    void what_is_denied_stays_denied_when_asked_for_together_with_what_is_allowed() {
        byte[] program = DeviceProgram.of(DeviceFilter.of(List.of(ALLOW_ALL, deny("b 8:0 w"))));
        assertThat(EbpfInterpreter.allows(program, DeviceRule.Type.BLOCK, 8, 0, DeviceRule.READ))
                .isTrue();
        assertThat(EbpfInterpreter.allows(program, DeviceRule.Type.BLOCK, 8, 0, DeviceRule.READ | DeviceRule.WRITE))
                .isFalse();
    }

    @Example
    void a_hole_in_a_wider_exception_is_refused() {
        for (String hole : List.of("c 1:3 r", "c *:3 r")) {
            assertThatThrownBy(() -> DeviceFilter.of(List.of(DENY_ALL, allow("c 1:* rw"), deny(hole))))
                    .hasMessageContaining(hole)
                    .hasMessageContaining("c 1:* rw");
        }
        assertThat(DeviceFilter.of(List.of(DENY_ALL, allow("c 1:* rw"), deny("c 1:3 m")))
                        .exceptions())
                .hasSize(1);
        assertThat(DeviceFilter.of(List.of(DENY_ALL, allow("c 1:3 rw"), deny("c 1:* rw")))
                        .exceptions())
                .isEmpty();
    }

    @Example
    void only_differences_are_written() {
        DeviceFilter present = DeviceFilter.parse("c 1:3 rwm\nb 8:* r\n");
        DeviceFilter wanted = DeviceFilter.of(List.of(DENY_ALL, allow("c 1:3 rw"), allow("c 1:5 r"), allow("b 8:* r")));
        assertThat(lines(wanted.changesFrom(present))).containsExactly("deny c 1:3 m", "allow c 1:5 r");
        assertThat(lines(wanted.changesFrom(DeviceFilter.parse("a *:* rwm\n"))))
                .containsExactly("deny a", "allow c 1:3 rw", "allow c 1:5 r", "allow b 8:* r");
    }

    @Example
    void large_numbers_are_no_wildcards() {
        byte[] program = DeviceProgram.of(DeviceFilter.of(List.of(allow("c 4294967295:4294967295 r"))));
        assertThat(EbpfInterpreter.allows(program, DeviceRule.Type.CHARACTER, 0xffff_ffffL, 0xffff_ffffL, 2))
                .isTrue();
        assertThat(EbpfInterpreter.allows(program, DeviceRule.Type.CHARACTER, 0xffff_ffffL, 1, 2))
                .isFalse();
        assertThatThrownBy(() -> allow("c 4294967296:0 r")).hasMessageContaining("4294967296");
    }

    @Example
    void unknown_words_are_named() {
        assertThatThrownBy(() -> allow("p 1:3 r")).hasMessageContaining("\"p\"");
        assertThatThrownBy(() -> allow("c 1:3 rx")).hasMessageContaining("\"rx\"");
        assertThatThrownBy(() -> allow("c 1:3 ")).hasMessageContaining("access");
    }
}
