package dev.carafe.cli;

import dev.carafe.runtime.CgroupDriver;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.plan.Plan;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe explain}. */
@Command(
        name = "carafe explain",
        mixinStandardHelpOptions = true,
        description = "Prints every step that starting a bundle would make, and why.")
final class ExplainCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "FOLDER",
            description = "The folder that has config.json; the current one unless given.")
    String bundle = ".";

    ExplainCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Containers containers = new Containers(
                invocation.kernel(),
                invocation.caller(),
                invocation.rights(),
                CgroupDriver.FILES,
                invocation.state().resolve("oci").toString(),
                invocation.data().resolve("cache/seccomp").toString());
        Containers.Creation creation = new BundleFolder(invocation.kernel(), invocation.absolute(bundle))
                .creation("ID", 0, ProcessNotice.NONE);
        containers.explain(creation).describe().forEach(invocation.output()::println);
        Optional<Plan> hooks = containers.explainHooks(creation);
        if (hooks.isPresent()) {
            invocation.output().println("beside it, in the caller's namespaces, and in the end:");
            // Its first line tells of a process, and there is none.
            hooks.get().describe().stream().skip(1).forEach(invocation.output()::println);
        }
        return Ending.SUCCESS;
    }
}
