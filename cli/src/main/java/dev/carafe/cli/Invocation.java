package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Supervisor;
import dev.carafe.image.ImageReference;
import dev.carafe.image.Images;
import dev.carafe.image.registry.CredentialFiles;
import dev.carafe.image.registry.Credentials;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.registry.RegistryOptions;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.network.Networks;
import dev.carafe.runtime.AttachOptions;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.Client;
import dev.carafe.runtime.Rights;
import dev.carafe.runtime.Starter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One call of the command line: who calls, from where, and with what. Nothing of this JVM's own environment, directory
 * or standard streams counts.
 */
public final class Invocation {

    private static final String DEFAULT_DATA = "/var/lib/carafe";
    private static final String DEFAULT_STATE = "/run/carafe";

    /** Where a process finds what is its own, and where others find that below its folder in proc. */
    private static final Map<Path, String> OWN = Map.of(
            Path.of("/dev/fd"), "/fd",
            Path.of("/dev/stdin"), "/fd/0",
            Path.of("/proc/self"), "",
            Path.of("/proc/thread-self"), "");

    private final Kernel kernel;
    private final Standing standing;
    private final Client client;
    private final PrintStream output;
    private final PrintStream error;
    private final Rights rights;
    private String directory = "";

    public Invocation(Kernel kernel, Standing standing, Client client) {
        this.kernel = kernel;
        this.standing = standing;
        this.client = client;
        this.output = stream(kernel.files(), client.request().output());
        this.error = stream(kernel.files(), client.request().error());
        this.rights = Rights.of(client.caller(), kernel, client.request().variable("PATH"));
    }

    Kernel kernel() {
        return kernel;
    }

    Client.Request request() {
        return client.request();
    }

    /** What the caller may do. */
    Rights rights() {
        return rights;
    }

    Starter starter() {
        return client;
    }

    Caller caller() {
        return client.caller();
    }

    /** The engine of the folders that the caller names. */
    Engine engine() {
        return Engine.open(kernel, caller(), images(), networks(), data(), state(), standing.watch());
    }

    /** A reference as the caller writes it, with paths that mean the same from everywhere. */
    String image(String reference) {
        return ImageReference.parse(reference)
                .absolute(path -> absolute(path).toString())
                .toString();
    }

    /** Tells the caller of work that takes long. */
    Consumer<String> progress(boolean quiet) {
        return line -> {
            if (!quiet) {
                error.println(line);
                error.flush();
            }
        };
    }

    /** Says something beside what was asked for. */
    void note(String line) {
        error.println("carafe: " + line);
        error.flush();
    }

    /**
     * What a daemon does for the instances of the folders that the caller names.
     *
     * @param starter starts their monitors
     * @param log hears in a line of what goes wrong
     */
    public Supervisor supervisor(Starter starter, Consumer<String> log) {
        return Engine.supervise(kernel, caller(), images(), networks(), data(), state(), starter, log);
    }

    /** The networks of the folders that the caller names. */
    Networks networks() {
        return standing.networks().apply(data(), state());
    }

    /** The images of the folder that the caller names. */
    Images images() {
        return Images.open(
                data(),
                kernel,
                standing.stores(),
                request()::variable,
                () -> registries(registryOptions(), credentialsFound()));
    }

    /** Registries, reached in that way. */
    Registries registries(RegistryOptions options, Credentials credentials) {
        return Registries.open(options, credentials, standing.connections());
    }

    /** How registries are reached, unless a command's options say otherwise. */
    RegistryOptions registryOptions() {
        return RegistryOptions.of(request()::variable).withHostFolders(RegistryOptions.HOST_FOLDERS);
    }

    /** The caller's credentials for registries, read when one asks for them. */
    Credentials credentialsFound() {
        return (host, path) -> credentials().of(host, path);
    }

    /** Where the caller's credentials for registries are kept. */
    CredentialFiles credentials() {
        Map<String, String> environment = new HashMap<>();
        for (String variable : request().environment()) {
            int equals = variable.indexOf('=');
            environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        return CredentialFiles.of(
                environment,
                named("HOME").orElseThrow(() -> new UsageException("HOME is not set, where credentials are")));
    }

    /** Shows the caller how far something has come. */
    TransferView transferView(String how) {
        return new TransferView(
                error,
                TransferView.form(how, kernel.terminals().isTerminal(request().error())));
    }

    /**
     * Starts something with the caller attached to it from the beginning.
     *
     * @param start gets the connection to attach
     */
    Ending attached(AttachOptions options, Consumer<Optional<Fd>> start) {
        try (Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS)) {
            start.accept(Optional.of(pair.second()));
            return attached(pair.first(), options);
        }
    }

    /** Attaches the caller to an instance by way of a connection to its monitor. */
    Ending attached(Fd monitor, AttachOptions options) {
        client.attach(monitor, options);
        return new Ending.InstanceStatus();
    }

    /** Refuses to go on for a caller who asks for a terminal and sits at none. */
    void requireTerminal() {
        if (!kernel.terminals().isTerminal(request().input())) {
            throw new UsageException("-t wants a terminal, and standard input is none; leave -t away");
        }
    }

    /** Variables as they were asked for: {@code NAME} alone has the caller's value, and is left out if he has none. */
    List<String> variables(List<String> asked) {
        List<String> variables = new ArrayList<>();
        for (String variable : asked) {
            if (variable.indexOf('=') >= 0) {
                variables.add(variable);
            } else {
                request().variable(variable).ifPresent(value -> variables.add(variable + "=" + value));
            }
        }
        return variables;
    }

