package dev.carafe.runtime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What CRIU says, or keeps in an image, out of the wire form of protocol buffers.
 *
 * @param numbers the fields that are numbers, by number; of repeated ones the last
 * @param contents the fields that are texts or messages
 */
record CriuAnswer(Map<Integer, Long> numbers, Map<Integer, byte[]> contents) {

    static CriuAnswer parse(byte[] bytes) {
        Reader reader = new Reader(bytes);
        Map<Integer, Long> numbers = new HashMap<>();
        Map<Integer, byte[]> contents = new HashMap<>();
        while (reader.at < bytes.length) {
            long key = reader.variable();
            int field = (int) (key >>> 3);
            switch ((int) (key & 7)) {
                case 0 -> numbers.put(field, reader.variable());
                case 1 -> reader.skip(8);
                case 2 -> contents.put(field, reader.content());
                case 5 -> reader.skip(4);
                default -> throw garbled();
            }
        }
        return new CriuAnswer(Map.copyOf(numbers), Map.copyOf(contents));
    }

    private static RuntimeFailure garbled() {
        return new RuntimeFailure("criu said what makes no sense");
    }

    int type() {
        return (int) number(CriuRpc.ResponseField.TYPE);
    }

    boolean success() {
        return number(CriuRpc.ResponseField.SUCCESS) != 0;
    }

    int errno() {
        return (int) number(CriuRpc.ResponseField.ERRNO);
    }

    /** Of a notice: how far it has come. */
    String script() {
        return message(CriuRpc.ResponseField.NOTIFY).text(CriuRpc.NOTIFY_SCRIPT);
    }

    /** Of a notice: the number of the tree's first process, where there is one. */
    int pid() {
        return (int) message(CriuRpc.ResponseField.NOTIFY).number(CriuRpc.NOTIFY_PID);
    }

    /** Of what answers a restore: the number of the process that was restored. */
    int restored() {
        return (int) message(CriuRpc.ResponseField.RESTORE).number(CriuRpc.RESTORED_PID);
    }

    /** A field that is a number, 0 if it is not there. */
    long number(int field) {
        return numbers.getOrDefault(field, 0L);
    }

    private String text(int field) {
        return new String(contents.getOrDefault(field, new byte[0]), StandardCharsets.UTF_8);
    }

    /** A field that is a message, an empty one if it is not there. */
    CriuAnswer message(int field) {
        return parse(contents.getOrDefault(field, new byte[0]));
    }

    private static final class Reader {

        private final byte[] bytes;
        private int at;

        private Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        private long variable() {
            long number = 0;
            for (int shift = 0; shift < Long.SIZE && at < bytes.length; shift += 7) {
                byte next = bytes[at++];
                number |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return number;
                }
            }
            throw garbled();
        }

        private byte[] content() {
            long length = variable();
            int start = at;
            skip(length);
            return Arrays.copyOfRange(bytes, start, at);
        }

        private void skip(long length) {
            if (length < 0 || length > bytes.length - at) {
                throw garbled();
            }
            at += (int) length;
        }
    }
}
