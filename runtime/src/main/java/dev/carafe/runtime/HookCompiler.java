package dev.carafe.runtime;

import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Hook;
import dev.carafe.oci.runtime.Hooks;
import dev.carafe.oci.runtime.State;
import dev.carafe.oci.runtime.State.Status;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.HookOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.OneLine;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles a container's hooks (config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle").
 *
 * <p>Those of the container's namespaces stand in its own plan. Those of the runtime's namespaces are run by whoever
 * called: the parent of the container's first process for {@code create}, the client for {@code start} and {@code
 * delete}. So they have the caller's limits, cgroup, namespaces and terminal, whatever JVM has made the plan.
 *
 * <p>As with runC, a hook without an environment has the caller's in the runtime's namespaces, none in {@code
 * createContainer} and the program's in {@code startContainer}.
 */
final class HookCompiler {

    private static final int MOST_PATH = 256;
    private static final int USUAL_UMASK = 0022;

    private final Hooks hooks;
    private final String id;
    private final String bundle;
    private final Map<String, String> annotations;

    /** @param bundle absolute */
    HookCompiler(Config config, String id, String bundle) {
        this.hooks = config.hooks();
        this.id = id;
        this.bundle = bundle;
        this.annotations = config.annotations();
    }

    /** Whether some are to find the root file system at its own path, which they know from the configuration. */
    boolean seeRoot() {
        return !hooks.prestart().isEmpty()
                || !hooks.createRuntime().isEmpty()
                || !hooks.createContainer().isEmpty();
    }

    /** Whether there is anything to do after {@code create}. */
    static boolean last(Hooks hooks) {
        return !hooks.poststart().isEmpty() || !hooks.poststop().isEmpty();
    }

    /** When all is mounted and the root not yet changed. */
    void addMounted(Plan.Builder plan, Slot root) {
        if (!hooks.prestart().isEmpty() || !hooks.createRuntime().isEmpty()) {
            plan.add(new ControlOperation.Synchronise(HookOperation.MOUNTED), "hooks.prestart, hooks.createRuntime");
        }
        if (!hooks.createContainer().isEmpty()) {
            plan.add(new MountOperation.Fchdir(root), "hooks.createContainer, which start in the root");
            plan.add(new ProcessOperation.Umask(USUAL_UMASK), "hooks.createContainer, with the usual one");
            add(plan, "createContainer", hooks.createContainer(), HookOperation.HERE, 0, "", state(Status.CREATING));
            plan.add(new ProcessOperation.Umask(0), "modes are what the plan says");
        }
    }

    /** Just before the program begins. */
    void addStarting(Plan.Builder plan, List<String> environment) {
        for (int i = 0; i < hooks.startContainer().size(); i++) {
            Hook hook = hooks.startContainer().get(i);
            add(
                    plan,
                    "startContainer",
                    i,
                    hook.env().isEmpty() ? new Hook(hook.path(), hook.args(), environment, hook.timeout()) : hook,
                    HookOperation.HERE,
                    0,
                    "",
                    state(Status.CREATED));
        }
    }

    /**
     * What the parent of the first process does on that one's way.
     *
     * @param begins whether the program begins at once
     */
    Optional<Plan> parents(boolean begins) {
        Plan.Builder plan = new Plan.Builder();
        List<String> creating = state(Status.CREATING);
        addOutside(plan, "prestart", hooks.prestart(), HookOperation.MOUNTED, creating);
        addOutside(plan, "createRuntime", hooks.createRuntime(), HookOperation.MOUNTED, creating);
        if (begins) {
            addOutside(plan, "poststart", hooks.poststart(), HookOperation.EXECUTED, state(Status.RUNNING));
        }
        return some(plan);
    }

    /** Everything that is done in the runtime's namespaces, from the making to the end, to be read. */
    Optional<Plan> outside() {
        Plan.Builder plan = new Plan.Builder();
        parents(true).ifPresent(parents -> parents.steps().forEach(step -> plan.add(step.operation(), step.why())));
        addPoststop(plan);
        return some(plan);
    }

    /** What {@code start} does when the program runs. */
    Optional<Plan> poststart(int pid) {
        Plan.Builder plan = new Plan.Builder();
        addOutside(
                plan,
                "poststart",
                hooks.poststart(),
                HookOperation.HERE,
                List.of(String.join(Integer.toString(pid), state(Status.RUNNING))));
        return some(plan);
    }

    /** What is done when nothing is left of the container. */
    Optional<Plan> poststop() {
        Plan.Builder plan = new Plan.Builder();
        addPoststop(plan);
        return some(plan);
    }

    void addPoststop(Plan.Builder plan) {
        add(
                plan,
                "poststop",
                hooks.poststop(),
                HookOperation.HERE,
                HookOperation.CALLERS_ENVIRONMENT | HookOperation.MAY_FAIL,
                bundle,
                List.of(json(Status.STOPPED, 0)));
    }

    private static Optional<Plan> some(Plan.Builder builder) {
        Plan plan = builder.build();
        return plan.steps().isEmpty() ? Optional.empty() : Optional.of(plan);
    }

    private void addOutside(Plan.Builder plan, String kind, List<Hook> list, int point, List<String> state) {
        add(plan, kind, list, point, HookOperation.CALLERS_ENVIRONMENT, bundle, state);
    }

    private static void add(
            Plan.Builder plan,
            String kind,
            List<Hook> list,
            int point,
            int flags,
            String directory,
            List<String> state) {
        for (int i = 0; i < list.size(); i++) {
            add(plan, kind, i, list.get(i), point, flags, directory, state);
        }
    }

    private static void add(
            Plan.Builder plan,
            String kind,
            int index,
            Hook hook,
            int point,
            int flags,
            String directory,
            List<String> state) {
        String key = "hooks." + kind + "[" + index + "]";
        String path = OneLine.of(hook.path());
        String shown = path.length() <= MOST_PATH ? path : path.substring(0, MOST_PATH) + "…";
        plan.add(
                new HookOperation(
                        point,
                        flags,
                        // runC's words, which its callers look for, and where to find it.
                        kind + " hook #" + index + ": " + key + ", " + shown,
                        hook.path(),
                        hook.args().isEmpty() ? List.of(hook.path()) : hook.args(),
                        hook.env(),
                        directory,
                        state,
                        hook.timeout().orElse(0)),
                key);
    }

    /** The state in two parts, with the number of the first process to come between. */
    private List<String> state(Status status) {
        String number = "\"pid\":" + Integer.MAX_VALUE;
        String text = json(status, Integer.MAX_VALUE);
        // No text in it has a quotation mark that is not escaped.
        int at = text.indexOf(number);
        return List.of(text.substring(0, at + number.indexOf(':') + 1), text.substring(at + number.length()));
    }

    private String json(Status status, int pid) {
        JsonWriter json = new JsonWriter("");
        new State(
                        Config.OCI_VERSION,
                        id,
                        status,
                        pid,
                        bundle,
                        annotations,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())
                .write(json);
        return json.text();
    }
}
