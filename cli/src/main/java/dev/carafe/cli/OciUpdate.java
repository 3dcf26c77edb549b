package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Network;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Resources;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code update}: other limits for a container, from a file or from options. */
final class OciUpdate {

    private static final int MOST_BYTES = 1 << 20;

    static final String[] OPTIONS = {
        "resources,r=",
        "blkio-weight=",
        "cpu-period=",
        "cpu-quota=",
        "cpu-burst=",
        "cpu-share=",
        "cpu-rt-period=",
        "cpu-rt-runtime=",
        "cpuset-cpus=",
        "cpuset-mems=",
        "cpu-idle=",
        "kernel-memory=",
        "kernel-memory-tcp=",
        "memory=",
        "memory-reservation=",
        "memory-swap=",
        "pids-limit=",
        "l3-cache-schema=",
        "mem-bw-schema="
    };

    private OciUpdate() {}

    static void update(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, OPTIONS);
        String id = arguments.exactly("ID").getFirst();
        for (String schema : List.of("l3-cache-schema", "mem-bw-schema")) {
            if (arguments.value(schema).isPresent()) {
                throw new UsageException("--" + schema + ": resctrl is not used by this version of Carafe");
            }
        }
        Optional<String> file = arguments.value("resources");
        context.containers().update(id, file.isPresent() ? read(context, file.get()) : ofOptions(arguments));
    }

    /** {@code -} is standard input. */
    private static Resources read(OciContext context, String file) {
        Invocation invocation = context.invocation();
        Files files = invocation.kernel().files();
        String document = "--resources " + file;
        if (file.equals("-")) {
            return parse(document, files.readAll(invocation.request().input(), MOST_BYTES));
        }
        try (Fd open = files.open(Fd.CWD, invocation.absolute(file).toString(), OpenFlags.RDONLY)) {
            return parse(document, files.readAll(open, MOST_BYTES));
        } catch (SystemCallException exception) {
            throw new UsageException(document + ": " + exception.errno().description());
        }
    }

    private static Resources parse(String document, byte[] bytes) {
        return new ConfigReader().resources(document, Json.parse(document, bytes));
    }

    private static Resources ofOptions(Arguments arguments) {
        try {
            return new Resources(
                    List.of(),
                    new Memory(
                            bytes(arguments, "memory"),
                            bytes(arguments, "memory-reservation"),
                            bytes(arguments, "memory-swap"),
                            bytes(arguments, "kernel-memory"),
                            bytes(arguments, "kernel-memory-tcp"),
                            OptionalLong.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()),
                    new Cpu(
                            arguments.number("cpu-share"),
                            arguments.number("cpu-quota"),
                            arguments.number("cpu-burst"),
                            arguments.number("cpu-period"),
                            arguments.number("cpu-rt-runtime"),
                            arguments.number("cpu-rt-period"),
                            arguments.value("cpuset-cpus"),
                            arguments.value("cpuset-mems"),
                            arguments.number("cpu-idle")),
                    new Pids(arguments.number("pids-limit")),
                    new BlockIo(
                            arguments.number("blkio-weight"),
                            OptionalLong.empty(),
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of()),
                    List.of(),
                    Network.UNSET,
                    Map.of(),
                    Map.of());
        } catch (InvalidDocumentException exception) {
            throw new UsageException("update: " + exception.getMessage());
        }
    }

    /** A number of bytes, as in {@code 64m}; -1 for no limit. */
    private static OptionalLong bytes(Arguments arguments, String option) {
        Optional<String> text = arguments.value(option);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(
                switch (text.get()) {
                    case "-1" -> -1;
                    case "0" -> 0;
                    default -> Quantities.bytes("--" + option, text.get());
                });
    }
}
