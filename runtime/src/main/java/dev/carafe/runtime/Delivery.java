package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One message to whoever listens on a Unix stream socket: a word and a descriptor beside it. */
final class Delivery {

    private Delivery() {}

    /** Connects, sends and hangs up. However long the path is, as it is opened first. */
    static void send(Kernel kernel, String path, String word, Fd descriptor) {
        Sockets sockets = kernel.sockets();
        try (Fd file = kernel.files().open(Fd.CWD, path, OpenFlags.PATH);
                Fd socket = sockets.open(Sockets.Type.STREAM)) {
            sockets.connect(socket, file);
            sockets.sendMessage(socket, word.getBytes(StandardCharsets.UTF_8), List.of(descriptor));
        }
    }
}
