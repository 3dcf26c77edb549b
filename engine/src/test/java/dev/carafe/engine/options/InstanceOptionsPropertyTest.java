package dev.carafe.engine.options;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.engine.options.BlockIoLimits.DeviceRate;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Propagation;
import dev.carafe.oci.runtime.Rlimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever can be asked for is read back as it was written; whatever else is read is refused on one line. */
final class InstanceOptionsPropertyTest {

    @Property(tries = 1000, seed = "20260101")
    void whatIsWrittenIsReadBackEqual(@ForAll("options") InstanceOptions options) {
        String json = options.toJson();
        InstanceOptions read = InstanceOptions.parse("instance.json", json.getBytes(UTF_8));
        assertThat(read).isEqualTo(options);
        assertThat(read.toJson()).isEqualTo(json);
    }

    @Property(tries = 1000, seed = "20260101")
    void whatIsDamagedIsReadOrRefusedOnOneLine(
            @ForAll("options") InstanceOptions options, @ForAll int place, @ForAll byte change) {
        byte[] json = options.toJson().getBytes(UTF_8);
        json[Math.floorMod(place, json.length)] = change;
        try {
            InstanceOptions.parse("instance.json", json);
        } catch (InvalidDocumentException refused) {
            assertThat(refused).hasMessageStartingWith("instance.json: ").hasMessageNotContaining("\n");
        }
    }

    @Provide
    static Arbitrary<InstanceOptions> options() {
        return Arbitraries.longs().map(seed -> new Maker(new Random(seed)).options());
    }

    /** Makes options at random, of which each part is asked for or not. */
    private record Maker(Random random) {

        private boolean coin() {
            return random.nextBoolean();
        }

        private <T> Optional<T> perhaps(Supplier<T> maker) {
            return coin() ? Optional.of(maker.get()) : Optional.empty();
        }

        private OptionalLong number(long least, long most) {
            return coin() ? OptionalLong.of(exact(least, most)) : OptionalLong.empty();
        }

        private long exact(long least, long most) {
            return coin() ? least + random.nextInt(100) : most;
        }

        private <T> List<T> some(Supplier<T> maker) {
            List<T> list = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                list.add(maker.get());
            }
            return list;
        }

