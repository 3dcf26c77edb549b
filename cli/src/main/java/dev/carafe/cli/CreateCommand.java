package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe create}: makes an instance from an image, to be started later. */
final class CreateCommand implements Callable<Ending> {

    private final Invocation invocation;
    private final List<String> arguments;

    CreateCommand(Invocation invocation, List<String> arguments) {
        this.invocation = invocation;
        this.arguments = arguments;
    }

    @Override
    public Ending call() {
        RunOptions create = RunOptions.create(arguments, new RunCaller(invocation));
        if (create.wantsHelp()) {
            invocation.output().print(RunHelp.create());
            return Ending.SUCCESS;
        }
        IdFile idFile = IdFile.of(create);
        Instance instance = invocation
                .engine()
                .instances()
                .create(
                        create.name(),
                        invocation.image(create.image()),
                        create.options(),
                        invocation.progress(create.quiet()));
        idFile.write(instance.id());
        invocation.output().println(instance.id());
        return Ending.SUCCESS;
    }
}
