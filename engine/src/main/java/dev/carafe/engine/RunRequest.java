package dev.carafe.engine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An instance to make and run.
 *
 * @param image a reference, as {@code IMAGE} on the command line
 * @param name unique among the instances; empty for one that is made up
 * @param command replaces the image's
 * @param environment {@code NAME=value}; overrides the image's
 * @param directory replaces the image's working directory
 * @param user replaces the image's: {@code USER[:GROUP]}, names or ids
 * @param terminal whether it gets a terminal of its own
 * @param input whether it gets the caller's standard input
 * @param memory bytes of memory that it may use
 * @param nanoCpus processor time in billionths of a processor
 * @param remove whether nothing is to be left of it when it ends
 */
public record RunRequest(
        String image,
        Optional<String> name,
        List<String> command,
        List<String> environment,
        Optional<String> directory,
        Optional<String> user,
        boolean terminal,
        boolean input,
        OptionalLong memory,
        OptionalLong nanoCpus,
        boolean remove) {

    public RunRequest {
        command = List.copyOf(command);
        environment = List.copyOf(environment);
    }
}
