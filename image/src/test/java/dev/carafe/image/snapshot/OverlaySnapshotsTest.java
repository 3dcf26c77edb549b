package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OverlaySnapshotsTest extends SnapshotsContract {

    private static final long BYTES = 2L << 30;
    /** Every container that is started pays for them. */
    private static final int CALLS_MOST = 40;

    OverlaySnapshotsTest() {
        super(DriverKind.OVERLAY);
    }

    @Override
    LoopDisk disk() {
        return LoopDisk.ext4(BYTES);
    }

    @Test
    void a_snapshot_of_folders_is_made_with_few_calls_and_without_waiting_for_the_disk() throws IOException {
        Path folder = Files.createDirectory(data().resolve("folder"));
        List<SystemCall> made = new ArrayList<>();
        SystemCalls real = SystemCalls.ofKernel();
        Kernel counting = Kernel.over((call, a, b, c, d, e, f) -> {
            made.add(call);
            return real.call(call, a, b, c, d, e, f);
        });
        Snapshots counted =
                Snapshots.open(counting, data().resolve("snapshots"), Optional.of(DriverKind.OVERLAY), () -> {
                    throw new IllegalStateException("nothing is of an image");
                });
        Snapshot box = counted.prepare(
                new Key("box"), new Base.Tree(new RootFileSystem.Directory(folder)), Preparation.PLAIN.heldBy(folder));
        counted.mounts(box, folder);
        assertThat(made)
                .hasSizeLessThan(CALLS_MOST)
                .doesNotContain(SystemCall.FSYNC, SystemCall.SYNCFS, SystemCall.FDATASYNC, SystemCall.FLOCK);
        System.out.println("a snapshot is made with " + made.size() + " system calls: " + made);
    }
}
