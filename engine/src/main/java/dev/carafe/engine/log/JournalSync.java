package dev.carafe.engine.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import java.time.Duration;
import java.util.List;

/**
 * Waits until the journal has written what it has been sent: a monitor is done when it has sent an entry, and the journal
 * may be slow. It is what {@code journalctl --sync} does, a call of varlink.
 *
 * <p>Where there is no journal, or an old one, or none that answers soon, there is nothing to wait for.
 *
 * @see <a href="https://varlink.org/Service">varlink</a>
 */
final class JournalSync {

    private static final String SOCKET = "/run/systemd/journal/io.systemd.journal";
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int MOST_BYTES = 4096;

    /** Later ones need not write to the disk for it; an earlier one refuses to hear of that. */
    private static final String LATER =
            "{\"method\":\"io.systemd.Journal.Synchronize\",\"parameters\":{\"offline\":false}}";

    private static final String EARLIER = "{\"method\":\"io.systemd.Journal.Synchronize\"}";

    private final Kernel kernel;

    JournalSync(Kernel kernel) {
        this.kernel = kernel;
    }

    void await() {
        if (ask(LATER).contains("\"error\"")) {
            ask(EARLIER);
        }
    }

    private String ask(String question) {
        try (Fd socket = kernel.sockets().open(Sockets.Type.STREAM)) {
            kernel.sockets().connect(socket, Fd.CWD, SOCKET);
            kernel.sockets().sendMessage(socket, (question + "\0").getBytes(UTF_8), List.of());
            if (!kernel.polling().awaitReadable(socket, PATIENCE)) {
                return "";
            }
            try (Sockets.Message answer = kernel.sockets().receiveMessage(socket, MOST_BYTES, 0)) {
                return new String(answer.payload(), UTF_8);
            }
        } catch (SystemCallException none) {
            return "";
        }
    }
}
