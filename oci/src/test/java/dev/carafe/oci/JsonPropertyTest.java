package dev.carafe.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class JsonPropertyTest {

    @Property(tries = 300, seed = "20260101")
    void whatIsWrittenIsReadBack(@ForAll("values") Json value) {
        assertThat(Json.parse("x.json", value.compact().getBytes(UTF_8))).isEqualTo(value);
        assertThat(Json.parse("x.json", value.indented().getBytes(UTF_8))).isEqualTo(value);
    }

    @Property(tries = 2000, seed = "20260101")
    void anyBytesAreReadOrRefusedOnOneLine(@ForAll("texts") String text) {
        try {
            Json.parse("x.json", text.getBytes(UTF_8));
        } catch (InvalidDocumentException e) {
            assertThat(e).hasMessageStartingWith("x.json: ").hasMessageNotContaining("\n");
        }
    }

    @Provide
    static Arbitrary<Json> values() {
        return values(4);
    }

    private static Arbitrary<Json> values(int depth) {
        Arbitrary<String> text = Arbitraries.strings()
                .all()
                .ofMaxLength(20)
                .filter(s -> UTF_8.newEncoder().canEncode(s));
        Arbitrary<Json> leaves = Arbitraries.oneOf(
                text.map(JsonString::new),
                Arbitraries.longs().map(JsonNumber::of),
                Arbitraries.bigDecimals().map(number -> new JsonNumber(number.toString())),
                Arbitraries.of(true, false).map(JsonBoolean::new),
                Arbitraries.just(JsonNull.NULL));
        if (depth == 0) {
            return leaves;
        }
        Arbitrary<Json> inner = Arbitraries.lazy(() -> values(depth - 1));
        return Arbitraries.oneOf(
                leaves,
                inner.list().ofMaxSize(5).map(JsonArray::new),
                Arbitraries.maps(text, inner).ofMaxSize(5).map(JsonObject::new));
    }

    /** Text of the pieces that JSON is made of, in any order. */
    @Provide
    static Arbitrary<String> texts() {
        return Arbitraries.of(
                        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\", "\\u", "d83e", "0", "-", "1e9", ".", "true",
                        "null", " ", "\n", "é", "\0", "\ud800")
                .list()
                .ofMaxSize(30)
                .map(pieces -> String.join("", pieces));
    }
}
