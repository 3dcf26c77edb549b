package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.linux.Fd;
import dev.carafe.runtime.Starter;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The instances of an engine: what runs, ran or is to run from an image, inside a boundary, under a name.
 *
 * <p>Thread-safe, and any number of processes may do anything at any time: whoever does something to an instance is alone
 * with it meanwhile.
 */
public final class Instances {

    /** How many digits of an id people are shown. */
    public static final int SHORT_ID = 12;

    private final Parts parts;
    private final InstanceMaker maker;

    Instances(Parts parts, InstanceMaker maker) {
        this.parts = parts;
        this.maker = maker;
    }

    /**
     * Makes an instance, which {@link Instance#start} then starts.
     *
     * @param name unique among the instances; empty for one that is made up
     * @param image a reference, as {@code IMAGE} on the command line
     * @param progress hears of work that takes long, a line each
     * @throws EngineException if it cannot be made; nothing is left of it then
     */
    public Instance create(Optional<String> name, String image, InstanceOptions options, Consumer<String> progress) {
        return Failures.mapped(() -> new Instance(parts, maker, maker.create(name, image, options, progress)));
    }

    /**
     * Makes an instance and starts it. Returns when its program has begun.
     *
     * @param starter starts its monitor
     * @param client who is attached from the beginning: see {@link dev.carafe.runtime.Keeping#client}
     * @throws EngineException if it cannot be made or begun; nothing is left of it then
     */
    public Instance run(
            Optional<String> name,
            String image,
            InstanceOptions options,
            Consumer<String> progress,
            Starter starter,
            Optional<Fd> client) {
        return Failures.mapped(() -> new Instance(
                parts,
                maker,
                maker.run(name, image, options, progress, starter, client.map(it -> new FirstClient(it, false)))));
    }

    /**
     * Likewise, for this process: the instance is killed when the connection is gone, at the latest when the process is.
     *
     * @param owner one of a pair of {@code SEQUENCED_PACKETS}; stays the caller's to close
     */
    public Instance runFor(
            Fd owner,
            Optional<String> name,
            String image,
            InstanceOptions options,
            Consumer<String> progress,
            Starter starter) {
        return Failures.mapped(() -> new Instance(
                parts,
                maker,
                maker.run(name, image, options, progress, starter, Optional.of(new FirstClient(owner, true)))));
    }

    /**
     * The one instance that is meant.
     *
     * @param name a name, an id, or the first digits of one
     * @throws EngineException if there is none, or there are several
     */
    public Instance find(String name) {
        return Failures.mapped(() -> {
            String id = parts.folders().find(name);
            if (!parts.kernel().files().exists(Fd.CWD, parts.folders().path(id).toString())) {
                // Its making was cut short between its name and its folder, or it ends just now.
                if (parts.folders().names(id).contains(name)) {
                    return new Instance(parts, maker, id);
                }
                throw InstanceFolders.missing(name);
            }
            return new Instance(parts, maker, id);
        });
    }

    /** All of them, youngest first. */
    public List<Instance.View> list() {
        return Failures.mapped(() -> {
            return parts.folders().ids().stream()
                    .flatMap(id -> new Instance(parts, maker, id).lookIfPresent().stream())
                    .sorted((one, other) -> other.created().compareTo(one.created()))
                    .toList();
        });
    }
}
