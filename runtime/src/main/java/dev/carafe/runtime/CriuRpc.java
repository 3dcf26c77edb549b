package dev.carafe.runtime;

/**
 * The numbers of CRIU's {@code rpc.proto} that are used here.
 *
 * @see <a href="https://github.com/checkpoint-restore/criu/blob/criu-dev/images/rpc.proto">rpc.proto</a>
 */
final class CriuRpc {

    private CriuRpc() {}

    /** {@code criu_req_type}. */
    static final class RequestType {
        static final int DUMP = 1;
        static final int RESTORE = 2;
        static final int PRE_DUMP = 4;
        static final int NOTIFY = 6;

        private RequestType() {}
    }

    /** {@code criu_req}. */
    static final class RequestField {
        static final int TYPE = 1;
        static final int OPTIONS = 2;
        static final int NOTIFY_SUCCESS = 3;

        private RequestField() {}
    }

    /** {@code criu_resp}. */
    static final class ResponseField {
        static final int TYPE = 1;
        static final int SUCCESS = 2;
        static final int RESTORE = 4;
        static final int NOTIFY = 5;
        static final int ERRNO = 7;

        private ResponseField() {}
    }

    /** {@code criu_restore_resp}. */
    static final int RESTORED_PID = 1;

    /** {@code criu_notify}. */
    static final int NOTIFY_SCRIPT = 1;

    static final int NOTIFY_PID = 2;

    /** {@code criu_opts}. */
    static final class OptionField {
        static final int IMAGES_DIR_FD = 1;
        static final int PID = 2;
        static final int LEAVE_RUNNING = 3;
        static final int EXT_UNIX_SK = 4;
        static final int TCP_ESTABLISHED = 5;
        static final int EVASIVE_DEVICES = 6;
        static final int SHELL_JOB = 7;
        static final int FILE_LOCKS = 8;
        static final int LOG_LEVEL = 9;
        static final int LOG_FILE = 10;
        static final int PAGE_SERVER = 11;
        static final int NOTIFY_SCRIPTS = 12;
        static final int ROOT = 13;
        static final int PARENT_IMG = 14;
        static final int TRACK_MEM = 15;
        static final int AUTO_DEDUP = 16;
        static final int WORK_DIR_FD = 17;
        static final int LINK_REMAP = 18;
        static final int EXT_MNT = 23;
        static final int MANAGE_CGROUPS = 24;
        static final int CG_ROOT = 25;
        static final int RST_SIBLING = 26;
        static final int INHERIT_FD = 27;
        static final int MANAGE_CGROUPS_MODE = 34;
        static final int EXTERNAL = 37;
        static final int EMPTY_NS = 38;
        static final int JOIN_NS = 39;
        static final int FREEZE_CGROUP = 44;
        static final int TCP_SKIP_IN_FLIGHT = 46;
        static final int LAZY_PAGES = 48;
        static final int ORPHAN_PTS_MASTER = 50;
        static final int CONFIG_FILE = 51;
        static final int LSM_PROFILE = 53;
        static final int LSM_MOUNT_CONTEXT = 63;

        private OptionField() {}
    }

    /** Both fields of those that have a name or a key first. */
    static CriuMessage pair(String key, String value) {
        return new CriuMessage().text(1, key).text(2, value);
    }

    static CriuMessage pair(String key, int value) {
        return new CriuMessage().text(1, key).number(2, value);
    }
}