    /** Standard output of the caller. */
    public PrintStream output() {
        return output;
    }

    /** The same for what is no text, of which all has to come: what cannot be written is an exception. */
    OutputStream content() {
        return new FdStream(kernel.files(), client.request().output());
    }

    /** Standard input of the caller. */
    InputStream input() {
        return new FdInput(kernel.files(), client.request().input());
    }

    /** Standard error of the caller. */
    public PrintStream error() {
        return error;
    }

    /** Says that something went wrong that nobody had thought of, with what a developer needs to find it. */
    public void reportBug(Throwable bug) {
        error.println("carafe: a bug in Carafe; please report it with these lines:");
        bug.printStackTrace(error);
        error.flush();
    }

    /** The folder of what is to last: {@code CARAFE_DATA}. */
    public Path data() {
        return named("CARAFE_DATA").orElseGet(() -> isMachines() ? Path.of(DEFAULT_DATA) : homeData());
    }

    /**
     * The folder of what lasts until the machine is started again: {@code CARAFE_STATE}.
     *
     * @throws UsageException if there is none that the caller could write to
     */
    public Path state() {
        return named("CARAFE_STATE").orElseGet(() -> isMachines() ? Path.of(DEFAULT_STATE) : runtimeState());
    }

    /**
     * Whether the caller has the folders of the machine, as its root, and not some of his own, as other users have. Root
     * of a user namespace may be either; by a convention of runC's it is told by the name that he goes by.
     */
    private boolean isMachines() {
        return rights.user() == 0
                && (!rights.inUserNamespace()
                        || request().variable("USER").orElse("").equals("root"));
    }

    private Path homeData() {
        return named("XDG_DATA_HOME")
                .or(() -> named("HOME").map(home -> home.resolve(".local/share")))
                .orElseGet(() -> Path.of("/run/user/" + rights.user()))
                .resolve("carafe");
    }

    private Path runtimeState() {
        return named("XDG_RUNTIME_DIR")
                .map(folder -> folder.resolve("carafe"))
                .or(() -> rights.user() == 0 ? Optional.of(Path.of(DEFAULT_STATE)) : Optional.empty())
                .orElseThrow(() -> new UsageException("XDG_RUNTIME_DIR is not set, and only root keeps state in "
                        + DEFAULT_STATE + ": set it to a folder of your own in memory, or CARAFE_STATE"));
    }

    /** The path that an environment variable has, if it has one. */
    private Optional<Path> named(String variable) {
        return request().variable(variable).filter(path -> !path.isEmpty()).map(this::absolute);
    }

    /** The path of a program as the caller finds it: where it has a slash it is a path already, if there is one. */
    Optional<String> program(String name) {
        if (!name.contains("/")) {
            return Rights.find(kernel.files(), request().variable("PATH"), name);
        }
        Path path = absolute(name);
        return Rights.find(
                kernel.files(), Optional.of(String.valueOf(path.getParent())), String.valueOf(path.getFileName()));
    }

    /**
     * One of the caller's own descriptors, to write to.
     *
     * @param key who names it
     */
    Fd openDescriptor(String key, long number) {
        return client.openDescriptor(key, number);
    }

    /** A path of the caller's, as he sees it from his own directory, and with descriptors that are his. */
    Path absolute(String path) {
        Path absolute = Path.of(directory()).resolve(path).normalize();
        for (Map.Entry<Path, String> own : OWN.entrySet()) {
            if (absolute.startsWith(own.getKey())) {
                return Path.of("/proc/" + client.pid() + own.getValue())
                        .resolve(own.getKey().relativize(absolute))
                        .normalize();
            }
        }
        return absolute;
    }

    private String directory() {
        if (directory.isEmpty()) {
            directory = findDirectory();
        }
        return directory;
    }

    private String findDirectory() {
        String link = kernel.files()
                .readLink(Fd.CWD, "/proc/self/fd/" + request().directory().number());
        if (!link.startsWith("/")) {
            throw new UsageException("the current directory is out of reach: " + link);
        }
        return link;
    }

    private static PrintStream stream(Files files, Fd fd) {
        return new PrintStream(new FdStream(files, fd), false, StandardCharsets.UTF_8);
    }

    /** Standard input of the caller, whatever kind of file it is. */
    private static final class FdInput extends InputStream {

        private final Files files;
        private final Fd fd;

        private FdInput(Files files, Fd fd) {
            this.files = files;
            this.fd = fd;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            try {
                byte[] got = files.read(fd, length);
                System.arraycopy(got, 0, into, offset, got.length);
                return got.length == 0 ? -1 : got.length;
            } catch (SystemCallException exception) {
                throw new IOException(exception);
            }
        }
    }

    /** Standard output of a caller who may have gone: what nobody reads is dropped, as a signal cannot tell us so. */
    private static final class FdStream extends OutputStream {

        private final Files files;
        private final Fd fd;

        private FdStream(Files files, Fd fd) {
            this.files = files;
            this.fd = fd;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                files.write(fd, Arrays.copyOfRange(bytes, offset, offset + length));
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EPIPE) {
                    throw new IOException(exception);
                }
            }
        }
    }
}
