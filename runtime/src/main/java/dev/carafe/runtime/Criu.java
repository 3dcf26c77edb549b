package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.CriuRpc.OptionField;
import dev.carafe.runtime.CriuRpc.RequestField;
import dev.carafe.runtime.CriuRpc.RequestType;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A conversation with {@code criu swrk}, which dumps or restores one tree of processes and ends.
 *
 * @see <a href="https://criu.org/RPC">CRIU, RPC</a>
 */
final class Criu implements AutoCloseable {

    private static final int ANSWER_MOST = 64 << 10;
    private static final int LOG_MOST = 64 << 20;
    private static final int FOLDER_MODE = 0700;
    private static final int LOG_LEVEL = 4;
    private static final int NEW_NETWORK = 0x40000000;

    private final Kernel kernel;
    private final Files files;
    private final CheckpointOptions options;
    private final Sockets.Pair sockets;
    private final Folders folders;
    private final String log;

    /** The folders of its images and of its log. */
    record Folders(Fd images, Fd work) implements AutoCloseable {
        @Override
        public void close() {
            images.close();
            work.close();
        }
    }

    /** Hears how far it has come. */
    @FunctionalInterface
    interface Notices {
        void heard(CriuAnswer notice, List<Fd> descriptors);
    }

    /**
     * @param log the name of its log
     * @param dumps whether it is to fill the folder of images, which is made for it then
     */
    Criu(Kernel kernel, CheckpointOptions options, String log, boolean dumps) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.options = options;
        this.log = log;
        if (dumps) {
            make(options.images(), "--image-path");
        }
        options.work().ifPresent(work -> make(work, "--work-path"));
        this.folders = open("");
        this.sockets = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
    }

    private void make(String path, String key) {
        try {
            files.makeDirectories(path, FOLDER_MODE, FOLDER_MODE);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(key + ": " + exception.getMessage(), exception);
        }
    }

    /** @param root where their paths start */
    private Folders open(String root) {
        Fd images = open(root + options.images(), "--image-path");
        try {
            return new Folders(images, open(root + options.logFolder(), "--work-path"));
        } catch (RuntimeException exception) {
            images.close();
            throw exception;
        }
    }

    private Fd open(String path, String key) {
        try {
            return files.open(Fd.CWD, path, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure(key + ": " + exception.getMessage(), exception);
        }
    }

    /** Its end of the connection. */
    Fd socket() {
        return sockets.second();
    }

    CheckpointImages images() {
        return new CheckpointImages(files, folders.images, options.images());
    }

    Folders folders() {
        return folders;
    }

    /** The folders as another process sees them, whose mounts are its own: in no others CRIU could mount anything. */
    Folders foldersSeenBy(int pid) {
        return open("/proc/" + pid + "/root");
    }

    /**
     * The options that dumping and restoring share.
     *
     * @param descriptors of this process, where CRIU looks for them
     */
    CriuMessage common(String root, Folders descriptors) {
        CriuMessage message = new CriuMessage()
                .number(OptionField.IMAGES_DIR_FD, descriptors.images.number())
                .number(OptionField.WORK_DIR_FD, descriptors.work.number())
                .number(OptionField.LOG_LEVEL, LOG_LEVEL)
                .text(OptionField.LOG_FILE, log)
                .text(OptionField.ROOT, root)
                .flag(OptionField.MANAGE_CGROUPS, true)
                .number(OptionField.MANAGE_CGROUPS_MODE, options.cgroups().number())
                .flag(OptionField.NOTIFY_SCRIPTS, true)
                .flag(OptionField.SHELL_JOB, options.shellJob())
                .flag(OptionField.EXT_UNIX_SK, options.externalUnixSockets())
                .flag(OptionField.TCP_ESTABLISHED, options.tcpEstablished())
                .flag(OptionField.FILE_LOCKS, options.fileLocks())
                .flag(OptionField.AUTO_DEDUP, options.autoDedup())
                .flag(OptionField.LAZY_PAGES, options.lazyPages())
                .flag(OptionField.ORPHAN_PTS_MASTER, true)
                .number(OptionField.EMPTY_NS, NEW_NETWORK); // networks are their makers' to set up
        options.configFile().ifPresent(file -> message.text(OptionField.CONFIG_FILE, file));
        return message;
    }

    /**
     * Has it do something.
     *
     * @param type of {@link CriuRpc.RequestType}
     * @return its last word
     * @throws RuntimeFailure with the end of its log, if it could not
     */
    CriuAnswer perform(int type, CriuMessage criuOptions, Notices notices) {
        sockets.second().close(); // so that its end is one
        send(new CriuMessage().number(RequestField.TYPE, type).message(RequestField.OPTIONS, criuOptions));
        while (true) {
            try (Sockets.Message received = receive()) {
                if (received.isEnd()) {
                    throw failure("it ended without an answer");
                }
                CriuAnswer answer = CriuAnswer.parse(received.payload());
                if (!answer.success()) {
                    throw failure(
                            answer.errno() == 0 ? "" : Errno.of(answer.errno()).description());
                }
                if (answer.type() != RequestType.NOTIFY) {
                    return answer;
                }
                notices.heard(answer, received.descriptors());
                send(new CriuMessage()
                        .number(RequestField.TYPE, RequestType.NOTIFY)
                        .flag(RequestField.NOTIFY_SUCCESS, true));
            }
        }
    }

    private Sockets.Message receive() {
        try {
            return kernel.sockets().receiveMessage(sockets.first(), ANSWER_MOST, 1);
        } catch (SystemCallException exception) {
            throw failure("it ended without an answer");
        }
    }

    private void send(CriuMessage message) {
        try {
            kernel.sockets().sendMessage(sockets.first(), message.toBytes(), List.of());
        } catch (SystemCallException exception) {
            throw failure("it ended without an answer");
        }
    }

    /** Says that there is nothing more to do. */
    void hangUp() {
        kernel.sockets().shutdown(sockets.first(), Sockets.Direction.BOTH);
    }

    private RuntimeFailure failure(String problem) {
        String path = options.logFolder() + "/" + log;
        return new RuntimeFailure(
                "criu failed" + (problem.isEmpty() ? "" : ": " + problem) + lastError() + "; " + path + " says more");
    }

    /** The last error in its log before the line that says only that it has failed, and what cleaning up brings. */
    private String lastError() {
        try (Fd file = files.open(folders.work, log, OpenFlags.RDONLY)) {
            return new String(files.readAll(file, LOG_MOST), StandardCharsets.UTF_8)
                    .lines()
                    .takeWhile(line -> !line.endsWith(" FAILED."))
                    .filter(line -> line.contains("Error ("))
                    .reduce((first, later) -> later)
                    .map(line -> ": " + line.substring(line.indexOf("Error (")))
                    .orElse("");
        } catch (SystemCallException unreadable) {
            return "";
        }
    }

    @Override
    public void close() {
        sockets.close();
        folders.close();
    }
}
