package dev.carafe.linux.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** D-Bus' wire form, held to the bytes that another implementation, Python's jeepney, gives the same messages. */
class BusMessageTest {

    private static final String MANAGER = "org.freedesktop.systemd1.Manager";

    private static String call(
            long serial, String path, String name, String member, String destination, BusValue... body) {
        return HexFormat.of()
                .formatHex(BusMessage.encode(
                        BusMessage.METHOD_CALL,
                        serial,
                        List.of(
                                BusMessage.field(BusMessage.PATH, new BusValue.Text('o', path)),
                                BusMessage.field(BusMessage.INTERFACE, BusValue.text(name)),
                                BusMessage.field(BusMessage.MEMBER, BusValue.text(member)),
                                BusMessage.field(BusMessage.DESTINATION, BusValue.text(destination))),
                        List.of(body)));
    }

    private static String systemd(long serial, String member, BusValue... body) {
        return call(serial, "/org/freedesktop/systemd1", MANAGER, member, "org.freedesktop.systemd1", body);
    }

    private static BusValue property(String name, BusValue value) {
        return new UnitProperty(name, value).toStructure();
    }

    @Test
    void a_call_without_arguments() {
        String bus = "org.freedesktop.DBus";
        assertThat(call(1, "/org/freedesktop/DBus", bus, "Hello", bus)).isEqualTo(HELLO);
    }

    @Test
    void a_unit_with_properties_of_every_type_that_they_have() {
        List<BusValue> devices = List.of(
                BusValue.structure(BusValue.text("/dev/char/1:3"), BusValue.text("rwm")),
                BusValue.structure(BusValue.text("char-*"), BusValue.text("m")));
        BusValue properties = new BusValue.Sequence(
                "(sv)",
                List.of(
                        property("Description", BusValue.text("carafe container x")),
                        property("Delegate", BusValue.flag(true)),
                        property("PIDs", BusValue.numbers(4711)),
                        property("MemoryMax", BusValue.number(67108864)),
                        property("TasksMax", BusValue.number(-1)),
                        property("AllowedCPUs", BusValue.bytes(new byte[] {(byte) 0x87})),
                        property("DeviceAllow", new BusValue.Sequence("(ss)", List.of())),
                        property("DeviceAllow", new BusValue.Sequence("(ss)", devices)),
                        property("DevicePolicy", BusValue.text("strict"))));
        assertThat(systemd(
                        3,
                        "StartTransientUnit",
                        BusValue.text("carafe-x.scope"),
                        BusValue.text("replace"),
                        properties,
                        new BusValue.Sequence("(sa(sv))", List.of())))
                .isEqualTo(START);
    }

    @Test
    void a_change_of_a_property() {
        BusValue properties = new BusValue.Sequence("(sv)", List.of(property("TasksMax", BusValue.number(5))));
        assertThat(systemd(9, "SetUnitProperties", BusValue.text("carafe-x.scope"), BusValue.flag(true), properties))
                .isEqualTo(SET);
    }

    @Test
    void a_serial_number_of_more_than_a_byte() {
        assertThat(systemd(
                        300,
                        "AttachProcessesToUnit",
                        BusValue.text("carafe-x.scope"),
                        BusValue.text("/"),
                        BusValue.numbers(5)))
                .isEqualTo(ATTACH);
    }

    private static List<BusValue> oddValues() {
        return List.of(
                new BusValue.Whole('y', 7),
                new BusValue.Whole('n', -2),
                new BusValue.Whole('q', 65535),
                new BusValue.Whole('i', -5),
                new BusValue.Whole('x', -6),
                new BusValue.Real(2.5),
                new BusValue.Text('g', "a(sv)"),
                new BusValue.Text('o', "/a/b"),
                new BusValue.Variant(BusValue.structure(new BusValue.Whole('y', 9), BusValue.text("\u00fc"))));
    }

    @Test
    void values_that_begin_at_odd_places() {
        assertThat(systemd(70000, "Odd", oddValues().toArray(BusValue[]::new))).isEqualTo(ODD);
    }

    @Test
    void what_was_written_is_read_again() {
        BusMessage odd = BusMessage.parse(HexFormat.of().parseHex(ODD));
        assertThat(odd.serial()).isEqualTo(70000);
        assertThat(odd.text(BusMessage.MEMBER)).isEqualTo("Odd");
        assertThat(odd.text(BusMessage.SIGNATURE)).isEqualTo("ynqixdgov");
        assertThat(odd.body()).isEqualTo(oddValues());
        BusMessage start = BusMessage.parse(HexFormat.of().parseHex(START));
        assertThat(BusValue.signatureOf(start.body())).isEqualTo("ssa(sv)a(sa(sv))");
        BusWriter writer = new BusWriter();
        writer.write(start.body());
        assertThat(writer.toBytes())
                .isEqualTo(Arrays.copyOfRange(start.whole(), start.bodyStart(), start.whole().length));
    }

