package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Function;

/**
 * Follows a request to where it is led. Who it is from is said to the first host alone, and no more once it has been
 * led away.
 */
final class Redirects {

    private static final int MOST = 10;

    private final Function<URI, Wire> wires;

    /** @param wires by what is asked */
    Redirects(Function<URI, Wire> wires) {
        this.wires = wires;
    }

    Answer send(Call first, Optional<String> authorization) throws IOException {
        Call call = first;
        Optional<String> who = authorization;
        for (int hops = 0; hops <= MOST; hops++) {
            Answer answer = wires.apply(call.uri()).send(call, who);
            Optional<String> location = isRedirect(answer.status()) ? answer.header("Location") : Optional.empty();
            if (location.isEmpty()) {
                return answer;
            }
            answer.close();
            URI next = Locations.resolve(answer, location.get());
            if (!Hosts.origin(next).equals(Hosts.origin(call.uri()))) {
                who = Optional.empty();
            }
            call = answer.status() == 303 ? call.to(next).withMethod("GET").withoutBody() : call.to(next);
        }
        throw new ImageException(
                FAILED,
                "cannot " + first.asking() + ": " + Hosts.shown(first.uri()) + " leads on and on, more than " + MOST
                        + " times");
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }
}
