package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells registries who asks, once they have asked for it; what they took is told again without being asked, to the
 * same scheme, host and port.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">Token authentication</a>
 */
final class Authorizer {

    /** A header's value, and when it is of no more use. */
    private record Known(String header, long until) {}

    private record Key(String origin, String account, Scope scope) {}

    private final Tokens tokens;
    private final Credentials credentials;
    private final Clock clock;
    private final Map<Key, Known> known = new ConcurrentHashMap<>();

    Authorizer(Tokens tokens, Credentials credentials, Clock clock) {
        this.tokens = tokens;
        this.credentials = credentials;
        this.clock = clock;
    }

    /** What has been taken before for such a request. */
    Optional<String> known(Call call) {
        return Optional.ofNullable(known.get(key(call)))
                .or(() -> Optional.ofNullable(known.get(anyScope(call))))
                .filter(it -> it.until() - clock.nanoTime() > 0)
                .map(Known::header);
    }

    /**
     * Answers a challenge.
     *
     * @param told what it was told, and did not take
     * @return what to tell it now; nothing if there is nothing else
     * @throws ImageException if who gives tokens refuses
     */
    synchronized Optional<String> answer(Call call, Optional<String> told, Answer refusal) throws IOException {
        Optional<String> now = known(call);
        if (now.isPresent() && !now.equals(told)) {
            return now; // Another thread has asked meanwhile.
        }
        Credential credential = credential(call);
        List<Challenge> challenges = Challenge.parse(refusal.all("WWW-Authenticate"));
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("bearer")) {
                if (credential instanceof Credential.RegistryToken token) {
                    return told.isPresent() ? Optional.empty() : remember(anyScope(call), "Bearer " + token.secret());
                }
                URI realm = realm(refusal, challenge);
                Tokens.Token token = tokens.ask(call, challenge, realm, credential);
                String header = "Bearer " + token.secret();
                known.put(
                        key(call),
                        new Known(header, clock.nanoTime() + token.lasts().toNanos()));
                return Optional.of(header);
            }
        }
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("basic") && credential instanceof Credential.Password password) {
                return told.isPresent() ? Optional.empty() : remember(anyScope(call), password.basic());
            }
        }
        return Optional.empty();
    }

    private Optional<String> remember(Key key, String header) {
        known.put(key, new Known(header, clock.nanoTime() + Long.MAX_VALUE / 2));
        return Optional.of(header);
    }

    private static URI realm(Answer refusal, Challenge challenge) {
        String realm = challenge.parameter("realm").orElse("");
        if (Locations.parse(realm).isEmpty()) {
            throw Failures.senseless(
                    refusal, "names nobody who gives tokens: \"" + Failures.plain(realm) + "\" is no address");
        }
        return Locations.resolve(refusal, realm);
    }

    private Credential credential(Call call) {
        int slash = call.account().indexOf('/');
        return credentials.of(call.account().substring(0, slash), call.account().substring(slash + 1));
    }

    private static Key key(Call call) {
        return new Key(Hosts.origin(call.uri()), call.account(), call.scope());
    }

    private static Key anyScope(Call call) {
        return new Key(Hosts.origin(call.uri()), call.account(), Scope.NONE);
    }
}
