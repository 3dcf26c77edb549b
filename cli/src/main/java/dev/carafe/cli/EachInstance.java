package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.engine.Instances;
import java.util.List;
import java.util.function.Consumer;

/** Does something to one instance after the other, as Docker does: what fails with one keeps it from no other. */
final class EachInstance {

    private EachInstance() {}

    /** Prints the name of each with which it went well, and why not of each other; success only if there is none of them. */
    static Ending named(Invocation invocation, List<String> names, Consumer<Instance> work) {
        Instances instances = invocation.engine().instances();
        boolean all = true;
        for (String name : names) {
            try {
                work.accept(instances.find(name));
                invocation.output().println(name);
            } catch (EngineException exception) {
                CommandLineDoor.complain(invocation, exception.getMessage());
                all = false;
            }
        }
        return all ? Ending.SUCCESS : Ending.FAILURE;
    }
}
