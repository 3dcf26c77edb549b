package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.engine.Volume;
import dev.carafe.image.LocalImages;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe system df}. */
@Command(
        name = "carafe system df",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Tells what images, instances and volumes take on the disk, and how much of that nobody uses.",
            "What bootstrap: has built is not counted, as it is made again when it is asked for."
        })
final class SystemUsageCommand implements Callable<Ending> {

    /**
     * What is of one kind.
     *
     * @param active how many somebody uses, or that run
     * @param unused the bytes of the others; of images, whose layers are shared, what is known is how many they are
     */
    private record Row(String kind, int count, int active, long bytes, String unused) {}

    private static final Listing<Row> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("type", Row::kind),
                    Listing.Column.of("total", it -> Integer.toString(it.count())),
                    Listing.Column.of("active", it -> Integer.toString(it.active())),
                    new Listing.Column<>(
                            "size", it -> Quantities.readable(it.bytes()), it -> Long.toString(it.bytes())),
                    Listing.Column.of("reclaimable", Row::unused)),
            5);

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    SystemUsageCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Engine engine = invocation.engine();
        List<Instance.View> instances = engine.instances().list();
        LISTING.print(
                List.of(images(instances), instances(engine, instances), volumes(engine)), format, invocation.output());
        return Ending.SUCCESS;
    }

    private Row images(List<Instance.View> instances) {
        Set<String> used = new HashSet<>();
        instances.forEach(instance -> used.add(instance.identity()));
        try (LocalImages local = invocation.images().local()) {
            List<LocalImages.Summary> images = local.list();
            int active = (int) images.stream()
                    .filter(image -> image.content()
                            .filter(it -> used.contains(it.id().toString()))
                            .isPresent())
                    .count();
            return new Row("images", images.size(), active, local.size(), "-");
        }
    }

    private static Row instances(Engine engine, List<Instance.View> instances) {
        int active = 0;
        long bytes = 0;
        long unused = 0;
        for (Instance.View instance : instances) {
            long written = written(engine, instance);
            boolean alive = instance.state().status().isAlive();
            bytes += written;
            active += alive ? 1 : 0;
            unused += alive ? 0 : written;
        }
        return new Row("instances", instances.size(), active, bytes, Quantities.readable(unused));
    }

    /** One that is damaged, or goes meanwhile, keeps nobody from seeing the others. */
    private static long written(Engine engine, Instance.View instance) {
        try {
            return engine.instances().find(instance.id()).written().bytes();
        } catch (EngineException gone) {
            return 0;
        }
    }

    private static Row volumes(Engine engine) {
        List<Volume> volumes = engine.volumes().list();
        int active = 0;
        long bytes = 0;
        long unused = 0;
        for (Volume volume : volumes) {
            boolean used = !engine.volumes().users(volume).isEmpty();
            long size = engine.volumes().usage(volume).bytes();
            bytes += size;
            active += used ? 1 : 0;
            unused += used ? 0 : size;
        }
        return new Row("volumes", volumes.size(), active, bytes, Quantities.readable(unused));
    }
}
