package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A blob from somewhere in it to its end, in order and over as many requests as that takes. It has as many bytes as its
 * descriptor says, or fails; that they are the right ones is for its reader to see.
 */
final class BlobStream extends InputStream {

    private static final Pattern CONTENT_RANGE =
            Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/(?:([0-9]{1,18})|\\*)");

    /** Makes a request of it once, in the way that its place takes. */
    @FunctionalInterface
    interface Sending {
        Answer send(Call call) throws IOException;
    }

    private final Sending sending;
    private Attempts attempts;
    private final Attempts later;
    private final Call call;
    private final Descriptor blob;
    private long end;
    private boolean maybeWhole;
    private long position;
    private boolean takesRanges = true;
    private @Nullable InputStream body;
    private @Nullable ImageException failure;

    BlobStream(Sending sending, Attempts attempts, Call call, Descriptor blob, long offset) {
        this(sending, attempts, attempts, call, blob, offset);
    }

    /**
     * @param later what holds once it has begun
     * @param attempts what holds before
     */
    BlobStream(Sending sending, Attempts later, Attempts attempts, Call call, Descriptor blob, long offset) {
        this.later = later;
        this.sending = sending;
        this.attempts = attempts;
        this.call = call;
        this.blob = blob;
        this.position = offset;
        this.end = blob.size();
    }

    /**
     * Only up to somewhere before its end.
     *
     * @param orWhole whether it goes to its end after all if it does not come in parts; else that is an error
     */
    BlobStream upTo(long newEnd, boolean orWhole) {
        end = newEnd;
        maybeWhole = orWhole;
        return this;
    }

    /** Whether it goes to the blob's end. */
    boolean isToTheEnd() {
        return end == blob.size();
    }

    /**
     * Has an answer at hand, so that whoever opens it knows that it is there.
     *
     * @throws ImageException if it is not
     */
    BlobStream begun() {
        while (position < end && body == null) {
            begin();
        }
        attempts = later;
        return this;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (failure != null) {
            throw failure;
        }
        if (length == 0) {
            return 0;
        }
        while (position < end) {
            InputStream from = body;
            if (from == null) {
                begin();
                continue;
            }
            try {
                int count = from.read(buffer, offset, (int) Math.min(length, end - position));
                if (count < 0) {
                    throw new IOException("the connection ended " + (end - position) + " bytes too early");
                }
                position += count;
                attempts.moved(count);
                return count;
            } catch (IOException exception) {
                again(exception);
            }
        }
        return -1;
    }

    private void begin() {
        try {
            body = accept(sending.send(ranged()));
        } catch (ImageException exception) {
            failure = exception;
            throw exception;
        } catch (IOException exception) {
            again(exception);
        }
    }

    private Call ranged() {
        boolean part = position > 0 || !isToTheEnd();
        String last = isToTheEnd() ? "" : String.valueOf(end - 1);
        return part && takesRanges ? call.with("Range", "bytes=" + position + "-" + last) : call;
    }

    private void again(IOException exception) {
        drop();
        try {
            attempts.failed(call, exception);
        } catch (ImageException last) {
            failure = last;
            throw last;
        }
    }

    private @Nullable InputStream accept(Answer answer) throws IOException {
        try {
            switch (answer.status()) {
                case 206 -> checkRange(answer);
                case 200 -> {
                    long says = answer.length().orElse(blob.size());
                    if (says != blob.size()) {
                        throw Failures.senseless(
                                answer, "has " + says + " bytes, where its descriptor says " + blob.size());
                    }
                    if (!isToTheEnd() && !maybeWhole) {
                        throw Failures.senseless(answer, "is all of it, where a part was asked for");
                    }
                    end = blob.size();
                    answer.body().skipNBytes(position);
                }
                case 416 -> {
                    if (ranged().equals(call)) {
                        throw Failures.refused(answer);
                    }
                    takesRanges = false;
                    answer.close();
                    return null;
                }
                default -> throw Failures.refused(answer);
            }
            return answer.body();
        } catch (IOException | RuntimeException exception) {
            answer.close();
            throw exception;
        }
    }

    private void checkRange(Answer answer) {
        String text = answer.header("Content-Range").orElse("");
        Matcher range = CONTENT_RANGE.matcher(text);
        if (!range.matches()
                || Long.parseLong(range.group(1)) != position
                || (range.group(3) != null && Long.parseLong(range.group(3)) != blob.size())) {
            throw Failures.senseless(
                    answer,
                    "is the range \"" + Failures.plain(text) + "\" and not that from " + position + " of " + blob.size()
                            + " bytes");
        }
    }

    private void drop() {
        InputStream old = body;
        body = null;
        if (old != null) {
            try {
                old.close();
            } catch (IOException nothingToLose) {
                // It is given up.
            }
        }
    }

    @Override
    public void close() {
        drop();
    }
}
