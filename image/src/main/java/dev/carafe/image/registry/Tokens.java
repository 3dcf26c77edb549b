package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.DENIED;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Gets tokens from those whom registries name. */
final class Tokens {

    static final int MAX_BYTES = 1 << 20;

    /** What the specification has where nothing is said. */
    private static final long USUAL_SECONDS = 60;

    private static final long LONGEST_SECONDS = 24 * 3600;
    private static final String CLIENT = "carafe";
    private static final Pattern SAFE = Pattern.compile("[\\x21-\\x7e]+");
    private static final int LONGEST_SCOPE = 4096;

    /** One that it may be used with, and for how long. */
    record Token(String secret, Duration lasts) {}

    private final Redirects redirects;
    private final Function<URI, Wire> wires;
    private final Clock clock;

    Tokens(Redirects redirects, Function<URI, Wire> wires, Clock clock) {
        this.clock = clock;
        this.redirects = redirects;
        this.wires = wires;
    }

    Token ask(Call call, Challenge challenge, URI realm, Credential credential) throws IOException {
        Scope scope = call.scope();
        String wanted = challenge.parameter("scope").orElse("");
        if (!wanted.isBlank() && wanted.length() <= LONGEST_SCOPE) {
            scope = scope.and(List.of(wanted.strip().split("\\s+")));
        }
        Call asking = Call.get(
                "get a token to " + call.asking() + " from " + Hosts.shown(realm), realm, call.account(), Scope.NONE);
        try (Answer answer = credential instanceof Credential.IdentityToken identity
                ? post(asking, challenge, scope, identity)
                : get(asking, challenge, scope, credential)) {
            if (Exchange.isForLater(answer.status())) {
                throw Exchange.later(answer, clock);
            }
            if (!answer.isSuccess()) {
                throw refused(answer, credential);
            }
            return read(answer);
        }
    }

    private Answer get(Call call, Challenge challenge, Scope scope, Credential credential) throws IOException {
        List<String> query = new ArrayList<>();
        challenge.parameter("service").ifPresent(it -> query.add("service=" + encoded(it)));
        scope.parts().forEach(it -> query.add("scope=" + encoded(it)));
        Optional<String> authorization = Optional.empty();
        if (credential instanceof Credential.Password password) {
            query.add("account=" + encoded(password.user()));
            authorization = Optional.of(password.basic());
        }
        String text = call.uri().toString();
        String separator = text.contains("?") ? "&" : "?";
        return redirects.send(call.to(URI.create(text + separator + String.join("&", query))), authorization);
    }

    /** Not led elsewhere: its body is the secret itself. */
    private Answer post(Call call, Challenge challenge, Scope scope, Credential.IdentityToken identity)
            throws IOException {
        String form = "grant_type=refresh_token&service="
                + encoded(challenge.parameter("service").orElse("")) + "&client_id=" + CLIENT + "&scope="
                + encoded(String.join(" ", scope.parts())) + "&refresh_token=" + encoded(identity.secret());
        return wires.apply(call.uri())
                .send(
                        call.withMethod("POST")
                                .with("Content-Type", "application/x-www-form-urlencoded")
                                .withBody(() -> BodyPublishers.ofString(form)),
                        Optional.empty());
    }

    private static Token read(Answer answer) throws IOException {
        byte[] body = answer.bytes(MAX_BYTES)
                .orElseThrow(() -> Failures.senseless(answer, "is no token: it has more than 1 MiB"));
        try {
            JsonCursor in = new JsonCursor("token", Json.parse("token", body));
            String secret = in.optionalText("token")
                    .filter(it -> !it.isEmpty())
                    .or(() -> in.optionalText("access_token"))
                    .orElse("");
            if (!SAFE.matcher(secret).matches()) {
                throw Failures.senseless(answer, "has no token that could be used");
            }
            long seconds = in.optionalInteger("expires_in", IntegerType.INT64).orElse(USUAL_SECONDS);
            // A little less, so that it does not run out on its way.
            return new Token(
                    secret,
                    Duration.ofSeconds(Math.clamp(seconds, 1, LONGEST_SECONDS))
                            .multipliedBy(9)
                            .dividedBy(10));
        } catch (InvalidDocumentException exception) {
            throw Failures.senseless(answer, "is no token: " + exception.problem());
        }
    }

    private static ImageException refused(Answer answer, Credential credential) {
        return answer.status() == 401 || answer.status() == 403 || answer.status() == 400
                ? new ImageException(
                        DENIED,
                        Failures.refusal(answer)
                                + (credential instanceof Credential.Anonymous
                                        ? "; log in (\"carafe login\")"
                                        : "; it does not take " + credential + ": log in again (\"carafe login\")"))
                : Failures.refused(answer);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
