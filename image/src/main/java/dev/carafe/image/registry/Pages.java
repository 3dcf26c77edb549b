package dev.carafe.image.registry;

import dev.carafe.oci.image.Document;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lists that come in pages, each of which leads to the next ({@code Link: </v2/…>; rel="next"}, RFC 8288). */
record Pages(Exchange exchange) {

    private static final int MOST = 1000;
    private static final Pattern NEXT = Pattern.compile("<([^>]*)>[^,<]*;\\s*rel\\s*=\\s*\"?next\"?");

    /** What is on a page. */
    @FunctionalInterface
    interface Page<T> {
        List<T> read(Answer answer, byte[] bytes);
    }

    /** What one page said. */
    private record Read<T>(List<T> elements, Optional<URI> next) {}

    /**
     * Reads all pages.
     *
     * @param absent what there is if the first is not there; nothing to have that be an error
     */
    <T> List<T> all(Call first, Page<T> page, Function<Answer, Optional<List<T>>> absent) {
        List<T> all = new ArrayList<>();
        Optional<URI> next = Optional.of(first.uri());
        for (int count = 0; next.isPresent(); count++) {
            Read<T> read = exchange.ask(first.to(next.get()), answer -> {
                if (!answer.isSuccess()) {
                    return new Read<>(
                            absent.apply(answer).orElseThrow(() -> Failures.refused(answer)), Optional.empty());
                }
                byte[] bytes = answer.bytes(Document.MAX_BYTES)
                        .orElseThrow(() -> Failures.senseless(answer, "has more than 4 MiB on one page"));
                return new Read<>(page.read(answer, bytes), next(answer));
            });
            all.addAll(read.elements());
            next = read.next();
            if (count == MOST) {
                throw new dev.carafe.image.error.ImageException(
                        dev.carafe.image.error.ImageException.Kind.FAILED,
                        "cannot " + first.asking() + ": there are more than " + MOST + " pages");
            }
        }
        return List.copyOf(all);
    }

    private static Optional<URI> next(Answer answer) {
        for (String header : answer.all("Link")) {
            Matcher link = NEXT.matcher(header);
            if (link.find()) {
                return Optional.of(Locations.resolve(answer, link.group(1)));
            }
        }
        return Optional.empty();
    }
}
