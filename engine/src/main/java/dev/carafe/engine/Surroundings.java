package dev.carafe.engine;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.linux.accounts.Account;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * What an instance finds where it is started, beside what is asked for.
 *
 * @param account as whom its program runs
 * @param hostname what it is called if nothing else is asked for
 * @param cgroup the name of its cgroup
 * @param names the files that say what it and others are called; empty for the image's own
 * @param network the network namespace that was made ready for it: a path; empty for a new one
 * @param volume makes a volume ready that has a name: the folder of its files
 * @param process the first process of another instance that runs; throws {@link EngineException} if it does not
 * @param init the program that is first where one is asked for
 */
record Surroundings(
        Account account,
        String hostname,
        String cgroup,
        Optional<Names> names,
        Optional<String> network,
        Function<InstanceMount.Volume, Path> volume,
        ToIntFunction<String> process,
        Optional<Path> init) {

    /** Files to be seen at their places in {@code /etc}. */
    record Names(Path hosts, Path hostname, Optional<Path> resolver) {}
}
