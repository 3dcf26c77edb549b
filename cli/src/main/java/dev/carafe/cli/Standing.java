package dev.carafe.cli;

import dev.carafe.engine.Watch;
import dev.carafe.image.registry.Clock;
import dev.carafe.image.registry.Connections;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Stores;
import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * What stands ready for calls of the command line: nothing for one alone, and in a process that answers many what is
 * slow to open.
 *
 * @param stores opens the images of a folder
 * @param connections to registries
 * @param watch is told of the instances that calls start
 */
public record Standing(Function<Path, Store> stores, Connections connections, Watch watch) {

    /** For one call. */
    public static Standing ofOneCall(Kernel kernel) {
        return new Standing(folder -> Store.open(kernel, folder), Connections.ofEach(), Watch.NOBODY);
    }

    /** For all the calls that a process answers; nothing of it need be closed before the process ends. */
    public static Standing ofMany(Kernel kernel, Watch watch) {
        return new Standing(new Stores(kernel)::borrow, Connections.kept(Clock.SYSTEM), watch);
    }
}
