package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.JsonEdit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple2;

final class ConfigPropertyTest {

    private static final Json EVERY_KEY = EveryKey.json();

    private final ConfigReader reader = new ConfigReader();

    private Config read(String text) {
        return reader.config(text.getBytes(UTF_8));
    }

    @Property(tries = 2000, seed = "20260101")
    void aConfigWithOneChangeIsReadOrRefusedOnOneLineThatNamesTheKey(
            @ForAll("places") JsonEdit place, @ForAll("values") Json value) {
        try {
            read(place.set(EVERY_KEY, value).compact());
        } catch (InvalidDocumentException e) {
            assertThat(e).hasMessage("config.json: " + e.key() + ": " + e.problem());
            assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
            assertThat(e.key()).isNotEmpty();
            Json before = place.get(EVERY_KEY);
            if (value.getClass() != before.getClass() && value != JsonNull.NULL) {
                assertThat(e.key()).isEqualTo(place.path());
                assertThat(e.problem()).startsWith("expected ").contains(", found ");
            }
        }
    }

    @Property(tries = 300, seed = "20260101")
    void aConfigWithManyChangesIsReadOrRefusedOnOneLine(@ForAll("changes") List<Tuple2<JsonEdit, Json>> changes) {
        Json config = EVERY_KEY;
        for (Tuple2<JsonEdit, Json> change : changes) {
            if (change.get1().find(config).isPresent()) {
                config = change.get1().set(config, change.get2());
            }
        }
        try {
            assertReadsBack(read(config.compact()));
        } catch (InvalidDocumentException e) {
            assertThat(e).hasMessageStartingWith("config.json: ").hasMessageNotContaining("\n");
        }
    }

    @Property(tries = 300, seed = "20260101")
    void whatIsWrittenIsReadBackEqual(@ForAll("removals") List<JsonEdit> removals) {
        Json config = EVERY_KEY;
        for (JsonEdit removal : removals) {
            Json without = removal.find(config).isPresent() ? removal.remove(config) : config;
            config = isRead(without) ? without : config;
        }
        assertReadsBack(read(config.compact()));
    }

    @Property(tries = 2000, seed = "20260101")
    void aTruncatedConfigIsRefused(@ForAll("prefixes") byte[] prefix) {
        try {
            reader.config(prefix);
            throw new AssertionError("read half a config.json");
        } catch (InvalidDocumentException e) {
            assertThat(e).hasMessageStartingWith("config.json: ").hasMessageNotContaining("\n");
        }
    }

    private void assertReadsBack(Config config) {
        assertThat(read(ConfigWriter.text(config))).isEqualTo(config);
    }

    private boolean isRead(Json config) {
        try {
            read(config.compact());
            return true;
        } catch (InvalidDocumentException _) {
            return false;
        }
    }

    @Provide
    static Arbitrary<JsonEdit> places() {
        return Arbitraries.of(JsonEdit.everywhere(EVERY_KEY));
    }

    @Provide
    static Arbitrary<List<JsonEdit>> removals() {
        return places().list().ofMinSize(1).ofMaxSize(12);
    }

    @Provide
    static Arbitrary<List<Tuple2<JsonEdit, Json>>> changes() {
        return Combinators.combine(places(), values())
                .as((place, value) -> Tuple.of(place, value))
                .list()
                .ofMinSize(2)
                .ofMaxSize(6);
    }

    @Provide
    static Arbitrary<byte[]> prefixes() {
        byte[] whole = EVERY_KEY.indented().getBytes(UTF_8);
        return Arbitraries.integers().between(0, whole.length - 1).map(length -> Arrays.copyOf(whole, length));
    }

    @Provide
    static Arbitrary<Json> values() {
        Arbitrary<String> words = Arbitraries.of(
                "",
                "/",
                "/a",
                "a",
                "..",
                "../a",
                "/a\0b",
                "\n",
                "0",
                "-1",
                "0-3",
                "a=b",
                "CAP_FOO",
                "CAP_KILL",
                "user",
                "time",
                "SCMP_ACT_NOTIFY",
                "RLIMIT_NOFILE",
                "2MB",
                "rwm",
                "net.x",
                "\u202e",
                "x".repeat(5000));
        Arbitrary<String> numbers = Arbitraries.of(
                "0",
                "-0",
                "-1",
                "1",
                "8",
                "512",
                "65536",
                "4294967295",
                "4294967296",
                "9223372036854775807",
                "9223372036854775808",
                "18446744073709551615",
                "18446744073709551616",
                "-9223372036854775809",
                "1.0",
                "1e400",
                "0.5",
                "9".repeat(5000));
        return Arbitraries.oneOf(
                words.map(JsonString::new),
                Arbitraries.strings().ofMaxLength(10).map(text -> new JsonString(text.replaceAll("\\p{Cs}", ""))),
                numbers.map(JsonNumber::new),
                Arbitraries.longs().map(JsonNumber::of),
                Arbitraries.of(true, false).map(JsonBoolean::new),
                Arbitraries.of(
                        JsonNull.NULL,
                        new JsonArray(List.of()),
                        new JsonObject(Map.of()),
                        new JsonArray(List.of(JsonNull.NULL)),
                        new JsonObject(Map.of("\"\n", JsonNull.NULL)),
                        new JsonArray(List.of(new JsonObject(Map.of())))),
                Arbitraries.of(JsonEdit.everywhere(EVERY_KEY)).map(place -> place.get(EVERY_KEY)));
    }
}
