package dev.carafe.image.registry;

import dev.carafe.oci.image.MediaTypes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What came back for a call; from {@code uri}, which is another than was asked where that led there. */
record Answer(Call call, URI uri, int status, HttpHeaders headers, BodyStream body) implements AutoCloseable {

    /** What a refusal has at most to say for itself, in bytes. */
    private static final int SHORT = 16 << 10;

    Optional<String> header(String name) {
        return headers.firstValue(name).map(String::strip).filter(it -> !it.isEmpty());
    }

    List<String> all(String name) {
        return headers.allValues(name);
    }

    /** The length that it says it has; none if it says none that makes sense. */
    OptionalLong length() {
        try {
            return headers.firstValueAsLong("Content-Length");
        } catch (NumberFormatException lie) {
            return OptionalLong.empty();
        }
    }

    String contentType() {
        return MediaTypes.ofHeader(header("Content-Type").orElse(""));
    }

    boolean isSuccess() {
        return status / 100 == 2;
    }

    /**
     * Its whole body.
     *
     * @return none if it has more bytes than {@code most}; no more are read
     */
    Optional<byte[]> bytes(int most) throws IOException {
        if (length().orElse(0) > most) {
            return Optional.empty();
        }
        byte[] bytes = body.readNBytes(most + 1);
        return bytes.length > most ? Optional.empty() : Optional.of(bytes);
    }

    /** Closes it, but reads what is left of a short body first: its connection can be used again then. */
    void finish() {
        try (this) {
            if (length().orElse(Long.MAX_VALUE) <= SHORT) {
                body.readAllBytes();
            }
        } catch (IOException lost) {
            // It is not used again.
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
