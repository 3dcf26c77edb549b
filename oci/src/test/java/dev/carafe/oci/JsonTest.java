package dev.carafe.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonTest {

    private static Json parse(String text) {
        return Json.parse("x.json", text.getBytes(UTF_8));
    }

    @Test
    void everyKindOfValueIsRead() {
        assertThat(parse(" {\"a\":[1,-0.5e+3,true,false,null,\"\"],\"\":{}}\n"))
                .isEqualTo(new JsonObject(Map.of(
                        "a",
                        new JsonArray(List.of(
                                new JsonNumber("1"),
                                new JsonNumber("-0.5e+3"),
                                new JsonBoolean(true),
                                new JsonBoolean(false),
                                JsonNull.NULL,
                                new JsonString(""))),
                        "",
                        new JsonObject(Map.of()))));
    }

    @Test
    void escapesAndUtf8AreDecoded() {
        assertThat(parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83E\\uDD89 é🦉\""))
                .isEqualTo(new JsonString("\"\\/\b\f\n\r\té🦉 é🦉"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``            | is empty",
                "`  `          | holds nothing but space",
                "{             | expected a key in double quotes, found the end of the text (line 1, column 2)",
                "{\"a\"        | a: expected \":\", found the end of the text (line 1, column 5)",
                "{\"a\":       | a: expected a value, found the end of the text (line 1, column 6)",
                "{\"a\":1      | a: expected \",\" or \"}\", found the end of the text (line 1, column 7)",
                "{\"a\":1,     | expected a key in double quotes, found the end of the text (line 1, column 8)",
                "{\"a\":[1,    | a[1]: expected a value, found the end of the text (line 1, column 9)",
                "{\"a\":\"b    | a: expected the string's closing quote, found the end of the text (line 1, column 8)",
                "{\"a\":1} {}  | expected the end of the text, found \"{\" (line 1, column 9)",
                "{\"a\":1}}    | expected the end of the text, found \"}\" (line 1, column 8)",
                "[1]]          | expected the end of the text, found \"]\" (line 1, column 4)",
                "[[]           | [0]: expected \",\" or \"]\", found the end of the text (line 1, column 4)",
                "[,1]          | [0]: expected a value, found \",\" (line 1, column 2)",
                "[1,]          | [1]: expected a value, found \"]\" (line 1, column 4)",
                "[1 2]         | [0]: expected \",\" or \"]\", found \"2\" (line 1, column 4)",
                "{,}           | expected a key in double quotes, found \",\" (line 1, column 2)",
                "{\"a\":1,}    | expected a key in double quotes, found \"}\" (line 1, column 8)",
                "{a:1}         | expected a key in double quotes, found \"a\" (line 1, column 2)",
                "{'a':1}       | expected a key in double quotes, found \"'\" (line 1, column 2)",
                "{\"a\" 1}     | a: expected \":\", found \"1\" (line 1, column 6)",
                "{\"a\"::1}    | a: expected a value, found \":\" (line 1, column 6)",
                "{\"a\":1 \"b\":2} | a: expected \",\" or \"}\", found \"\\\"\" (line 1, column 8)",
                "{\"a\":1,\"b\":{\"c\":2,\"c\":2}} | b.c: appears twice in one object (line 1, column 19)",
                "{\"a\":1,\"\\u0061\":2} | a: appears twice in one object (line 1, column 8)",
                "[01]          | [0]: a number does not begin with 0 (line 1, column 3)",
                "[-01]         | [0]: a number does not begin with 0 (line 1, column 4)",
                "[1.]          | [0]: expected a digit, found \"]\" (line 1, column 4)",
                "[.5]          | [0]: expected a value, found \".\" (line 1, column 2)",
                "[+1]          | [0]: expected a value, found \"+\" (line 1, column 2)",
                "[-]           | [0]: expected a digit, found \"]\" (line 1, column 3)",
                "[--1]         | [0]: expected a digit, found \"-\" (line 1, column 3)",
                "[1e]          | [0]: expected a digit, found \"]\" (line 1, column 4)",
                "[1-2]         | [0]: expected \",\" or \"]\", found \"-\" (line 1, column 3)",
                "[0x10]        | [0]: expected \",\" or \"]\", found \"x\" (line 1, column 3)",
                "[NaN]         | [0]: expected a value, found \"N\" (line 1, column 2)",
                "[Infinity]    | [0]: expected a value, found \"I\" (line 1, column 2)",
                "[tru]         | [0]: expected a value; is true meant? (line 1, column 2)",
                "[truex]       | [0]: expected \",\" or \"]\", found \"x\" (line 1, column 6)",
                "[nil]         | [0]: expected a value; is null meant? (line 1, column 2)",
                "[\"\\x\"]     | [0]: no such escape in a string (line 1, column 3)",
                "[\"\\         | [0]: no such escape in a string (line 1, column 3)",
                "[\"\\u12\"]   | [0]: expected four hexadecimal digits after \\u (line 1, column 3)",
                "[\"\\u-123\"] | [0]: expected four hexadecimal digits after \\u (line 1, column 3)",
                "[\"\\ud800\"] | [0]: a lone surrogate in a string is no character (line 1, column 3)",
                "[\"\\udc00x\"] | [0]: a lone surrogate in a string is no character (line 1, column 3)",
                "[\"\\ud800\\ud800\"] | [0]: a lone surrogate in a string is no character (line 1, column 3)",
                "[\"\\ud800\\u00e9\"] | [0]: a lone surrogate in a string is no character (line 1, column 3)",
                "/**/[1]       | expected a value, found \"/\" (line 1, column 1)",
                "[1] // one    | expected the end of the text, found \"/\" (line 1, column 5)",
            })
    void whatIsNotJsonIsRefused(String text, String problem) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage("x.json: " + problem);
    }

    @ParameterizedTest
    @CsvSource({
        "5b 22 0a 22 5d, a control character in a string must be escaped, 0a",
        "5b 22 09 22 5d, a control character in a string must be escaped, 09",
        "5b 22 00 22 5d, a control character in a string must be escaped, 00",
        "5b 22 ff 22 5d, is not UTF-8, ff",
        "5b 22 80 22 5d, is not UTF-8, 80",
        "5b 22 c3 22 5d, is not UTF-8, c3",
        "5b 22 c3, is not UTF-8, c3",
        "5b 22 c0 80 22 5d, is not UTF-8, c0",
        "5b 22 c1 bf 22 5d, is not UTF-8, c1",
        "5b 22 e0 80 80 22 5d, is not UTF-8, e0",
        "5b 22 ed a0 80 22 5d, is not UTF-8, ed",
        "5b 22 f0 80 80 80 22 5d, is not UTF-8, f0",
        "5b 22 f4 90 80 80 22 5d, is not UTF-8, f4",
        "5b 22 f5 80 80 80 22 5d, is not UTF-8, f5",
    })
    void aStringHoldsUtf8WithoutControlCharacters(String hex, String problem, String found) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        assertThatThrownBy(() -> Json.parse("x.json", bytes))
                .hasMessage("x.json: [0]: " + problem + ", found the byte 0x" + found + " (line 1, column 3)");
    }

    @Test
    void aByteOrderMarkIsNoJson() {
        assertThatThrownBy(() -> parse("\ufeff{}"))
                .hasMessage("x.json: expected a value, found the byte 0xef (line 1, column 1)");
    }

    @Test
    void onlyTheFourKindsOfSpaceAreSpace() {
        assertThat(parse("\t\r\n [ ]")).isEqualTo(new JsonArray(List.of()));
        assertThatThrownBy(() -> parse("\f[]")).hasMessageContaining("the byte 0x0c");
        assertThatThrownBy(() -> parse("\u00a0[]")).hasMessageContaining("the byte 0xc2");
        assertThatThrownBy(() -> parse("\0[]")).hasMessageContaining("the byte 0x00");
    }

    @Test
    void anErrorKnowsItsLineAndItsColumnInCharacters() {
        assertThatThrownBy(() -> parse("{\n  \"a\": [\n    \"é🦉\" x\n"))
                .hasMessage("x.json: a[0]: expected \",\" or \"]\", found \"x\" (line 3, column 10)");
    }

    @Test
    void membersThatNobodyReadsAreCheckedAllTheSame() {
        assertThatThrownBy(() -> parse("{\"unknown\":{\"deep\":[0,\"\\q\"]}}"))
                .hasMessage("x.json: unknown.deep[1]: no such escape in a string (line 1, column 24)");
    }

    @Test
    void numbersKeepTheirSpelling() {
        for (String literal : List.of("1e400", "1.0", "-0", "0", "1E-999999999", "9".repeat(1_000_000))) {
            assertThat(parse("[" + literal + "]")).isEqualTo(new JsonArray(List.of(new JsonNumber(literal))));
        }
    }

    @Test
    void nestingIsBounded() {
        int most = Json.MAX_DEPTH;
        assertThat(parse("[".repeat(most) + "]".repeat(most))).isInstanceOf(JsonArray.class);
        assertThatThrownBy(() -> parse("[".repeat(most + 1) + "]".repeat(most + 1)))
                .hasMessage("x.json: " + "[0]".repeat(most) + ": is nested deeper than 64 levels (line 1, column 65)");
        assertThatThrownBy(() -> parse("{\"a\":".repeat(1_000_000))).hasMessageContaining("deeper than 64 levels");
        assertThatThrownBy(() -> parse("[".repeat(10_000_000))).hasMessageContaining("deeper than 64 levels");
    }

    @Test
    void theNumberOfValuesIsBounded() {
        String array = "[" + "0,".repeat(Json.MAX_VALUES - 2) + "0]";
        assertThat(parse(array)).isInstanceOf(JsonArray.class);
        assertThatThrownBy(() -> parse("[0," + array.substring(1)))
                .hasMessage("x.json: [262143]: the document holds more than 262144 values (line 1, column 524288)");
        assertThatThrownBy(() -> parse("{\"a\":[" + "{},".repeat(1_000_000) + "{}]}"))
                .hasMessageStartingWith("x.json: a[262141]: the document holds more than 262144 values");
    }

    @Test
    void theSizeIsBounded() {
        byte[] bytes = new byte[Json.MAX_BYTES + 1];
        Arrays.fill(bytes, (byte) ' ');
        bytes[0] = '0';
        assertThat(Json.parse("x.json", Arrays.copyOf(bytes, Json.MAX_BYTES))).isEqualTo(new JsonNumber("0"));
        assertThatThrownBy(() -> Json.parse("x.json", bytes))
                .hasMessage("x.json: is larger than 16777216 bytes (16 MiB), the most that is read");
    }

    @Test
    void anEndlessStreamIsReadNoFurtherThanTheBound() throws IOException {
        var endless = new InputStream() {
            private long taken;

            @Override
            public int read() {
                taken++;
                return ' ';
            }

            @Override
            public int read(byte[] into, int from, int length) {
                Arrays.fill(into, from, from + length, (byte) ' ');
                taken += length;
                return length;
            }
        };
        assertThatThrownBy(() -> Json.read("x.json", endless))
                .hasMessage("x.json: is larger than 16777216 bytes (16 MiB), the most that is read");
        assertThat(endless.taken).isEqualTo(Json.MAX_BYTES + 1L);
        assertThat(Json.read("x.json", new ByteArrayInputStream(new byte[] {'1'})))
                .isEqualTo(new JsonNumber("1"));
    }

    @Test
    void keysWithEqualHashesCostLittle() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 1 << 16; i++) {
            text.append('"');
            for (int bit = 0; bit < 16; bit++) {
                text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            text.append("\":0,");
        }
        long before = System.nanoTime();
        parse(text.append("\"\":0}").toString());
        assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
    }

    @Test
    void textIsQuotedShortlyOnOnePrintableLine() {
        assertThat(JsonPath.quoted("a\"b\\c\n\t\0\u001b[31m\u202e\u2028\u00adé"))
                .isEqualTo("\"a\\\"b\\\\c\\n\\t\\u0000\\u001b[31m\\u202e\\u2028\\u00adé\"");
        assertThat(JsonPath.quoted("x".repeat(1000))).isEqualTo("\"" + "x".repeat(80) + "…\"");
    }

    @Test
    void pathsQuoteWhatIsNotAPlainName() {
        assertThat(JsonPath.member("", "linux")).isEqualTo("linux");
        assertThat(JsonPath.member("linux", "cgroups-path_2")).isEqualTo("linux.cgroups-path_2");
        assertThat(JsonPath.member("annotations", "a.b")).isEqualTo("annotations[\"a.b\"]");
        assertThat(JsonPath.member("", "")).isEqualTo("[\"\"]");
        assertThat(JsonPath.join(JsonPath.element("mounts", 3), "options[1]")).isEqualTo("mounts[3].options[1]");
    }

    @Test
    void valuesAreWrittenOnOneLineOrMany() {
        Json value = parse("{\"a\":[],\"b\":{},\"c\":[1,{\"d\":\"\\u0001\\\"\\\\/é\"}],\"e\":null}");
        assertThat(value.compact()).isEqualTo("{\"a\":[],\"b\":{},\"c\":[1,{\"d\":\"\\u0001\\\"\\\\/é\"}],\"e\":null}");
        assertThat(value.indented()).isEqualTo("""
                        {
                        \t"a": [],
                        \t"b": {},
                        \t"c": [
                        \t\t1,
                        \t\t{
                        \t\t\t"d": "\\u0001\\"\\\\/é"
                        \t\t}
                        \t],
                        \t"e": null
                        }""");
    }

    @Test
    void membersWithNothingInThemCanBeOmitted() {
        String text = new JsonWriter("")
                .object()
                .object("a")
                .array("b")
                .endOrOmit()
                .object("c")
                .endOrOmit()
                .endOrOmit()
                .put("d", 1)
                .object("e")
                .put("f", true)
                .object("g")
                .endOrOmit()
                .endOrOmit()
                .array("h")
                .endOrOmit()
                .end()
                .text();
        assertThat(text).isEqualTo("{\"d\":1,\"e\":{\"f\":true}}");
    }
}
