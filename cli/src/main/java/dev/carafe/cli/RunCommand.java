package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NetworkAttachment;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.PullPolicy;
import dev.carafe.engine.options.RestartPolicy;
import dev.carafe.image.ImageReference;
import java.util.List;
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
            invocation.output().print(run.help());
            return Ending.SUCCESS;
        }
        InstanceOptions options = run.options();
        if (options.program().terminal()
                && options.program().input()
                && !invocation
                        .kernel()
                        .terminals()
                        .isTerminal(invocation.request().input())) {
            throw new UsageException("-t wants a terminal, and standard input is none; leave -t away");
        }
        refuseWhatHasToWait(run, options);
        Engine engine = invocation.engine();
        String reference = ImageReference.parse(run.image())
                .absolute(path -> invocation.absolute(path).toString())
                .toString();
        engine.run(run.name(), reference, options, invocation.starter(), line -> {
            if (!run.quiet()) {
                invocation.error().println(line);
                invocation.error().flush();
            }
        });
        return new Ending.InstanceStatus();
    }

    /** What only instances that live on have a use for, and networks. */
    private static void refuseWhatHasToWait(RunOptions run, InstanceOptions options) {
        boolean waits = run.detached()
                || run.idFile().isPresent()
                || run.detachKeys().isPresent()
                || !run.attached().isEmpty()
                || !run.passesSignals()
                || options.policies().restart().kind() != RestartPolicy.Kind.NO
                || options.policies().healthCheck().isPresent()
                || options.policies().pull() != PullPolicy.MISSING
                || options.policies().platform().isPresent()
                || !options.network().ports().isEmpty()
                || options.network().publishAll()
                || (options.network().mode() instanceof NetworkMode.Networks networks
                        && !networks.attachments().getFirst().network().equals(NetworkAttachment.DEFAULT_NETWORK));
        if (waits) {
            throw new UsageException(
                    "--detach, --cidfile, --attach, --restart, --health-…, --pull, --platform, --publish"
                            + " and networks by name: not in this version");
        }
    }
}
