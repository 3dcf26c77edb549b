package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.HookOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.PlanBytes;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.ProcessOperation.ProcessOption;
import dev.carafe.runtime.plan.Slot;
import dev.carafe.runtime.plan.Step;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules that hold for every plan, whatever it was compiled from. */
class PlanRulesTest {

    private static final int MUTATIONS = 20_000;
    private static final long SEED = 20260101;

    static Stream<String> names() throws IOException {
        return GoldenPlanTest.names();
    }

    /** Those that end in an instance's program; CRIU, which restores one, is the host's. */
    static Stream<String> ofPrograms() throws IOException {
        return names().filter(name -> !name.startsWith("restored"));
    }

    private static String patch(String name) throws IOException {
        return Files.readString(
                Path.of(System.getProperty("carafe.home"), "runtime/src/test/resources/plans", name + ".json"));
    }

    private static List<Operation> operations(String name) throws IOException {
        Plan plan = GoldenPlanTest.plan(name);
        return plan.steps().stream().map(Step::operation).toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_slot_is_used_only_after_it_was_filled(String name) throws Exception {
        Set<Slot> filled = new HashSet<>(Set.of(Slot.CWD));
        int first = GoldenPlanTest.plan(name).cgroup().isNone() ? 0 : 1;
        if (name.startsWith("exec-")) {
            filled.add(new Slot(first, "container"));
        } else if (name.startsWith("restored")) {
            filled.add(new Slot(first, "connection"));
        }
        for (Operation operation : operations(name)) {
            for (RecordComponent component : operation.getClass().getRecordComponents()) {
                if (component.getType() == Slot.class && !component.getName().equals("slot")) {
                    component.getAccessor().setAccessible(true);
                    assertThat(filled).as("%s", operation).contains((Slot)
                            component.getAccessor().invoke(operation));
                }
            }
            for (RecordComponent component : operation.getClass().getRecordComponents()) {
                if (component.getType() == Slot.class && component.getName().equals("slot")) {
                    component.getAccessor().setAccessible(true);
                    filled.add((Slot) component.getAccessor().invoke(operation));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void its_binary_form_uses_what_is_open_and_leaves_nothing_so(String name) throws Exception {
        assertThat(PlanBytes.check(GoldenPlanTest.plan(name).toBytes())).isPositive();
    }

    @ParameterizedTest
    @MethodSource("ofPrograms")
    void the_host_is_out_of_reach_once_the_root_has_changed(String name) throws IOException {
        List<Operation> operations = operations(name);
        int entered = name.startsWith("exec-")
                ? indexOf(operations, ProcessOperation.Setns.class)
                : Math.max(
                        indexOf(operations, MountOperation.PivotRoot.class),
                        indexOf(operations, MountOperation.Chroot.class));
        assertThat(entered).isPositive();
        for (Operation operation : operations.subList(entered, operations.size())) {
            if (operation instanceof FileOperation.Open open) {
                assertThat(open.path()).as("the new root itself").isEqualTo("/");
            }
            if (operation instanceof MountOperation.OpenTree tree) {
                assertThat(tree.directory()).isNotEqualTo(Slot.CWD);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ofPrograms")
    void a_program_begins_with_nothing_that_it_was_not_given(String name) throws IOException {
        List<Operation> operations = operations(name);
        assertThat(operations.getLast()).isInstanceOf(ControlOperation.Execve.class);
        assertThat(operations.stream().filter(ControlOperation.Execve.class::isInstance))
                .hasSize(1);
        assertThat(operations.getFirst()).isInstanceOf(ControlOperation.LeaveCaller.class);
        assertThat(lastIndexOf(operations, ControlOperation.CheckCwd.class))
                .isGreaterThan(lastIndexOf(operations, MountOperation.Chdir.class));
        assertThat(lastIndexOf(operations, ProcessOperation.Capset.class))
                .isGreaterThan(lastIndexOf(operations, ProcessOperation.Setuid.class));
    }

    @ParameterizedTest
    @MethodSource("names")
    void between_the_filter_and_the_program_stands_next_to_nothing(String name) throws IOException {
        List<Operation> operations = operations(name);
        int filter = Math.max(
                indexOf(operations, ProcessOperation.LoadSeccomp.class),
                indexOf(operations, ProcessOperation.ListenSeccomp.class));
        if (filter >= 0) {
            assertThat(operations.subList(filter + 1, operations.size()))
                    .allMatch(it -> it instanceof ProcessOperation.Capset
                            || it instanceof ProcessOperation.RaiseAmbient
                            || it instanceof ProcessOperation.Prctl
                            || it instanceof HookOperation // no filter has to allow it where there is none
                            || it instanceof ControlOperation);
        }
    }

    @Test
    void the_death_signal_is_set_after_the_user_as_a_change_of_user_clears_it() throws IOException {
        List<Operation> operations = operations("at-once");
        assertThat(operations.indexOf(new ProcessOperation.Prctl(ProcessOption.PDEATHSIG, 9)))
                .isGreaterThan(lastIndexOf(operations, ProcessOperation.Setuid.class));
    }

    @Test
    void whatever_a_configuration_says_it_gives_a_plan_or_one_line_that_names_the_key() throws IOException {
        Random random = new Random(SEED);
        List<String> patches = new ArrayList<>();
        for (String name : names().toList()) {
            patches.add(patch(name));
        }
        int plans = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            String mutated = mutate(patches.get(random.nextInt(patches.size())), random);
            try {
                PlanBytes.check(Compiler.compile(Blueprints.patched(mutated)).toBytes());
                plans++;
            } catch (InvalidDocumentException | RuntimeFailure refused) {
                assertThat(refused.getMessage()).isNotBlank().doesNotContain("\n");
            }
        }
        assertThat(plans).as("not all are refused").isGreaterThan(MUTATIONS / 50);
    }

    /** Changes a few characters, or puts a value that is likely to hurt in place of another. */
    private static String mutate(String text, Random random) {
        String[] hurtful = {
            "-1", "4294967295", "1e400", "null", "[]", "{}", "\"\"", "\"..\"", "true", "18446744073709551616"
        };
        StringBuilder mutated = new StringBuilder(text);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(mutated.length());
            if (random.nextBoolean()) {
                int colon = mutated.indexOf(": ", at);
                int end = colon < 0 ? -1 : endOfValue(mutated, colon + 2);
                if (end > 0) {
                    mutated.replace(colon + 2, end, hurtful[random.nextInt(hurtful.length)]);
                    continue;
                }
            }
            mutated.setCharAt(at, (char) (' ' + random.nextInt(95)));
        }
        return new String(mutated.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static int endOfValue(StringBuilder text, int start) {
        for (int i = start; i < text.length(); i++) {
            if (text.charAt(i) == ',' || text.charAt(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static int indexOf(List<Operation> operations, Class<?> type) {
        for (int i = 0; i < operations.size(); i++) {
            if (type.isInstance(operations.get(i))) {
                return i;
            }
        }
        return -1;
    }

    private static int lastIndexOf(List<Operation> operations, Class<?> type) {
        int index = indexOf(operations.reversed(), type);
        return index < 0 ? -1 : operations.size() - 1 - index;
    }
}
