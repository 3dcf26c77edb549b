package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instances;
import dev.carafe.engine.options.RestartPolicy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe update}: changes limits of instances, and whether they are started again. */
final class UpdateCommand implements Callable<Ending> {

    private static final String COMMAND = "carafe update";

    private final Invocation invocation;
    private final List<String> arguments;

    UpdateCommand(Invocation invocation, List<String> arguments) {
        this.invocation = invocation;
        this.arguments = arguments;
    }

    @Override
    public Ending call() {
        Flags flags = Flags.read(COMMAND, RunFlags.update(), arguments);
        if (flags.has("help")) {
            invocation.output().print(RunHelp.update());
            return Ending.SUCCESS;
        }
        if (flags.words().isEmpty()) {
            throw new UsageException("NAME is missing; \"" + COMMAND + " --help\" says more");
        }
        if (flags.isEmpty()) {
            throw new UsageException("nothing is to be changed; \"" + COMMAND + " --help\" lists what can be");
        }
        Optional<RestartPolicy> restart =
                flags.some("restart").map(it -> RunOptions.part("--restart", () -> RestartPolicy.parse(it)));
        LimitFlags limits = new LimitFlags(flags);
        Instances instances = invocation.engine().instances();
        boolean all = true;
        for (String name : flags.words()) {
            try {
                instances.find(name).update(limits::over, restart);
                invocation.output().println(name);
            } catch (EngineException | UsageException exception) {
                CommandLineDoor.complain(invocation, exception.getMessage());
                all = false;
            }
        }
        return all ? Ending.SUCCESS : Ending.FAILURE;
    }
}
