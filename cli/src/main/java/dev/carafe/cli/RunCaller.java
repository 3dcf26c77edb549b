package dev.carafe.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Who called this command line. */
final class RunCaller implements RunOptions.Caller {

    private static final int MOST = 16 << 20;
    private static final Path LABELS = Path.of("/sys/fs/selinux/enforce");

    private final Invocation invocation;

    RunCaller(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Optional<String> variable(String name) {
        return invocation.request().variable(name);
    }

    @Override
    public String absolute(String path) {
        String home =
                path.startsWith("~/") ? invocation.request().variable("HOME").orElse("~") : "~";
        return invocation
                .absolute(home.equals("~") ? path : home + path.substring(1))
                .toString();
    }

    @Override
    public String text(String option, String path) {
        try (InputStream file = Files.newInputStream(invocation.absolute(path))) {
            byte[] content = file.readNBytes(MOST + 1);
            if (content.length > MOST) {
                throw new UsageException(option + " " + path + ": is larger than 16 MiB");
            }
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException malformed) {
            throw new UsageException(option + " " + path + ": is no text in UTF-8");
        } catch (IOException exception) {
            throw new UsageException(option + " " + path + ": cannot be read: " + CommandLineDoor.reason(exception));
        }
    }

    @Override
    public boolean labels() {
        return Files.exists(LABELS);
    }
}
