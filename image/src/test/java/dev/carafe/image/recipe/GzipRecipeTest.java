package dev.carafe.image.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is compressed, however, and by whatever it is foreseen: it comes again, to the byte. */
class GzipRecipeTest {

    private static final List<Manner> MANNERS = Manner.all();
    private static final int[] FLUSHES = {Deflater.NO_FLUSH, Deflater.SYNC_FLUSH, Deflater.FULL_FLUSH};

    /**
     * One of the members.
     *
     * @param kind of content
     * @param part after how many bytes it is flushed
     */
    record Member(int seed, int length, int kind, int level, int strategy, int part, int flush) {

        byte[] content() {
            Random random = new Random(seed);
            byte[] content = new byte[length];
            switch (kind) {
                case 0 -> random.nextBytes(content);
                case 1 -> Arrays.fill(content, (byte) seed);
                default -> {
                    // Words that come again, near and far, and some noise.
                    for (int i = 0; i < length; i++) {
                        content[i] = (byte) (random.nextInt(kind) == 0 ? random.nextInt(256) : 'a' + random.nextInt(3));
                        if (i > 10 && random.nextInt(8) == 0) {
                            int from = random.nextInt(i);
                            int count = Math.min(Math.min(random.nextInt(300), i - from), length - i);
                            System.arraycopy(content, from, content, i, count);
                            i += count;
                        }
                    }
                }
            }
            return content;
        }

