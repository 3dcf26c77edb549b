package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.AttachOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** {@code carafe run}: makes an instance from an image and runs it. */
final class RunCommand implements Callable<Ending> {

    private final Invocation invocation;
    private final List<String> arguments;

    RunCommand(Invocation invocation, List<String> arguments) {
        this.invocation = invocation;
        this.arguments = arguments;
    }

    @Override
    public Ending call() {
        RunOptions run = RunOptions.run(arguments, new RunCaller(invocation));
        if (run.wantsHelp()) {
            invocation.output().print(RunHelp.run());
            return Ending.SUCCESS;
        }
        InstanceOptions options = run.options();
        IdFile idFile = IdFile.of(run);
        if (run.detached()) {
            Instance instance = start(run, options, Optional.empty());
            idFile.write(instance.id());
            invocation.output().println(instance.id());
            return Ending.SUCCESS;
        }
        if (options.program().terminal() && options.program().input()) {
            invocation.requireTerminal();
        }
        return invocation.attached(streams(run, options), client -> {
            Instance instance = start(run, options, client);
            idFile.write(instance.id());
        });
    }

    private Instance start(RunOptions run, InstanceOptions options, Optional<Fd> client) {
        return invocation
                .engine()
                .instances()
                .run(
                        run.name(),
                        invocation.image(run.image()),
                        options,
                        invocation.progress(run.quiet()),
                        invocation.starter(),
                        client);
    }

    private static AttachOptions streams(RunOptions run, InstanceOptions options) {
        Set<String> wanted = run.attached();
        boolean all = wanted.isEmpty();
        return new AttachOptions(
                options.program().input() && (all || wanted.contains("stdin")),
                all || wanted.contains("stdout"),
                all || wanted.contains("stderr"),
                run.passesSignals(),
                AttachCommand.keys(run.detachKeys()));
    }
}
