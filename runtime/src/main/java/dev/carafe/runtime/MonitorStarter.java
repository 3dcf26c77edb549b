package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.Spawn;
import dev.carafe.runtime.plan.Plan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Starts monitors where no client calls, for a daemon that starts instances of itself or a program that has the engine in
 * it. The monitor is nobody's child when it has begun, so that it outlives this JVM.
 *
 * <p>Thread-safe.
 */
public final class MonitorStarter implements Starter {

    private static final int CONNECTION = 3;

    private final Kernel kernel;
    private final String program;
    private final List<String> environment;
    private final Consumer<String> warnings;

    /**
     * @param program the installation's {@code bin/carafe}, absolute
     * @param environment {@code NAME=value}: what a hook finds that has none of its own
     * @param warnings hears of what went wrong and keeps nothing from going on, a line each
     */
    public MonitorStarter(Kernel kernel, String program, List<String> environment, Consumer<String> warnings) {
        this.kernel = kernel;
        this.program = program;
        this.environment = List.copyOf(environment);
        this.warnings = warnings;
    }

    @Override
    public Init start(
            Parent parent,
            Plan plan,
            List<Fd> inputs,
            Optional<Plan> ending,
            Optional<Plan> hooks,
            Optional<Keeping> keeping) {
        if (parent == Parent.ATTACHED_MONITOR) {
            throw new RuntimeFailure("no client calls that a process could be attached to");
        }
        try (Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
                Spawn.Child child = kernel.spawn()
                        .start(new Spawn.Program(
                                program,
                                List.of("carafe", "monitor"),
                                environment,
                                Map.of(CONNECTION, pair.second()),
                                true))) {
            Init init = Init.start(kernel, pair.first(), parent, plan, inputs, ending, hooks, keeping);
            kernel.processes().await(child.process()); // it has left the monitor behind
            return init;
        }
    }

    @Override
    public void warn(String message) {
        warnings.accept(message);
    }
}
