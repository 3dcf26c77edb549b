package dev.carafe.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * CVE-2021-43784: a text's length wrapped around at 64 KiB, and the rest of it was read as if the runtime had written it.
 * Here what is in an argument is never read as an operation.
 */
class PlanLengthTest {

    private static final int HEADER = 32;
    private static final int OPERATION_HEADER = 8;
    private static final int SETUID = 43;

    @Provide
    static Arbitrary<Operation> operations() {
        Arbitrary<Integer> lengths = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 64), around(1 << 16), around(1 << 17), around(1 << 20));
        return lengths.flatMap(length -> Arbitraries.of(
                new FileOperation.WriteTo(Slot.CWD, "file", becomeRoot(length)),
                new ProcessOperation.SetHostname("+".repeat(length)),
                new ControlOperation.Execve(List.of("program", "+".repeat(length)), List.of("A=", "+".repeat(length))),
                new ProcessOperation.Setgroups(groups(length), false)));
    }

    private static Arbitrary<Integer> around(int length) {
        return Arbitraries.integers().between(length - 40, length + 40);
    }

    /** Operations that make their process root's, one after the other. */
    private static byte[] becomeRoot(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 16 == 0 ? SETUID : i % 16 == 4 ? Long.BYTES : 0);
        }
        return bytes;
    }

    /** Likewise, as groups. */
    private static List<Integer> groups(int length) {
        ByteBuffer bytes = ByteBuffer.wrap(becomeRoot(length & -16)).order(ByteOrder.nativeOrder());
        List<Integer> groups = new ArrayList<>();
        while (bytes.hasRemaining()) {
            groups.add(bytes.getInt());
        }
        return groups;
    }

    /** The numbers of a plan's operations, as whoever executes it steps from one to the next. */
    private static List<Integer> codes(ByteBuffer plan) {
        List<Integer> codes = new ArrayList<>();
        for (int at = HEADER; at < plan.capacity(); at += OPERATION_HEADER + plan.getInt(at + 4)) {
            codes.add((int) plan.getShort(at));
        }
        return codes;
    }

    private static ByteBuffer bytes(List<Operation> operations) {
        Plan.Builder plan = new Plan.Builder();
        operations.forEach(operation -> plan.add(operation, "test"));
        byte[] bytes = plan.build().toBytes();
        PlanBytes.check(bytes);
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    @Property(tries = 200)
    void what_is_in_an_argument_is_never_read_as_an_operation(
            @ForAll("operations") Operation first, @ForAll("operations") Operation second) {
        List<Integer> alone = new ArrayList<>(codes(bytes(List.of(first))));
        alone.addAll(codes(bytes(List.of(second))));
        assertThat(alone).hasSize(2).doesNotContain(SETUID);
        assertThat(codes(bytes(List.of(first, second)))).isEqualTo(alone);
    }

    @Example
    void with_lengths_of_16_bits_it_would_be() {
        ByteBuffer plan = bytes(List.of(new FileOperation.WriteTo(Slot.CWD, "file", becomeRoot((1 << 16) + 16))));
        plan.putInt(HEADER + 4, plan.getInt(HEADER + 4) & 0xffff);
        assertThat(codes(plan)).hasSize(1 + (1 << 12)).contains(SETUID);
    }

    @Example
    void texts_keep_what_they_say() {
        String name = "n".repeat(100_000);
        ByteBuffer plan = bytes(List.of(new ProcessOperation.SetHostname(name)));
        int at = HEADER + OPERATION_HEADER;
        assertThat(plan.getLong(at)).isEqualTo(name.length() + 1);
        byte[] text = new byte[name.length()];
        plan.get(at + Long.BYTES, text);
        assertThat(new String(text, StandardCharsets.UTF_8)).isEqualTo(name);
    }
}
