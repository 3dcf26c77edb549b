package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.Terminals;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * A connection to an instance's monitor, by which its output is read and its input written. Closing it leaves the instance
 * as it is, unless its input ends with it.
 *
 * <p>One thread may read while others write. Whoever wants output has to read it: the monitor drops a connection that takes
 * nothing for some seconds, and {@link #write} waits for word that comes between the output.
 */
public final class Attachment implements AutoCloseable {

    private final Kernel kernel;
    private final Fd socket;
    /** The permit to send input: the monitor takes one piece after the other. */
    private final Semaphore taken = new Semaphore(1, true);

    private Attachment(Kernel kernel, Fd socket) {
        this.kernel = kernel;
        this.socket = socket;
    }

    /** What comes from an instance. */
    public sealed interface Event {

        /** From here on comes what the instance writes. {@code terminal}: its streams are one. */
        record Begun(boolean terminal) implements Event {}

        /** It has written this; to its terminal, if it has one. */
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Output(byte[] bytes) implements Event {}

        /** It has written this to its error output. */
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record ErrorOutput(byte[] bytes) implements Event {}

        /** Its first process has ended, and nothing is left to do. {@code waitStatus} is as {@code waitpid(2)} has it. */
        record Ended(int waitStatus) implements Event {}

        /** Too much output was not read for too long. The instance runs on, and its log has everything. */
        record Dropped() implements Event {}

        /** The monitor is gone without a word: it was killed, or had ended before it took the connection on. */
        record Lost() implements Event {}
    }

    /**
     * Attaches by a connection to a monitor, which is closed with this.
     *
     * @param input whether input may be written: one whose input is to end with that of its first client then ends with
     *     this attachment
     * @param output whether output is wanted
     * @param error whether error output is; with neither, {@link #read} waits for the end
     */
    public static Attachment begin(Kernel kernel, Fd connection, boolean input, boolean output, boolean error) {
        Attachment attachment = new Attachment(kernel, connection);
        attachment.send(Packet.of(Packet.Type.BEGIN, Packet.wanted(input, output, error), 0));
        return attachment;
    }

    /** Waits for what comes next. */
    public Event read() {
        while (true) {
            Packet packet;
            try (Sockets.Message received = kernel.sockets().receiveMessage(socket, Packet.MOST_BYTES, 0)) {
                if (received.isEnd()) {
                    answerNobody();
                    return new Event.Lost();
                }
                packet = Packet.parse(received.payload());
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ECONNRESET) {
                    continue; // what it has said before is there still
                }
                throw exception;
            }
            if (packet.is(Packet.Type.TAKEN)) {
                taken.release();
            } else if (packet.is(Packet.Type.BEGUN)) {
                return new Event.Begun((packet.a() & Packet.BEGUN_TERMINAL) != 0);
            } else if (packet.is(Packet.Type.OUTPUT)) {
                return new Event.Output(packet.content());
            } else if (packet.is(Packet.Type.ERROR)) {
                return new Event.ErrorOutput(packet.content());
            } else if (packet.is(Packet.Type.ENDED)) {
                answerNobody();
                return new Event.Ended(packet.a());
            } else if (packet.is(Packet.Type.DROPPED)) {
                answerNobody();
                return new Event.Dropped();
            }
        }
    }

    /** Whoever writes is not to wait for who is gone. */
    private void answerNobody() {
        taken.drainPermits();
        taken.release(Integer.MAX_VALUE);
    }

    /**
     * Writes input. Returns when the instance has taken all but the last piece of it, so that somebody has to {@link
     * #read} meanwhile. What an instance does not want, or that has ended, is thrown away.
     *
     * @throws InterruptedException if the thread is interrupted; part of it may have been written
     */
    public void write(byte[] bytes) throws InterruptedException {
        for (int at = 0; at < bytes.length; at += Packet.MOST_CONTENT) {
            taken.acquire();
            int end = Math.min(bytes.length, at + Packet.MOST_CONTENT);
            send(Packet.of(Packet.Type.INPUT, Arrays.copyOfRange(bytes, at, end)));
        }
    }

    /** There is no more input. Whether the instance's ends with it, it was asked when it was started. */
    public void endInput() {
        send(Packet.of(Packet.Type.INPUT_END));
    }

    /** Resizes the instance's terminal; without one it means nothing. */
    public void resize(Terminals.WindowSize size) {
        send(Packet.of(Packet.Type.SIZE, size.rows(), size.columns()));
    }

    /** Signals the instance's first process. */
    public void signal(Signal signal) {
        send(Packet.of(Packet.Type.SIGNAL, signal.number(), 0));
    }

    /** The connection, to wait on until there is something to {@link #read}. */
    public Fd socket() {
        return socket;
    }

    /** One that is gone is heard of in {@link #read}. */
    private void send(Packet packet) {
        try {
            kernel.sockets().sendMessage(socket, packet.toBytes(), List.of());
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EPIPE && exception.errno() != Errno.ECONNRESET) {
                throw exception;
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
