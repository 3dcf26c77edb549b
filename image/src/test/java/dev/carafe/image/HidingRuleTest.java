package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HidingRuleTest {

    @Test
    void a_rule_says_what_to_do_with_which_path_and_why() {
        List<HidingRule> rules = HidingRule.parse("# a comment\n\nhide  ~/.a/b*  a reason\nempty /tmp another\n");
        assertThat(rules)
                .containsExactly(
                        new HidingRule(HidingRule.Action.HIDE, "~/.a/b*"),
                        new HidingRule(HidingRule.Action.EMPTY, "/tmp"));
        assertThat(rules.getFirst().ofEveryHome()).isTrue();
        assertThat(rules.getFirst().names()).containsExactly(".a", "b*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hide /etc/shadow", "show /etc x y", "hide etc/shadow reason", "hide / reason", "hide"})
    void a_rule_that_nobody_could_understand_is_refused(String line) {
        assertThatThrownBy(() -> HidingRule.parse(line)).hasMessageContaining(line);
    }

    @Test
    void a_star_stands_for_any_part_of_a_name_and_all_else_for_itself() {
        assertThat(HidingRule.pattern("ssh_host_*_key")
                        .matcher("ssh_host_rsa_key")
                        .matches())
                .isTrue();
        assertThat(HidingRule.pattern("ssh_host_*_key")
                        .matcher("ssh_host_rsa_key.pub")
                        .matches())
                .isFalse();
        assertThat(HidingRule.pattern(".*_history").matcher(".bash_history").matches())
                .isTrue();
        assertThat(HidingRule.pattern(".*_history").matcher("a_history").matches())
                .isFalse();
        assertThat(HidingRule.pattern("shadow*").matcher("shadow").matches()).isTrue();
    }

    @Test
    void the_rules_that_come_with_carafe_can_be_read_and_say_each_path_once() {
        assertThat(HidingRule.all().stream().map(HidingRule::path))
                .hasSizeGreaterThan(100)
                .doesNotHaveDuplicates();
    }
}
