package dev.carafe.linux;

/**
 * The kinds of namespaces.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/namespaces.7.html">namespaces(7)</a>
 */
public enum Namespace {
    CGROUP("cgroup", 0x02000000),
    IPC("ipc", 0x08000000),
    MOUNT("mnt", 0x00020000),
    NETWORK("net", 0x40000000),
    PID("pid", 0x20000000),
    TIME("time", 0x00000080),
    USER("user", 0x10000000),
    UTS("uts", 0x04000000);

    private final String file;
    private final int flag;

    Namespace(String file, int flag) {
        this.file = file;
        this.flag = flag;
    }

    /** The name of its file in {@code /proc/PID/ns}. */
    public String file() {
        return file;
    }

    /** Its {@code CLONE_NEW} flag. */
    public int flag() {
        return flag;
    }
}
