package dev.carafe.daemon;

/** What an engine is told to run containers with: a test of ours that runC does not pass expects too much. */
enum OciRuntime {
    RUNC("runc"),
    CARAFE("carafe-oci");

    private final String title;

    OciRuntime(String title) {
        this.title = title;
    }

    /** What engines call it. */
    String title() {
        return title;
    }

    /** The program. */
    String program(Installation carafe) {
        return this == RUNC ? "/usr/sbin/runc" : carafe.runtimeForEngines().toString();
    }
}