    @Test
    void a_message_tells_its_length() {
        for (String message : List.of(HELLO, START, SET, ATTACH, ODD)) {
            byte[] bytes = HexFormat.of().parseHex(message);
            assertThat(BusMessage.length(bytes)).isEqualTo(bytes.length);
        }
    }

    @Test
    void a_message_that_was_garbled_is_refused_and_nothing_else_happens() {
        Random random = new Random(20260101);
        List<byte[]> messages = new ArrayList<>();
        for (String message : List.of(HELLO, START, SET, ODD)) {
            messages.add(HexFormat.of().parseHex(message));
        }
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] garbled = messages.get(random.nextInt(messages.size())).clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                garbled[random.nextInt(garbled.length)] = (byte) random.nextInt(256);
            }
            try {
                BusMessage.parse(Arrays.copyOf(garbled, BusMessage.length(garbled)))
                        .body();
            } catch (SystemdException expected) {
                refused++;
            }
        }
        assertThat(refused).isBetween(2_000, 19_000);
    }

    @Test
    void a_length_that_nobody_would_send_is_refused() {
        byte[] start = Arrays.copyOf(HexFormat.of().parseHex(HELLO), BusMessage.START);
        start[7] = 0x7f;
        assertThatThrownBy(() -> BusMessage.length(start)).isInstanceOf(SystemdException.class);
        byte[] text = "HTTP/1.1 400 Bad".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> BusMessage.length(text)).isInstanceOf(SystemdException.class);
    }

    private static final String HELLO =
            "6c01000100000000010000006d00000001016f00150000002f6f72672f667265656465736b746f702f44427573000000"
                    + "02017300140000006f72672e667265656465736b746f702e4442757300000000030173000500000048656c6c6f000000"
                    + "06017300140000006f72672e667265656465736b746f702e4442757300000000";

    private static final String START =
            "6c0100018001000003000000b600000001016f00190000002f6f72672f667265656465736b746f702f73797374656d64"
                    + "310000000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e61676572"
                    + "0000000000000000030173001200000053746172745472616e7369656e74556e69740000000000000601730018000000"
                    + "6f72672e667265656465736b746f702e73797374656d6431000000000000000008016700107373612873762961287361"
                    + "28737629290000000e0000006361726166652d782e73636f70650000070000007265706c616365004f01000000000000"
                    + "0b0000004465736372697074696f6e00017300001200000063617261666520636f6e7461696e65722078000000000000"
                    + "0800000044656c6567617465000162000100000000000000040000005049447300026175000000000400000067120000"
                    + "090000004d656d6f72794d617800017400000000000000000000000400000000080000005461736b734d617800017400"
                    + "ffffffffffffffff0b000000416c6c6f7765644350557300026179000100000087000000000000000b00000044657669"
                    + "6365416c6c6f7700056128737329000000000000000000000b000000446576696365416c6c6f77000561287373290000"
                    + "32000000000000000d0000002f6465762f636861722f313a330000000300000072776d00000000000600000063686172"
                    + "2d2a0000010000006d000000000000000c000000446576696365506f6c69637900017300060000007374726963740000"
                    + "0000000000000000";

    private static final String SET =
            "6c0100013800000009000000ad00000001016f00190000002f6f72672f667265656465736b746f702f73797374656d64"
                    + "310000000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e61676572"
                    + "00000000000000000301730011000000536574556e697450726f70657274696573000000000000000601730018000000"
                    + "6f72672e667265656465736b746f702e73797374656d6431000000000000000008016700077362612873762900000000"
                    + "0e0000006361726166652d782e73636f70650000010000001800000000000000080000005461736b734d617800017400"
                    + "0500000000000000";

    private static final String ATTACH =
            "6c010001240000002c010000aa00000001016f00190000002f6f72672f667265656465736b746f702f73797374656d64"
                    + "310000000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e61676572"
                    + "0000000000000000030173001500000041747461636850726f636573736573546f556e69740000000601730018000000"
                    + "6f72672e667265656465736b746f702e73797374656d6431000000000000000008016700047373617500000000000000"
                    + "0e0000006361726166652d782e73636f70650000010000002f0000000400000005000000";

    private static final String ODD =
            "6c01000143000000701101009f00000001016f00190000002f6f72672f667265656465736b746f702f73797374656d64"
                    + "310000000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e61676572"
                    + "000000000000000003017300030000004f6464000000000006017300180000006f72672e667265656465736b746f702e"
                    + "73797374656d643100000000000000000801670009796e71697864676f7600000700feffffff0000fbffffff00000000"
                    + "faffffffffffffff00000000000004400561287376290000040000002f612f6200042879732900000900000002000000"
                    + "c3bc00";
}
