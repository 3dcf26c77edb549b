package dev.carafe.cli;

import dev.carafe.image.LocalImages;

/** What has come of dropping packed layers, for people. */
final class PackedReport {

    private PackedReport() {}

    static void print(Invocation invocation, LocalImages.PackedDropped result) {
        invocation
                .output()
                .println("freed " + Quantities.readable(result.bytes()) + ": " + result.dropped()
                        + " packed layers, of which " + Quantities.readable(result.kept())
                        + " are kept to make them again");
        printStaying(invocation, result);
    }

    /** What stays, and why. */
    static void printStaying(Invocation invocation, LocalImages.PackedDropped result) {
        for (LocalImages.Staying staying : result.staying()) {
            invocation
                    .output()
                    .println("stays " + staying.layer() + "  " + Quantities.readable(staying.bytes()) + "  "
                            + staying.why());
        }
    }
}
