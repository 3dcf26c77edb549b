package dev.carafe.image.registry;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;

/** Questions and answers: led on, with credentials where they are asked for, and again where that may help. */
final class Exchange {

    private static final Set<Integer> FOR_LATER = Set.of(408, 425, 429, 500, 502, 503, 504);

    private final Redirects redirects;
    private final Authorizer authorizer;
    private final RegistryOptions options;
    private final Patience patience;

    /** What is made of an answer, which is read within. */
    @FunctionalInterface
    interface Reading<T> {
        T read(Answer answer) throws IOException;
    }

    Exchange(Redirects redirects, Authorizer authorizer, RegistryOptions options) {
        this(redirects, authorizer, options, options.patience());
    }

    private Exchange(Redirects redirects, Authorizer authorizer, RegistryOptions options, Patience patience) {
        this.patience = patience;
        this.redirects = redirects;
        this.authorizer = authorizer;
        this.options = options;
    }

    Attempts attempts() {
        return new Attempts(patience, options.clock());
    }

    Striping striping() {
        return options.striping();
    }

    /** One that gives up at once, for where somebody else can be asked. */
    Exchange hasty() {
        return new Exchange(redirects, authorizer, options, patience.once());
    }

    /** Asks until there is an answer that more asking does not change, and reads it. */
    <T> T ask(Call call, Reading<T> reading) {
        Attempts attempts = attempts();
        while (true) {
            try (Answer answer = send(call)) {
                return reading.read(answer);
            } catch (IOException exception) {
                attempts.failed(call, exception);
            }
        }
    }

    /**
     * Asks once.
     *
     * @throws TryLaterException if it cannot be answered now
     */
    Answer send(Call call) throws IOException {
        if (!call.isAtHome()) {
            return sendUnnamed(call);
        }
        Optional<String> told = authorizer.known(call);
        Answer answer = redirects.send(call, told);
        // Of another host that it has been led to nothing is known here, and it learns nothing.
        if (answer.status() == 401 && Hosts.origin(answer.uri()).equals(Hosts.origin(call.uri()))) {
            Optional<String> better;
            try {
                better = authorizer.answer(call, told, answer);
            } catch (IOException | RuntimeException exception) {
                answer.close();
                throw exception;
            }
            if (better.isPresent()) {
                answer.finish();
                answer = redirects.send(call, better);
            }
        }
        return checked(answer);
    }

    /** Asks once, and says nothing about who asks. */
    Answer sendUnnamed(Call call) throws IOException {
        return checked(redirects.send(call, Optional.empty()));
    }

    private Answer checked(Answer answer) throws IOException {
        if (!isForLater(answer.status())) {
            return answer;
        }
        try (answer) {
            throw later(answer, options.clock());
        }
    }

    static boolean isForLater(int status) {
        return FOR_LATER.contains(status);
    }

    static TryLaterException later(Answer answer, Clock clock) {
        return new TryLaterException(Failures.refusal(answer), pause(answer, clock.now()));
    }

    /** How long it asks to wait: seconds or a date. */
    private static Optional<Duration> pause(Answer answer, Instant now) {
        return answer.header("Retry-After").flatMap(text -> {
            try {
                return Optional.of(
                        text.matches("[0-9]{1,9}")
                                ? Duration.ofSeconds(Long.parseLong(text))
                                : Duration.between(
                                        now, Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text))));
            } catch (DateTimeException malformed) {
                return Optional.empty();
            }
        });
    }
}
