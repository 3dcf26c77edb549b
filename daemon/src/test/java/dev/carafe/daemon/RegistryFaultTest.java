package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.carafe.daemon.FaultProxy.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pulls and pushes while something goes wrong between Carafe and a registry. What goes wrong for a while is tried again
 * until it works; what stays wrong is said in a line; and whatever it was, what is here is sound, and the same works when
 * all is well again.
 */
@SystemTest
@WithDaemon
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryFaultTest {

    private static final int ALWAYS = Integer.MAX_VALUE;
    private static final String MANIFESTS = "(GET|HEAD) /v2/app/manifests/.*";
    private static final String BLOBS = "GET /v2/app/blobs/.*";

    private RegistryServer registry;
    private FaultProxy proxy;
    private Path layout = Path.of("");
    private String digest = "";
    /** The blob of the image that is large. */
    private String blob = "";

    @BeforeAll
    void startRegistry(Installation carafe) {
        registry = RegistryServer.start(carafe.newFolder("registry"));
        proxy = FaultProxy.before(registry);
        layout = ImageTest.layout(carafe);
        registry.push(layout, "latest", "app");
        carafe.execute("image", "load", "--name=mine", "--progress=none", layout.toString())
                .succeeded();
        digest = carafe.execute("image", "list", "-q").succeeded().strip();
        blob = "GET /v2/app/blobs/sha256:"
                + Commands.succeed("ls -S \"$0\"/blobs/sha256 | head -1", layout.toString())
                        .strip();
        carafe.execute("image", "rm", "mine").succeeded();
    }

    @AfterAll
    void stopRegistry() {
        proxy.close();
        registry.close();
    }

    /** Nothing half-made is left, whatever happened. */
    @AfterEach
    void isSoundAndEmptyAgain(Installation carafe) {
        proxy.behave();
        assertThat(carafe.execute("image", "verify").succeeded()).contains("all whole");
        for (String image : images(carafe)) {
            carafe.execute("image", "rm", image).ended(0);
        }
        carafe.execute("image", "prune", "--unfinished").succeeded();
        assertThat(Commands.succeed(
                        "cd \"$0\" && find blobs/*/* layers/*/* swept/* 2>/dev/null || true",
                        carafe.data().resolve("images").toString()))
                .isEmpty();
    }

    private static List<String> images(Installation carafe) {
        return carafe.execute("image", "list", "-q").succeeded().lines().toList();
    }

    // Pulls

    /** @param happens to a pull, which then succeeds all the same */
    record Passing(String what, Consumer<FaultProxy> happens) {
        @Override
        public String toString() {
            return what;
        }
    }

    private Stream<Passing> whatPasses() {
        return Stream.of(
                new Passing(
                        "errors of the server for manifests",
                        it -> it.on(MANIFESTS, 1, Fault.status("500 Internal Server Error"))
                                .on(MANIFESTS, 1, Fault.status("502 Bad Gateway"))),
                new Passing(
                        "errors of the server for blobs",
                        it -> it.on(BLOBS, 2, Fault.status("503 Service Unavailable"))),
                new Passing("a body that is cut", it -> it.on(blob, 1, Fault.cutAt(100_000))),
                new Passing(
                        "a body that is cut three times",
                        it -> it.on(blob, 1, Fault.cutAt(100_000))
                                .on(blob, 1, Fault.cutAt(50_000))
                                .on(blob, 1, Fault.cutAt(0))),
                new Passing(
                        "no answer at all",
                        it -> it.on(MANIFESTS, 1, Fault.hangsUp()).on(blob, 2, Fault.hangsUp())),
                new Passing("no HTTP", it -> it.on(blob, 1, Fault.garbage())),
                new Passing("connections that end between requests", it -> it.keepConnections(false)));
    }

    @ParameterizedTest
    @MethodSource("whatPasses")
    void aPullOutlivesWhatPasses(Passing passing, Installation carafe) {
        passing.happens().accept(proxy);
        assertThat(carafe.execute("pull", "-q", proxy.name("app")).succeeded()).contains(digest);
        assertThat(carafe.run(proxy.name("app")).ended(0).output()).isEqualTo("from the image\n");
    }

    @Test
    void aBodyThatIsCutIsGoneOnWithWhereItEnded(Installation carafe) {
        proxy.on(blob, 1, Fault.cutAt(100_000));
        carafe.execute("pull", "-q", proxy.name("app")).succeeded();
        assertThat(proxy.requests(blob)).hasSize(2);
        assertThat(proxy.requests(blob).getLast().header("Range").orElse("")).startsWith("bytes=100000-");
    }

    @Test
    void whoeverIsAskedToWaitWaits(Installation carafe) {
        proxy.on(MANIFESTS, 1, Fault.status("429 Too Many Requests", "Retry-After: 2"));
        long start = System.nanoTime();
        carafe.execute("pull", "-q", proxy.name("app")).succeeded();
        assertThat(System.nanoTime() - start).isGreaterThan(2_000_000_000L);
    }

    /**
     * What stays wrong.
     *
     * @param words of the line that says so
     */
    record Lasting(String what, Consumer<FaultProxy> happens, List<String> words) {

        Lasting(String what, Consumer<FaultProxy> happens, String... words) {
            this(what, happens, List.of(words));
        }

        @Override
        public String toString() {
            return what;
        }
    }

    private Stream<Lasting> whatStaysWrongWithAPull() {
        return Stream.of(
                new Lasting(
                        "an hour to wait",
                        it -> it.on(MANIFESTS, ALWAYS, Fault.status("429 Too Many Requests", "Retry-After: 3600")),
                        "429",
                        "later"),
                new Lasting(
                        "a length that is too long",
                        it -> it.on(blob, ALWAYS, Fault.liesAboutItsLength(1000)),
                        "where its descriptor says"),
                new Lasting(
                        "a length that is too short",
                        it -> it.on(blob, ALWAYS, Fault.liesAboutItsLength(-1000)),
                        "where its descriptor says"),
                new Lasting("wrong bytes of a layer", it -> it.on(blob, ALWAYS, Fault.flips(1000)), "digest"),
                new Lasting(
                        "a manifest that is another",
                        it -> it.on("GET /v2/app/manifests/.*", ALWAYS, Fault.flips(20)),
                        "app"),
                new Lasting(
                        "a manifest without end",
                        it -> it.on("GET /v2/app/manifests/.*", ALWAYS, Fault.endless()),
                        "more than 4 MiB"),
                new Lasting(
                        "redirects in a circle",
                        it -> it.on(
                                BLOBS,
                                ALWAYS,
                                asked -> Fault.redirect(asked.request().first().split(" ", -1)[1])
                                        .happen(asked)),
                        "more than 10 times"),
                new Lasting(
                        "a redirect to a file",
                        it -> it.on(BLOBS, ALWAYS, Fault.redirect("file:///etc/passwd")),
                        "file:"),
                new Lasting(
                        "a blob that is not there", it -> it.on(BLOBS, ALWAYS, Fault.status("404 Not Found")), "404"));
    }

    @ParameterizedTest
    @MethodSource("whatStaysWrongWithAPull")
    void whatStaysWrongWithAPullIsSaidInALine(Lasting lasting, Installation carafe) {
        lasting.happens().accept(proxy);
        carafe.execute("pull", "-q", proxy.name("app"))
                .failed(1, lasting.words().toArray(String[]::new));
        assertThat(carafe.execute("image", "list", "-q").succeeded()).isEmpty();
        assertThat(carafe.execute("image", "verify").succeeded()).contains("all whole");
        proxy.behave();
        assertThat(carafe.execute("pull", "-q", proxy.name("app")).succeeded()).contains(digest);
        assertThat(carafe.run(proxy.name("app")).ended(0).output()).isEqualTo("from the image\n");
    }

    /** Most of these take long, and so all are asked at once. */
    @Test
    void whoeverSaysNothingOrAlmostNothingIsAskedAgainAndAtLastNoMore(Installation carafe) {
        List<FaultProxy> well = List.of(
                FaultProxy.before(registry).on(blob, 1, Fault.stallsAt(70_000)),
                FaultProxy.before(registry).on(blob, 1, Fault.drips()),
                FaultProxy.before(registry).on(MANIFESTS, 1, Fault.stallsAt(0)));
        List<FaultProxy> ill = List.of(
                FaultProxy.before(registry).on(MANIFESTS, ALWAYS, Fault.status("503 Service Unavailable")),
                FaultProxy.before(registry).on(MANIFESTS, ALWAYS, Fault.garbage()),
                FaultProxy.before(registry)
                        .on(MANIFESTS, ALWAYS, Fault.hangsUp())
                        .on(BEGIN, ALWAYS, Fault.garbage()));
        try {
            loaded(carafe);
            Call.Running push = carafe.call(
                            "push", "--progress=none", "mine", ill.getLast().name("pushed"))
                    .start();
            List<Call.Running> helped =
                    well.stream().map(it -> pullElsewhere(carafe, it)).toList();
            List<Call.Running> lost =
                    ill.stream().map(it -> pullElsewhere(carafe, it)).toList();
            lost.forEach(pull -> pull.await().failed(1, "127.0.0.1"));
            push.await().failed(1, "127.0.0.1");
            ill.forEach(it -> assertThat(it.requests(MANIFESTS)).hasSizeBetween(2, 12));
            helped.forEach(pull -> assertThat(pull.await().succeeded()).contains(digest));
            assertThat(well.getFirst().requests(blob)).hasSize(2);
        } finally {
            well.forEach(FaultProxy::close);
            ill.forEach(FaultProxy::close);
        }
    }

    /** With a store of its own: in one of several who want the same, one alone fetches it. */
    private static Call.Running pullElsewhere(Installation carafe, FaultProxy from) {
        return carafe.call("pull", "-q", from.name("app"))
                .variable("CARAFE_DATA", carafe.newFolder("data").toString())
                .variable("CARAFE_DAEMON", "no")
                .variable("CARAFE_REGISTRY_PATIENCE", "8")
                .start();
    }

    @Test
    void aPatienceThatIsNoneIsRefused(Installation carafe) {
        carafe.call("pull", "-q", proxy.name("app"))
                .variable("CARAFE_REGISTRY_PATIENCE", "1m")
                .execute()
                .failed(1, "CARAFE_REGISTRY_PATIENCE=1m", "seconds");
    }

    @Test
    void aHostThatIsLedToIsNotToldWhoAsks(Installation carafe) throws IOException {
        Path folder = carafe.newFolder("guarded");
        Commands.succeed("htpasswd -Bbn alice secret > \"$0/users\"", folder.toString());
        List<String> told = new CopyOnWriteArrayList<>();
        String hex = blob.replaceAll(".*:", "");
        byte[] content = Files.readAllBytes(Path.of(Commands.succeed(
                        "find \"$0\" -name \"$1\" -path '*layout*' | head -1",
                        carafe.folder().toString(),
                        hex)
                .strip()));
        HttpServer elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0), 0);
        elsewhere.createContext("/", exchange -> {
            try (exchange) {
                told.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
                exchange.sendResponseHeaders(200, content.length);
                exchange.getResponseBody().write(content);
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        });
        elsewhere.start();
        try (RegistryServer guarded = RegistryServer.start(folder, folder.resolve("users"));
                FaultProxy before = FaultProxy.before(guarded)) {
            String home = carafe.newFolder("home").toString();
            carafe.call(
                            "login",
                            "-u",
                            "alice",
                            "--password-stdin",
                            before.name("").replace("/", ""))
                    .variable("HOME", home)
                    .input("secret\n")
                    .execute()
                    .succeeded();
            carafe.execute("pull", "-q", proxy.name("app")).succeeded();
            carafe.call("push", "--progress=none", proxy.name("app"), before.name("app"))
                    .variable("HOME", home)
                    .execute()
                    .succeeded();
            carafe.execute("image", "rm", proxy.name("app")).succeeded();
            carafe.execute("image", "prune", "--unfinished").succeeded();
            before.behave();
            before.on(
                    blob,
                    ALWAYS,
                    Fault.redirect("http://127.0.0.2:" + elsewhere.getAddress().getPort() + "/blob"));
            carafe.call("pull", "-q", before.name("app"))
                    .variable("HOME", home)
                    .execute()
                    .succeeded();
            assertThat(told).containsExactly("null");
            assertThat(before.requests(blob))
                    .isNotEmpty()
                    .allMatch(request -> request.header("Authorization").isPresent());
        } finally {
            elsewhere.stop(0);
        }
    }

    @Test
    void nobodyArmsAFailpointOfTheDaemons(Installation carafe) {
        String armed = "pull-begun:kill";
        carafe.call("pull", "-q", proxy.name("app"))
                .variable("CARAFE_FAILPOINT", armed)
                .execute()
                .succeeded();
        carafe.execute("image", "rm", proxy.name("app")).succeeded();
        carafe.call("pull", "-q", proxy.name("app")) // who is his own Java may end it
                .variable("CARAFE_FAILPOINT", armed)
                .variable("CARAFE_DAEMON", "no")
                .execute()
                .failed(1, "killed");
    }

    // Pushes

    private static final String BEGIN = "POST /v2/[^/]+/blobs/uploads/.*";
    private static final String SEND = "(PATCH|PUT) /v2/[^/]+/blobs/uploads/.*";
    private static final String NAME = "PUT /v2/[^/]+/manifests/.*";

    private Stream<Passing> whatPassesWhilePushing() {
        return Stream.of(
                new Passing(
                        "errors when an upload begins",
                        it -> it.on(BEGIN, 1, Fault.status("503 Service Unavailable"))
                                .on(BEGIN, 1, Fault.status("500 Internal Server Error"))),
                new Passing("errors while it goes on", it -> it.on(SEND, 2, Fault.status("502 Bad Gateway"))),
                new Passing("nobody who takes it", it -> it.on(SEND, 1, Fault.hangsUp())),
                new Passing("an answer to it that is lost", it -> it.on(SEND, 1, FaultProxy.Asked::answer)),
                new Passing("no HTTP", it -> it.on(SEND, 1, Fault.garbage())),
                new Passing(
                        "a pause that is asked for",
                        it -> it.on(NAME, 1, Fault.status("429 Too Many Requests", "Retry-After: 1"))),
                new Passing("an answer to the manifest that is lost", it -> it.on(NAME, 1, FaultProxy.Asked::answer)),
                new Passing("connections that end between requests", it -> it.keepConnections(false)));
    }

    private int pushes;

    /** An image whose name is of no registry, so that there is nothing there that would only have to be mounted. */
    private String loaded(Installation carafe) {
        carafe.execute("image", "load", "--name=mine", "--progress=none", layout.toString())
                .succeeded();
        return "pushed" + ++pushes;
    }

    private void mustBeThere(String path) {
        assertThat(Commands.succeed(
                        "skopeo inspect --tls-verify=false --format '{{.Digest}}' \"docker://$0\"",
                        registry.name(path)))
                .isEqualTo(digest + "\n");
        Commands.succeed(
                "d=$(mktemp -d) && skopeo copy -q --src-tls-verify=false \"docker://$0\" \"dir:$d\" && rm -r \"$d\"",
                registry.name(path));
    }

    @ParameterizedTest
    @MethodSource("whatPassesWhilePushing")
    void aPushOutlivesWhatPasses(Passing passing, Installation carafe) {
        String path = loaded(carafe);
        passing.happens().accept(proxy);
        carafe.execute("push", "--progress=none", "mine", proxy.name(path)).succeeded();
        mustBeThere(path);
    }

    private Stream<Lasting> whatStaysWrongWithAPush() {
        return Stream.of(
                new Lasting("no room there", it -> it.on(SEND, ALWAYS, Fault.status("413 Payload Too Large")), "413"),
                new Lasting("no right to", it -> it.on(BEGIN, ALWAYS, Fault.status("403 Forbidden")), "403"),
                new Lasting(
                        "an hour to wait",
                        it -> it.on(NAME, ALWAYS, Fault.status("429 Too Many Requests", "Retry-After: 3600")),
                        "429"),
                new Lasting(
                        "blobs that were taken and are not there",
                        it -> it.on("HEAD /v2/pushed[0-9]+/blobs/.*", ALWAYS, Fault.pretends("200 OK")),
                        "MANIFEST_BLOB_UNKNOWN"),
                new Lasting(
                        "a place for them in a circle",
                        it -> it.on(
                                SEND,
                                ALWAYS,
                                asked -> Fault.redirect(asked.request().first().split(" ", -1)[1])
                                        .happen(asked)),
                        "more than 10 times"));
    }

    @ParameterizedTest
    @MethodSource("whatStaysWrongWithAPush")
    void whatStaysWrongWithAPushIsSaidInALine(Lasting lasting, Installation carafe) {
        String path = loaded(carafe);
        lasting.happens().accept(proxy);
        carafe.execute("push", "--progress=none", "mine", proxy.name(path))
                .failed(1, lasting.words().toArray(String[]::new));
        proxy.behave();
        carafe.execute("push", "--progress=none", "mine", proxy.name(path)).succeeded();
        mustBeThere(path);
    }
}
