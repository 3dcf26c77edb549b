package dev.carafe.image.registry;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A request that can be made more than once.
 *
 * @param asking what it is for, as messages say it
 * @param home scheme, host and port that it is meant for; led elsewhere, it says nothing about who asks
 * @param account whose credentials may be used: {@code HOST/PATH}
 * @param scope what rights it takes
 * @param body gives it anew each time
 */
record Call(
        String asking,
        String method,
        URI uri,
        Map<String, String> headers,
        String home,
        String account,
        Scope scope,
        Optional<Supplier<BodyPublisher>> body) {

    Call {
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    static Call get(String asking, URI uri, String account, Scope scope) {
        return new Call(asking, "GET", uri, Map.of(), Hosts.origin(uri), account, scope, Optional.empty());
    }

    boolean isAtHome() {
        return Hosts.origin(uri).equals(home);
    }

    Call withMethod(String newMethod) {
        return new Call(asking, newMethod, uri, headers, home, account, scope, body);
    }

    Call with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Call(asking, method, uri, more, home, account, scope, body);
    }

    Call without(String header) {
        Map<String, String> fewer = new LinkedHashMap<>(headers);
        fewer.remove(header);
        return new Call(asking, method, uri, fewer, home, account, scope, body);
    }

    Call with(Scope newScope) {
        return new Call(asking, method, uri, headers, home, account, newScope, body);
    }

    Call to(URI newUri) {
        return new Call(asking, method, newUri, headers, home, account, scope, body);
    }

    Call withBody(Supplier<BodyPublisher> newBody) {
        return new Call(asking, method, uri, headers, home, account, scope, Optional.of(newBody));
    }

    Call withoutBody() {
        return new Call(asking, method, uri, headers, home, account, scope, Optional.empty());
    }
}
