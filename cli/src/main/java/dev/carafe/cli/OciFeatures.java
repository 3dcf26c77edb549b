package dev.carafe.cli;

import dev.carafe.runtime.RuntimeFeatures;
import java.util.List;

/** {@code features}: what this runtime can do. */
final class OciFeatures {

    private OciFeatures() {}

    static void features(OciContext context, List<String> rest) {
        Arguments.read(rest).exactly();
        Invocation invocation = context.invocation();
        invocation
                .output()
                .println(RuntimeFeatures.of(invocation.kernel(), Version.current())
                        .text());
    }
}
