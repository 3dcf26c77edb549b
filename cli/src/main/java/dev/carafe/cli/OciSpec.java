package dev.carafe.cli;

import dev.carafe.linux.Fd;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.CgroupLayout;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigWriter;
import dev.carafe.oci.runtime.DefaultConfig;
import dev.carafe.runtime.Rights;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** {@code spec}: a configuration to start from. */
final class OciSpec {

    static final String[] OPTIONS = {"bundle,b=", "rootless"};

    private OciSpec() {}

    static void spec(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, OPTIONS);
        arguments.exactly();
        Invocation invocation = context.invocation();
        Path path = invocation.absolute(arguments.value("bundle").orElse(".")).resolve("config.json");
        boolean unified = invocation.caller().cgroups().mode() == CgroupLayout.Mode.V2;
        Rights rights = invocation.rights();
        Config config = arguments.has("rootless")
                ? DefaultConfig.rootless(rights.user(), rights.group(), unified)
                : DefaultConfig.rootful(unified);
        byte[] text = (ConfigWriter.text(config) + "\n").getBytes(StandardCharsets.UTF_8);
        try (Fd file = invocation
                .kernel()
                .files()
                .open(Fd.CWD, path.toString(), OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL, 0666, 0)) {
            invocation.kernel().files().write(file, text);
        } catch (SystemCallException exception) {
            throw new UsageException(path + ": " + exception.errno().description());
        }
    }
}
