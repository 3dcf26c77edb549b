package dev.carafe.linux;

/** A processor architecture that Carafe runs on. */
public enum Architecture {
    AMD64,
    ARM64;

    /**
     * The architecture of this JVM.
     *
     * @throws UnsupportedOperationException if Carafe does not know it
     */
    public static Architecture current() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "amd64", "x86_64" -> AMD64;
            case "aarch64", "arm64" -> ARM64;
            default ->
                throw new UnsupportedOperationException(
                        "Carafe runs on amd64 and arm64, and this machine says that it is " + name);
        };
    }
}
