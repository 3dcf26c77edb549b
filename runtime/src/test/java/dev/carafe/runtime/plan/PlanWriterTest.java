package dev.carafe.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanWriterTest {

    private final Plan.Builder plan = new Plan.Builder();

    private Slot open(String name) {
        Slot slot = plan.slot(name);
        plan.add(new FileOperation.Open(slot, Slot.CWD, "/" + name, 0, 0), "test");
        return slot;
    }

    private void use(Slot slot) {
        plan.add(new MountOperation.Fchdir(slot), "test");
    }

    @Test
    void a_slots_number_is_free_again_after_its_last_use() {
        Slot kept = open("kept");
        for (int i = 0; i < 5000; i++) {
            use(open("short"));
        }
        use(kept);
        assertThat(PlanBytes.check(plan.build().toBytes())).isEqualTo(2);
    }

    @Test
    void what_nobody_uses_is_closed_at_once() {
        for (int i = 0; i < 2000; i++) {
            open("unused");
        }
        assertThat(PlanBytes.check(plan.build().toBytes())).isEqualTo(1);
    }

    @Test
    void inputs_keep_the_numbers_that_they_are_sent_with() {
        Slot first = plan.input("first");
        Slot second = plan.input("second");
        use(open("between"));
        use(second);
        use(first);
        assertThat(PlanBytes.check(plan.build().toBytes())).isEqualTo(3);
    }

    @Test
    void more_open_files_than_fit_are_refused() {
        List<Slot> open = new ArrayList<>();
        for (int i = 0; i < 1024; i++) {
            open.add(open("file"));
        }
        assertThat(PlanBytes.check(withUses(open).toBytes())).as("control").isEqualTo(1024);
        open.add(open("file"));
        Plan larger = withUses(open);
        assertThatThrownBy(larger::toBytes)
                .isInstanceOf(OversizedPlanException.class)
                .hasMessage("what is asked for takes a plan of 1025 open files; at most 1024 fit");
    }

    private Plan withUses(List<Slot> slots) {
        Plan.Builder all = new Plan.Builder();
        for (Slot slot : slots) {
            all.add(new FileOperation.Open(all.slot(slot.name()), Slot.CWD, "/", 0, 0), "test");
        }
        slots.forEach(slot -> all.add(new MountOperation.Fchdir(slot), "test"));
        return all.build();
    }

    @Test
    void more_bytes_than_fit_are_refused() {
        plan.add(new ProcessOperation.SetHostname("x".repeat(16 << 20)), "test");
        assertThatThrownBy(() -> plan.build().toBytes())
                .isInstanceOf(OversizedPlanException.class)
                .hasMessageContaining("at most 16777216 fit");
    }

    @Test
    void slots_of_one_name_are_told_apart() {
        assertThat(List.of(plan.slot("a"), plan.slot("a"), plan.slot("b")))
                .extracting(Slot::toString)
                .containsExactly("%a", "%a#2", "%b");
    }

    @Test
    void a_plan_is_shown_with_a_line_for_each_step_whatever_it_says() {
        plan.add(new ProcessOperation.SetHostname("a\nb\u001b[2J"), "mounts[0], /x\n\u009by");
        assertThat(plan.build().describe())
                .hasSize(2)
                .last()
                .asString()
                .isEqualTo("  0  sethostname(\"a\\nb\\x1b[2J\")  # mounts[0], /x\\n\\x9by");
    }
}
