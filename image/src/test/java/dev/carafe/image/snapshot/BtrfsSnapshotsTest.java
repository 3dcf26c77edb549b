package dev.carafe.image.snapshot;

class BtrfsSnapshotsTest extends SnapshotsContract {

    private static final long BYTES = 2L << 30;

    BtrfsSnapshotsTest() {
        super(DriverKind.BTRFS);
    }

    @Override
    LoopDisk disk() {
        return LoopDisk.btrfs(BYTES);
    }
}
