package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.runtime.plan.HookOperation;
import dev.carafe.runtime.plan.Plan;
import java.util.List;
import org.junit.jupiter.api.Test;

class HookCompilerTest {

    private static HookCompiler compiler(String patch) {
        return new HookCompiler(Blueprints.patched(patch).config(), "ID", "/bundle");
    }

    private static List<HookOperation> operations(Plan plan) {
        return plan.steps().stream()
                .map(step -> (HookOperation) step.operation())
                .toList();
    }

    @Test
    void those_of_the_runtimes_namespaces_stand_in_order_with_the_point_to_run_them_at() {
        HookCompiler hooks = compiler("""
                {"hooks": {"createRuntime": [{"path": "/2"}, {"path": "/3"}], "prestart": [{"path": "/1"}],
                 "poststart": [{"path": "/4"}], "poststop": [{"path": "/5"}],
                 "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/s"}]}}
                """);
        assertThat(operations(hooks.parents(true).orElseThrow()))
                .extracting(HookOperation::path, HookOperation::point)
                .map(tuple -> tuple.toList().toString())
                .containsExactly("[/1, 1]", "[/2, 1]", "[/3, 1]", "[/4, 2]");
        assertThat(operations(hooks.parents(false).orElseThrow())).hasSize(3);
        assertThat(operations(hooks.poststart(7).orElseThrow()).getFirst().point())
                .isEqualTo(HookOperation.HERE);
        assertThat(operations(hooks.poststop().orElseThrow()))
                .extracting(HookOperation::path)
                .containsExactly("/5");
        assertThat(operations(hooks.outside().orElseThrow())).hasSize(5);
    }

    @Test
    void what_is_not_there_gives_no_plan() {
        HookCompiler hooks = compiler("""
                {"hooks": {"createContainer": [{"path": "/c"}], "startContainer": [{"path": "/s"}]}}
                """);
        assertThat(hooks.parents(true)).isEmpty();
        assertThat(hooks.poststart(7)).isEmpty();
        assertThat(hooks.poststop()).isEmpty();
    }

    @Test
    void the_number_goes_where_it_belongs_whatever_the_annotations_say() {
        HookCompiler hooks = compiler("""
                {"annotations": {"\\"pid\\":2147483647": "\\"pid\\":2147483647"},
                 "hooks": {"prestart": [{"path": "/1"}], "poststart": [{"path": "/2"}], "poststop": [{"path": "/3"}]}}
                """);
        String rest = "\"bundle\":\"/bundle\",\"annotations\":{\"\\\"pid\\\":2147483647\":\"\\\"pid\\\":2147483647\"}}";
        assertThat(operations(hooks.parents(true).orElseThrow()).getFirst().state())
                .containsExactly(
                        "{\"ociVersion\":\"1.3.0\",\"id\":\"ID\",\"pid\":", ",\"status\":\"creating\"," + rest);
        assertThat(operations(hooks.poststart(7).orElseThrow()).getFirst().state())
                .containsExactly("{\"ociVersion\":\"1.3.0\",\"id\":\"ID\",\"pid\":7,\"status\":\"running\"," + rest);
        assertThat(operations(hooks.poststop().orElseThrow()).getFirst().state())
                .containsExactly("{\"ociVersion\":\"1.3.0\",\"id\":\"ID\",\"pid\":0,\"status\":\"stopped\"," + rest);
    }

    @Test
    void a_label_is_a_line_that_is_not_too_long() {
        HookOperation hook = operations(compiler("{\"hooks\": {\"prestart\": [{\"path\": \"/a\\nb\"}, {\"path\": \"/"
                                + "x".repeat(5000) + "\"}]}}")
                        .parents(false)
                        .orElseThrow())
                .getFirst();
        assertThat(hook.label()).isEqualTo("prestart hook #0: hooks.prestart[0], /a\\nb");
        assertThat(hook.arguments()).containsExactly("/a\nb");
        assertThat(operations(compiler("{\"hooks\": {\"prestart\": [{\"path\": \"/" + "x".repeat(5000) + "\"}]}}")
                                .parents(false)
                                .orElseThrow())
                        .getFirst()
                        .label()
                        .getBytes(UTF_8)
                        .length)
                .isLessThan(512);
    }
}
