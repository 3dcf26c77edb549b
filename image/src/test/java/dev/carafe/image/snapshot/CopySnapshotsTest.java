package dev.carafe.image.snapshot;

class CopySnapshotsTest extends SnapshotsContract {

    private static final long BYTES = 2L << 30;

    CopySnapshotsTest() {
        super(DriverKind.COPY);
    }

    @Override
    LoopDisk disk() {
        return LoopDisk.ext4(BYTES);
    }
}
