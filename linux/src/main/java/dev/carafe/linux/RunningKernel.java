package dev.carafe.linux;

import java.nio.file.Path;

/** Which of the two ways to the kernel this JVM takes: chosen once, when it is first needed. */
final class RunningKernel {

    static final SystemCalls CALLS = choose();

    private RunningKernel() {}

    private static SystemCalls choose() {
        String library = System.getProperty("carafe.library");
        return library == null ? NativeSystemCalls.INSTANCE : new JniSystemCalls(Path.of(library));
    }
}
