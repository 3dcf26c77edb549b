package dev.carafe.image.snapshot;

class OverlaySnapshotsTest extends SnapshotsContract {

    private static final long BYTES = 2L << 30;

    OverlaySnapshotsTest() {
        super(DriverKind.OVERLAY);
    }

    @Override
    LoopDisk disk() {
        return LoopDisk.ext4(BYTES);
    }
}