        byte[] packed() {
            byte[] content = content();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            // Flags for a name and a comment, a time, and a system.
            out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0x18, 1, 2, 3, 4, 2, 3, 'n', 0, 'c', 0});
            Deflater deflater = new Deflater(level, true);
            deflater.setStrategy(strategy);
            byte[] buffer = new byte[4096];
            for (int at = 0; at < content.length; at += part) {
                deflater.setInput(content, at, Math.min(part, content.length - at));
                int count;
                do {
                    count = deflater.deflate(buffer, 0, buffer.length, FLUSHES[level == 0 ? 1 : flush]);
                    out.write(buffer, 0, count);
                } while (count > 0 || !deflater.needsInput());
            }
            deflater.finish();
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            deflater.end();
            CRC32 sum = new CRC32();
            sum.update(content);
            out.writeBytes(GzipFrame.trailer(sum.getValue(), content.length));
            return out.toByteArray();
        }
    }

    @Provide
    static Arbitrary<Member> members() {
        return Combinators.combine(
                        Arbitraries.integers(),
                        Arbitraries.oneOf(
                                Arbitraries.integers().between(0, 300),
                                Arbitraries.integers().between(0, 900_000)),
                        Arbitraries.integers().between(0, 6),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.of(Deflater.DEFAULT_STRATEGY, Deflater.FILTERED, Deflater.HUFFMAN_ONLY),
                        Arbitraries.of(100_000, 3_000_000, 7_000, 64 << 10),
                        Arbitraries.integers().between(0, 2))
                .as(Member::new);
    }

    @Provide
    static Arbitrary<List<Member>> severalMembers() {
        return members().list().ofMinSize(1).ofMaxSize(3);
    }

    @Property(tries = 80)
    void whateverWasCompressedComesAgain(
            @ForAll("severalMembers") List<Member> members, @ForAll("manners") int manner, @ForAll("rests") String rest)
            throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        members.forEach(it -> packed.writeBytes(it.packed()));
        members.forEach(it -> content.writeBytes(it.content()));
        packed.writeBytes(rest.getBytes(StandardCharsets.ISO_8859_1));
        Written written = write(packed.toByteArray(), manner);
        assertThat(written.content).isEqualTo(content.toByteArray());
        assertThat(written.again()).isEqualTo(packed.toByteArray());
    }

    @Provide
    static Arbitrary<Integer> manners() {
        return Arbitraries.integers().between(0, MANNERS.size() - 1);
    }

    @Provide
    static Arbitrary<String> rests() {
        return Arbitraries.of("", "\0\0\0\0", "\u001f", "\u001f\u008b\u0009nonsense", "anything");
    }

    @Property(tries = 20)
    void whatTheJdkCompressesIsForeseen(@ForAll("seeds") int seed, @ForAll("levels") int level) throws IOException {
        byte[] packed = new Member(seed, 700_000, 4, level, Deflater.DEFAULT_STRATEGY, 1 << 20, 0).packed();
        Written written = write(packed, Trial.choose(new ByteArrayInputStream(packed), MANNERS));
        assertThat(written.again()).isEqualTo(packed);
        assertThat(written.size()).as("level " + level).isLessThan(packed.length / 200 + 100);
    }

    @Provide
    static Arbitrary<Integer> levels() {
        return Arbitraries.integers().between(1, 9);
    }

    @Provide
    static Arbitrary<Integer> seeds() {
        return Arbitraries.integers();
    }

    @Property(tries = 200)
    void damagedDataAreReadOrRefused(
            @ForAll("members") Member member, @ForAll("seeds") int seed, @ForAll("manners") int manner) {
        byte[] packed = new Member(
                        member.seed,
                        Math.min(member.length, 20_000),
                        member.kind,
                        member.level,
                        member.strategy,
                        5000,
                        member.flush)
                .packed();
        Random random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            packed[random.nextInt(packed.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
            assertThat(write(packed, manner).again()).isEqualTo(packed);
        } catch (IOException refused) {
            assertThat(refused).hasMessageNotContaining("Exception");
        }
    }

    @Example
    void theRangeCoderGivesBackWhatItTook() throws IOException {
        Random random = new Random(1);
        int[] numbers = random.ints(20_000, 0, Integer.MAX_VALUE - 1)
                .map(it -> it >>> random.nextInt(31))
                .toArray();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RangeEncoder encoder = new RangeEncoder(out);
        Odds odds = new Odds(512);
        for (int number : numbers) {
            encoder.number(odds, 0, number);
            encoder.bits(16, number & 0xffff);
            encoder.tree(odds, 100, 8, number & 0xff);
            encoder.bit(odds, 400, number % 100 == 0 ? 1 : 0);
        }
        encoder.finish();
        RangeDecoder decoder = new RangeDecoder(new ByteArrayInputStream(out.toByteArray()));
        Odds again = new Odds(512);
        for (int number : numbers) {
            assertThat(decoder.number(again, 0, 0)).isEqualTo(number);
            assertThat(decoder.bits(16, 0)).isEqualTo(number & 0xffff);
            assertThat(decoder.tree(again, 100, 8, 0)).isEqualTo(number & 0xff);
            assertThat(decoder.bit(again, 400, 0)).isEqualTo(number % 100 == 0 ? 1 : 0);
        }
    }

    @Example
    void whatIsCutShortIsRefused() {
        byte[] packed = new Member(1, 10_000, 3, 6, Deflater.DEFAULT_STRATEGY, 1 << 20, 0).packed();
        assertThatThrownBy(() -> write(Arrays.copyOf(packed, packed.length / 2), 0))
                .isInstanceOf(IOException.class);
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Written(int manner, byte[] content, byte[] tokens, byte[] frames) {

        int size() {
            return tokens.length + frames.length;
        }

        byte[] again() throws IOException {
            try (GzipSynthesis synthesis = new GzipSynthesis(
                    new ByteArrayInputStream(content),
                    MANNERS.get(manner),
                    new BufferedInputStream(new ByteArrayInputStream(tokens)),
                    new DataInputStream(new ByteArrayInputStream(frames)))) {
                return synthesis.readAllBytes();
            }
        }
    }

    private static Written write(byte[] packed, int manner) throws IOException {
        ByteArrayOutputStream tokens = new ByteArrayOutputStream();
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        byte[] content;
        try (BufferedOutputStream buffered = new BufferedOutputStream(tokens);
                GzipAnalysis analysis = new GzipAnalysis(
                        new ByteArrayInputStream(packed),
                        MANNERS.get(manner),
                        buffered,
                        new DataOutputStream(frames))) {
            content = analysis.readAllBytes();
        }
        return new Written(manner, content, tokens.toByteArray(), frames.toByteArray());
    }
}
