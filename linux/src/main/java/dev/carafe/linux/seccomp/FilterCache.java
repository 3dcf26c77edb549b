package dev.carafe.linux.seccomp;

import dev.carafe.linux.Architecture;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Compiled filters in a folder, each named by the SHA-256 of all that it depends on: the profile, libseccomp's version
 * and the machine.
 *
 * <p>A file holds its own checksum: one that is damaged is compiled again. Files appear whole, under their name or not
 * at all, so that any number of processes may share a folder. A folder that cannot be written costs time and nothing
 * else. Whoever may write to it decides what the filters let pass: it must belong to the user who starts containers.
 */
public final class FilterCache {

    /** Goes into every name. To be raised when a profile comes to compile into something else. */
    private static final String FORMAT = "carafe-seccomp-1";

    private static final int DIGEST = 32;
    private static final int HEADER = DIGEST + Integer.BYTES;
    private static final int MOST = HEADER + Filter.INSTRUCTION * Filter.INSTRUCTIONS_MOST;

    private final Files files;
    private final FilterCompiler compiler;
    private final String folder;

    /** A cache in a folder, which is made when the first filter is kept. */
    public FilterCache(Kernel kernel, FilterCompiler compiler, String folder) {
        this.files = kernel.files();
        this.compiler = compiler;
        this.folder = folder;
    }

    /**
     * A profile's filter, from the folder or compiled and kept there.
     *
     * @throws SeccompException as {@link FilterCompiler#compile}
     */
    public Filter filter(Profile profile) {
        String name = name(profile);
        Optional<Filter> kept = read(name);
        if (kept.isPresent()) {
            return kept.get();
        }
        Filter compiled = compiler.compile(profile);
        try {
            keep(name, compiled);
        } catch (SystemCallException unable) {
            System.getLogger("dev.carafe.linux.seccomp")
                    .log(System.Logger.Level.DEBUG, "a compiled seccomp filter cannot be kept", unable);
        }
        return compiled;
    }

    /** A text that differs wherever profiles do: every part with its length before it. */
    private String name(Profile profile) {
        var text = new StringBuilder(16 * 1024);
        part(text, FORMAT);
        part(text, compiler.identity());
        part(text, Architecture.current().name());
        part(text, profile.defaultAction().name());
        part(text, profile.defaultErrno().toString());
        text.append(profile.architectures()).append(profile.flags().size()).append(';');
        for (String flag : profile.flags()) {
            part(text, flag);
        }
        for (Profile.Rule rule : profile.rules()) {
            text.append(rule.action())
                    .append(rule.errno())
                    .append(rule.names().size())
                    .append(';');
            for (String name : rule.names()) {
                part(text, name);
            }
            for (Profile.Argument argument : rule.arguments()) {
                text.append(argument.index()).append(argument.operator()).append(argument.value());
                text.append('/').append(argument.valueTwo()).append(';');
            }
        }
        return HexFormat.of().formatHex(sha256(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static void part(StringBuilder text, String part) {
        text.append(part.length()).append(':').append(part);
    }

    private Optional<Filter> read(String name) {
        byte[] content;
        try (Fd file =
                files.open(Fd.CWD, folder + "/" + name, OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK)) {
            content = files.readAll(file, MOST);
        } catch (SystemCallException missing) {
            return Optional.empty();
        }
        int program = content.length - HEADER;
        if (program <= 0 || program % Filter.INSTRUCTION != 0) {
            return Optional.empty();
        }
        byte[] checked = Arrays.copyOfRange(content, DIGEST, content.length);
        if (!Arrays.equals(sha256(checked), 0, DIGEST, content, 0, DIGEST)) {
            return Optional.empty();
        }
        return Optional.of(new Filter(
                Arrays.copyOfRange(content, HEADER, content.length),
                ByteBuffer.wrap(content).getInt(DIGEST)));
    }

    private void keep(String name, Filter filter) {
        byte[] program = filter.program();
        byte[] checked = ByteBuffer.allocate(Integer.BYTES + program.length)
                .putInt(filter.flags())
                .put(program)
                .array();
        String temporary = name + "." + ProcessHandle.current().pid() + "." + System.nanoTime();
        try (Fd directory = directory()) {
            try {
                int create = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL;
                try (Fd file = files.open(directory, temporary, create, 0600, 0)) {
                    files.write(file, sha256(checked));
                    files.write(file, checked);
                }
                files.rename(directory, temporary, directory, name);
            } catch (SystemCallException failure) {
                forget(directory, temporary);
                throw failure;
            }
        }
    }

    private Fd directory() {
        try {
            return files.open(Fd.CWD, folder, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        } catch (SystemCallException missing) {
            if (missing.errno() != Errno.ENOENT) {
                throw missing;
            }
        }
        files.makeDirectories(folder, 0700, 0711);
        return files.open(Fd.CWD, folder, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    private void forget(Fd directory, String temporary) {
        try {
            files.unlink(directory, temporary, 0);
        } catch (SystemCallException gone) {
            // It was never made, or is lost with the disk that refused it.
        }
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }
}
