package dev.carafe.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Spawn.Child;
import dev.carafe.linux.Spawn.Program;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;

/** Programs that a test asks for a second opinion, started in the calling thread's namespaces. */
final class Command {

    private Command() {}

    /** What a shell script writes to its standard output; the script must succeed. */
    static String output(Kernel kernel, String script) {
        Sockets sockets = kernel.sockets();
        try (Sockets.Pair pipe = sockets.pair(Sockets.Type.STREAM);
                Child child = kernel.spawn()
                        .start(new Program(
                                "/bin/sh",
                                List.of("sh", "-c", script),
                                List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                                Map.of(1, pipe.second(), 2, pipe.second()),
                                false))) {
            pipe.second().close();
            var output = new ByteArrayOutputStream();
            Sockets.Message part = sockets.receiveMessage(pipe.first(), 65536, 0);
            while (!part.isEnd()) {
                output.writeBytes(part.payload());
                part = sockets.receiveMessage(pipe.first(), 65536, 0);
            }
            assertThat(kernel.processes().await(child.process()).shellStatus())
                    .as("%s: %s", script, output.toString(UTF_8))
                    .isZero();
            return output.toString(UTF_8);
        }
    }
}
