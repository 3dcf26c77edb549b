package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import dev.carafe.linux.systemd.BusValue;
import dev.carafe.linux.systemd.UnitProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class UnitLimitsTest {

    private static final OptionalLong NONE = OptionalLong.empty();

    private static int notAsked() {
        throw new AssertionError("nothing depends on the version");
    }

    private static List<String> properties(Resources resources, Mode mode) {
        return properties(resources, mode, UnitLimitsTest::notAsked);
    }

    private static List<String> properties(Resources resources, Mode mode, IntSupplier version) {
        List<String> texts = new ArrayList<>();
        for (UnitProperty property : UnitLimits.of(resources, mode, version)) {
            texts.add(property.name() + " " + property.value().signature() + " " + text(property.value()));
        }
        return texts;
    }

    private static String text(BusValue value) {
        return switch (value) {
            case BusValue.Whole(char ignored, long number) -> Long.toUnsignedString(number);
            case BusValue.Text(char ignored, String text) -> text;
            case BusValue.Sequence(String ignored, List<BusValue> values) ->
                values.stream().map(UnitLimitsTest::text).toList().toString();
            case BusValue.Structure(List<BusValue> values) ->
                values.stream().map(UnitLimitsTest::text).toList().toString();
            default -> value.toString();
        };
    }

    private static Resources cpu(
            OptionalLong shares, OptionalLong quota, OptionalLong period, String cpus, OptionalLong idle) {
        return Resources.NONE.with(new Resources.Cpu(shares, quota, NONE, period, NONE, NONE, cpus, "", idle));
    }

    private static OptionalLong some(long number) {
        return OptionalLong.of(number);
    }

    @Test
    void without_limits_there_are_no_properties() {
        assertThat(properties(Resources.NONE, Mode.V2)).isEmpty();
        assertThat(properties(Resources.NONE, Mode.HYBRID)).isEmpty();
    }

    @Test
    void memory_has_other_names_under_v1_and_v2() {
        Resources resources = Resources.NONE.with(new Resources.Memory(
                some(1000), some(500), some(3000), NONE, NONE, NONE, Optional.empty(), Optional.empty(), false));
        assertThat(properties(resources, Mode.V2))
                .containsExactly("MemoryMax t 1000", "MemoryLow t 500", "MemorySwapMax t 2000");
        assertThat(properties(resources, Mode.HYBRID)).containsExactly("MemoryLimit t 1000");
    }

    @Test
    void without_a_limit_is_systemds_infinity() {
        Resources resources = Resources.NONE
                .with(new Resources.Memory(
                        some(-1), NONE, some(-1), NONE, NONE, NONE, Optional.empty(), Optional.empty(), false))
                .withPids(-1);
        assertThat(properties(resources, Mode.V2))
                .containsExactly(
                        "MemoryMax t 18446744073709551615",
                        "MemorySwapMax t 18446744073709551615",
                        "TasksMax t 18446744073709551615");
        assertThat(properties(Resources.NONE.withPids(0), Mode.V2)).containsExactly("TasksMax t 1");
    }

    @Test
    void processor_time_is_counted_in_percents_rounded_up_and_the_cgroup_gets_the_same() {
        Resources asked = cpu(some(1024), some(12_345), some(50_000), "", NONE);
        Resources rounded = UnitLimits.rounded(asked);
        assertThat(rounded.cpu().quota()).hasValue(12_500);
        assertThat(properties(rounded, Mode.V2))
                .containsExactly("CPUWeight t 100", "CPUQuotaPeriodUSec t 50000", "CPUQuotaPerSecUSec t 250000");
        assertThat(properties(rounded, Mode.V1))
                .containsExactly("CPUShares t 1024", "CPUQuotaPeriodUSec t 50000", "CPUQuotaPerSecUSec t 250000");
        assertThat(UnitLimits.rounded(cpu(NONE, some(25_000), NONE, "", NONE))
                        .cpu()
                        .quota())
                .hasValue(25_000);
        assertThat(properties(cpu(NONE, some(-1), NONE, "", NONE), Mode.V2))
                .containsExactly("CPUQuotaPerSecUSec t 18446744073709551615");
    }

    @Test
    void an_idle_cgroup_has_no_weight_where_systemd_knows_of_such() {
        Resources idle = cpu(some(1024), NONE, NONE, "", some(1));
        assertThat(properties(idle, Mode.V2, () -> 252)).containsExactly("CPUWeight t 0");
        assertThat(properties(idle, Mode.V2, () -> 247)).containsExactly("CPUWeight t 100");
        assertThat(properties(cpu(NONE, NONE, NONE, "", some(0)), Mode.V2)).isEmpty();
    }

    @Test
    void processors_are_bits_from_the_lowest_on() {
        assertThat(properties(cpu(NONE, NONE, NONE, "0-2, 7,9", NONE), Mode.V2))
                .containsExactly("AllowedCPUs ay [135, 2]");
        for (String list : List.of("a", "3-1", "-1", "1-", "99999999", "0,,x")) {
            assertThatThrownBy(() -> properties(cpu(NONE, NONE, NONE, list, NONE), Mode.V2))
                    .isInstanceOf(CgroupException.class)
                    .hasMessageContaining(list);
        }
    }

    @Test
    void what_the_unified_map_says_is_said_in_systemds_words_as_far_as_it_has_them() {
        assertThat(properties(
                        Resources.NONE.withUnified(Map.of(
                                "memory.high", "5",
                                "memory.min", "6",
                                "memory.swap.max", "max",
                                "pids.max", "7",
                                "cpu.max", "50000 100000",
                                "cpu.weight", " 8\n",
                                "cpuset.cpus", "1",
                                "memory.oom.group", "1",
                                "hugetlb.2MB.max", "9")),
                        Mode.V2))
                .containsExactlyInAnyOrder(
                        "MemoryHigh t 5",
                        "MemoryMin t 6",
                        "MemorySwapMax t 18446744073709551615",
                        "TasksMax t 7",
                        "CPUQuotaPeriodUSec t 100000",
                        "CPUQuotaPerSecUSec t 500000",
                        "CPUWeight t 8",
                        "AllowedCPUs ay [2]");
        assertThatThrownBy(() -> properties(Resources.NONE.withUnified(Map.of("pids.max", "few")), Mode.V2))
                .hasMessageContaining("few");
    }

    @Test
    void devices_are_a_list_of_what_is_allowed() {
        List<DeviceRule> rules = List.of(
                DeviceRule.everything(false),
                DeviceRule.of(true, "c", some(1), some(3), "rwm"),
                DeviceRule.of(true, "c", some(136), NONE, "rw"),
                DeviceRule.of(true, "b", NONE, NONE, "m"),
                DeviceRule.of(true, "b", NONE, some(5), "r"));
        assertThat(properties(Resources.NONE.withDevices(rules), Mode.V2))
                .containsExactly(
                        "DeviceAllow a(ss) []",
                        "DevicePolicy s strict",
                        "DeviceAllow a(ss) [[block-*, m], [/dev/char/1:3, rwm], [char-136, rw]]");
        assertThat(properties(Resources.NONE.withDevices(List.of(DeviceRule.everything(true))), Mode.V2))
                .containsExactly("DeviceAllow a(ss) []", "DevicePolicy s auto");
    }

    @Test
    void of_what_allows_by_default_with_exceptions_systemd_is_told_that_nothing_is_allowed() {
        List<DeviceRule> rules = List.of(DeviceRule.everything(true), DeviceRule.of(false, "b", NONE, NONE, "rwm"));
        assertThat(properties(Resources.NONE.withDevices(rules), Mode.V2))
                .containsExactly("DeviceAllow a(ss) []", "DevicePolicy s strict");
    }
}
