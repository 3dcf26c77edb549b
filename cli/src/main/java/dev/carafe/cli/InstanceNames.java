package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.engine.Instances;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Parameters;

/** The instances that a command is given, of which what fails with one keeps it from no other, as Docker has it. */
final class InstanceNames {

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    List<String> names = List.of();

    List<String> all() {
        return names;
    }

    /** Does something to one after the other, and prints the name of each with which it went well. */
    Ending act(Invocation invocation, Consumer<Instance> work) {
        return each(invocation, (name, instance) -> {
            work.accept(instance);
            invocation.output().println(name);
        });
    }

    /** Something that is done with an instance. */
    @FunctionalInterface
    interface Work {
        void with(String name, Instance instance);
    }

    /** Does something with one after the other, and says why not with each other; success only if there is none of them. */
    Ending each(Invocation invocation, Work work) {
        Instances instances = invocation.engine().instances();
        boolean all = true;
        for (String name : names) {
            try {
                work.with(name, instances.find(name));
            } catch (EngineException exception) {
                CommandLineDoor.complain(invocation, exception.getMessage());
                all = false;
            }
        }
        return all ? Ending.SUCCESS : Ending.FAILURE;
    }
}
