package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.linux.Polling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe wait}. */
@Command(
        name = "carafe wait",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Waits until instances have ended, one after the other, and prints the status of each.")
final class WaitCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    WaitCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        boolean all = true;
        List<Instance> found =
                new ArrayList<>(); // before waiting: one that is removed at its end has a name until then
        for (String name : names) {
            try {
                found.add(invocation.engine().instances().find(name));
            } catch (EngineException missing) {
                CommandLineDoor.complain(invocation, missing.getMessage());
                all = false;
            }
        }
        for (Instance instance : found) {
            invocation
                    .output()
                    .println(instance.await(Polling.FOREVER)
                            .map(exit -> exit.status())
                            .orElse(0));
            invocation.output().flush();
        }
        return all ? Ending.SUCCESS : Ending.FAILURE;
    }
}