        private <T> T one(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        private String text() {
            return one(List.of("x", "two words", "ünï\"cöde\\", "a=b", "\n\t", "\u202e", "-"))
                    + (coin() ? "" : random.nextInt(1000));
        }

        private String word() {
            return "w" + random.nextInt(1000);
        }

        private Map<String, String> pairs() {
            Map<String, String> pairs = new LinkedHashMap<>();
            some(this::text).forEach(name -> pairs.put(name, coin() ? "" : text()));
            return pairs;
        }

        private Duration time() {
            return Duration.ofMillis(1 + random.nextInt(100_000));
        }

        private <T> Set<T> subset(List<T> all) {
            Set<T> set = new LinkedHashSet<>();
            some(() -> one(all)).forEach(set::add);
            return set;
        }

        InstanceOptions options() {
            return new InstanceOptions(
                    program(),
                    identity(),
                    limits(),
                    security(),
                    devices(),
                    namespaces(),
                    storage(),
                    network(),
                    policies());
        }

        private Program program() {
            return new Program(
                    perhaps(() -> some(this::text)),
                    some(this::text),
                    some(() -> word() + (coin() ? "" : "=" + text())),
                    perhaps(() -> "/" + word()),
                    perhaps(this::word),
                    some(this::word),
                    coin(),
                    coin(),
                    coin());
        }

        private Identity identity() {
            return new Identity(perhaps(this::word), perhaps(this::word), pairs(), pairs());
        }

        private Limits limits() {
            OptionalLong limit = number(8L << 20, Long.MAX_VALUE);
            MemoryLimits memory = new MemoryLimits(
                    limit,
                    number(1, 1000),
                    limit.isPresent() && coin()
                            ? OptionalLong.of(coin() ? -1 : limit.getAsLong())
                            : OptionalLong.empty(),
                    number(0, 100),
                    limit.isPresent() && coin(),
                    number(-1000, 1000));
            boolean nanos = coin();
            CpuLimits cpu = new CpuLimits(
                    nanos ? OptionalLong.of(1_000_000_000) : OptionalLong.empty(),
                    number(2, 262_144),
                    nanos ? OptionalLong.empty() : number(1000, 1_000_000),
                    nanos ? OptionalLong.empty() : number(1000, -1),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    perhaps(() -> "0-3,7"),
                    perhaps(() -> "0"));
            Supplier<DeviceRate> rate = () -> new DeviceRate("/dev/" + word(), exact(10, 1000));
            BlockIoLimits blockIo =
                    new BlockIoLimits(number(10, 1000), some(rate), some(rate), some(rate), some(rate), some(rate));
            List<Rlimit> rlimits = new ArrayList<>();
            for (Rlimit.Resource resource : subset(List.of(Rlimit.Resource.values()))) {
                rlimits.add(new Rlimit(resource, random.nextInt(100), coin() ? -1 : 100));
            }
            return new Limits(memory, cpu, blockIo, number(1, -1), rlimits);
        }

        private Security security() {
            List<Capability> all = List.of(Capability.values());
            return new Security(
                    coin(),
                    coin(),
                    subset(all),
                    coin(),
                    subset(all),
                    coin(),
                    one(List.of(
                            SeccompChoice.Simple.DEFAULT,
                            SeccompChoice.Simple.UNCONFINED,
                            new SeccompChoice.Profile("{}"))),
                    perhaps(this::word),
                    perhaps(() -> some(() -> "/" + word())),
                    perhaps(() -> some(() -> "/" + word())));
        }

        private Set<DeviceRule.Access> access() {
            Set<DeviceRule.Access> access = subset(List.of(DeviceRule.Access.values()));
            return access.isEmpty() ? Set.of(DeviceRule.Access.READ) : access;
        }

        private Devices devices() {
            return new Devices(
                    some(() -> new Devices.Mapping("/dev/" + word(), "/dev/" + word(), access())),
                    some(() -> new DeviceRule(
                            coin(), one(List.of(DeviceRule.Type.values())), number(0, 9), number(0, 9), access())));
        }

        private Namespaces namespaces() {
            NamespaceMode own = NamespaceMode.Simple.PRIVATE;
            List<NamespaceMode> any = List.of(own, NamespaceMode.Simple.HOST, new NamespaceMode.OfInstance("web"));
            List<NamespaceMode> simple = List.of(own, NamespaceMode.Simple.HOST);
            boolean sysctls = coin();
            return new Namespaces(
                    one(any),
                    sysctls
                            ? own
                            : one(List.of(NamespaceMode.Simple.NONE, NamespaceMode.Simple.SHAREABLE, any.getLast())),
                    own, // as the instance may have a name of its own
                    one(simple),
                    one(simple),
                    sysctls ? Map.of("kernel.msgmax", text().replace("\n", "")) : Map.of());
        }

        private Storage storage() {
            List<InstanceMount> mounts = new ArrayList<>();
            some(() -> mount("/m" + mounts.size() + "/" + random.nextInt())).forEach(mounts::add);
            return new Storage(
                    coin(), number(1, Long.MAX_VALUE), mounts, some(() -> new Storage.VolumesFrom(word(), coin())));
        }

        private InstanceMount mount(String target) {
            return switch (random.nextInt(3)) {
                case 0 ->
                    new InstanceMount.Bind(
                            "/" + word(),
                            target,
                            coin(),
                            one(List.of(InstanceMount.Submounts.values())),
                            one(List.of(Propagation.RPRIVATE, Propagation.SHARED, Propagation.RSLAVE)),
                            coin());
                case 1 ->
                    new InstanceMount.Volume(
                            perhaps(this::word), target, coin(), coin(), perhaps(() -> word() + "/" + word()), pairs());
                default ->
                    new InstanceMount.Tmpfs(
                            target,
                            coin(),
                            number(1, Long.MAX_VALUE),
                            number(0, 07777),
                            coin(),
                            some(() -> one(List.of("noatime", "uid=5", "huge=never"))));
            };
        }

        private NetworkOptions network() {
            boolean own = coin();
            NetworkMode mode = own
                    ? one(List.of(
                            NetworkMode.DEFAULT,
                            new NetworkMode.Networks(List.of(
                                    NetworkAttachment.to("a"),
                                    new NetworkAttachment(
                                            "b",
                                            some(this::word),
                                            perhaps(() -> "10.0.0.7"),
                                            perhaps(() -> "fd00::7"),
                                            perhaps(() -> "92:d0:c6:0a:29:33"))))))
                    : NetworkMode.Simple.NONE;
            Supplier<Port> port = () -> {
                int first = random.nextInt(60_000);
                return new Port(
                        perhaps(() -> "127.0.0.1"),
                        first,
                        first == 0 ? 0 : first + random.nextInt(10),
                        1 + random.nextInt(65_535),
                        one(List.of(Port.Protocol.values())));
            };
            return new NetworkOptions(
                    mode,
                    own ? some(port) : List.of(),
                    own && coin(),
                    some(() -> new NetworkOptions.Exposed(1 + random.nextInt(65_535), Port.Protocol.UDP)),
                    some(() -> one(List.of("10.0.0.1", "fd00::1"))),
                    some(this::word),
                    some(this::word),
                    some(() -> new NetworkOptions.Host(word(), one(List.of("10.0.0.1", "host-gateway")))));
        }

        private Policies policies() {
            boolean remove = coin();
            return new Policies(
                    remove
                            ? RestartPolicy.NO
                            : RestartPolicy.parse(one(List.of("always", "on-failure:3", "on-failure"))),
                    perhaps(this::healthCheck),
                    perhaps(() -> one(List.of("SIGTERM", "15", "RTMIN+3"))),
                    perhaps(() -> Duration.ofSeconds(random.nextInt(100) - 1)),
                    one(List.of(
                            LogPolicy.DEFAULT,
                            LogPolicy.NONE,
                            new LogPolicy(LogPolicy.Kind.FILE, 5000, 2),
                            new LogPolicy(
                                    LogPolicy.Kind.JOURNALD,
                                    -1,
                                    1,
                                    new JournalOptions(perhaps(this::text), some(this::word), some(this::word))))),
                    remove,
                    one(List.of(PullPolicy.values())),
                    perhaps(() -> "linux/arm64/v8"));
        }

        private HealthCheck healthCheck() {
            return new HealthCheck(
                    one(List.of(List.of(), List.of("NONE"), List.of("CMD", text()), List.of("CMD-SHELL", text()))),
                    perhaps(this::time),
                    perhaps(this::time),
                    perhaps(this::time),
                    perhaps(this::time),
                    number(1, 9));
        }
    }
}
