package dev.carafe.linux.systemd;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A running systemd: the machine's or a user's.
 *
 * <p>It is asked at its own socket, where that lets us in, and else over a bus; at its own no bus can be slow or down.
 * Each call waits for its job to be done, and no longer than half a minute. Not thread-safe.
 *
 * @see <a href="https://www.freedesktop.org/software/systemd/man/org.freedesktop.systemd1.html">org.freedesktop.systemd1</a>
 */
public final class Systemd implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String NAME = "org.freedesktop.systemd1";
    private static final String OBJECT = "/org/freedesktop/systemd1";
    private static final String MANAGER = NAME + ".Manager";
    private static final String PRIVATE = "systemd/private";
    private static final String SYSTEM_BUS = "/run/dbus/system_bus_socket";
    private static final String BUS = "org.freedesktop.DBus";
    private static final String MATCH =
            "type='signal',sender='" + NAME + "',interface='" + MANAGER + "',member='JobRemoved',path='" + OBJECT + "'";

    /** Of {@code 252.38-1~deb12u1} or {@code v245.4-1.fc32}. */
    private static final Pattern NUMBER = Pattern.compile("v?(\\d{1,6})");

    private final Bus bus;
    private final Duration patience;

    private Systemd(Bus bus, Duration patience) {
        this.bus = bus;
        this.patience = patience;
    }

    /** Whether the machine was booted with it: {@code sd_booted(3)}. */
    public static boolean isRunning(Kernel kernel) {
        try {
            return kernel.files().status(Fd.CWD, "/run/systemd/system", 0).isDirectory();
        } catch (SystemCallException missing) {
            return false;
        }
    }

    /**
     * The machine's.
     *
     * @throws SystemdException if it cannot be reached
     */
    public static Systemd ofMachine(Kernel kernel) {
        return connect(kernel, Optional.of("/run/" + PRIVATE), Optional.of(SYSTEM_BUS), PATIENCE);
    }

    /**
     * A user's own.
     *
     * @param environment the user's variables by name: {@code XDG_RUNTIME_DIR}, {@code DBUS_SESSION_BUS_ADDRESS}
     * @throws SystemdException if it cannot be reached
     */
    public static Systemd ofUser(Kernel kernel, Function<String, Optional<String>> environment) {
        Optional<String> folder = environment.apply("XDG_RUNTIME_DIR").filter(it -> it.startsWith("/"));
        Optional<String> address = environment
                .apply("DBUS_SESSION_BUS_ADDRESS")
                .flatMap(Systemd::path)
                .or(() -> folder.map(it -> it + "/bus"));
        if (address.isEmpty()) {
            throw SystemdException.unavailable(
                    "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR tells where the user's systemd is: log in as"
                            + " that user, or install dbus-user-session");
        }
        return connect(kernel, folder.map(it -> it + "/" + PRIVATE), address, PATIENCE);
    }

    /** The path in the first address of a list that has one; {@code unix:path=/a;tcp:…}. */
    static Optional<String> path(String addresses) {
        for (String address : addresses.split(";", -1)) {
            if (!address.startsWith("unix:")) {
                continue;
            }
            for (String pair : address.substring("unix:".length()).split(",", -1)) {
                if (pair.startsWith("path=/")) {
                    // The same escapes as in a URL, in which a plus sign would mean something else.
                    return Optional.of(URLDecoder.decode(
                            pair.substring("path=".length()).replace("+", "%2B"), StandardCharsets.UTF_8));
                }
            }
        }
        return Optional.empty();
    }

    static Systemd connect(Kernel kernel, Optional<String> own, Optional<String> bus, Duration patience) {
        if (own.isPresent()) {
            try {
                return new Systemd(Bus.connect(kernel, own.get(), patience), patience);
            } catch (SystemCallException exception) {
                switch (exception.errno()) {
                    case ENOENT, ENOTDIR, ECONNREFUSED, EACCES, EPERM -> {}
                    default -> throw unreachable(own.get(), exception);
                }
            }
        }
        String path = bus.orElseThrow(() -> SystemdException.unavailable("nobody tells where systemd is"));
        try {
            Systemd systemd = new Systemd(Bus.connect(kernel, path, patience), patience);
            try {
                systemd.greet();
                return systemd;
            } catch (RuntimeException exception) {
                systemd.close();
                throw exception;
            }
        } catch (SystemCallException exception) {
            throw unreachable(path, exception);
        }
    }

    private static SystemdException unreachable(String path, SystemCallException exception) {
        String problem = exception.errno() == Errno.EAGAIN
                ? "it does not answer"
                : exception.errno().description();
        return SystemdException.unavailable(
                "systemd cannot be reached at " + path + ": " + problem + " (" + exception.errno() + ")", exception);
    }

    /** A bus has to know us before it passes anything on, and signals only on request. */
    private void greet() {
        bus.call(new Bus.Method(BUS, "/org/freedesktop/DBus", BUS, "Hello"), List.of());
        bus.call(new Bus.Method(BUS, "/org/freedesktop/DBus", BUS, "AddMatch"), List.of(BusValue.text(MATCH)));
        call("Subscribe");
    }

    /**
     * Starts a unit that lives no longer than what is in it. One of the same name that has failed before makes way.
     *
     * @param unit its name, such as {@code carafe-web.scope}
     * @throws SystemdException if there is one, or it cannot be started or not in time
     */
    public void start(String unit, List<UnitProperty> properties) {
        try {
            startOnce(unit, properties);
        } catch (SystemdException exception) {
            if (!exception.says("UnitExists")) {
                throw exception;
            }
            resetFailed(unit);
            startOnce(unit, properties);
        }
    }

    private void startOnce(String unit, List<UnitProperty> properties) {
        String result = await(call(
                "StartTransientUnit",
                BusValue.text(unit),
                BusValue.text("replace"),
                structures(properties),
                new BusValue.Sequence("(sa(sv))", List.of())));
        if (!result.equals("done")) {
            resetFailed(unit);
            throw SystemdException.unavailable("systemd did not start " + unit
                    + (result.isEmpty() ? " within " + patience.toSeconds() + " s" : ": \"" + result + "\""));
        }
    }

    /** Stops a unit, with all that runs in it, and forgets how it ended. One that is not there is stopped. */
    public void stop(String unit) {
        try {
            String result = await(call("StopUnit", BusValue.text(unit), BusValue.text("replace")));
            if (result.isEmpty()) {
                throw SystemdException.unavailable(
                        "systemd did not stop " + unit + " within " + patience.toSeconds() + " s");
            }
        } catch (SystemdException exception) {
            if (!exception.says("NoSuchUnit")) {
                throw exception;
            }
        }
        resetFailed(unit);
    }

    /** Forgets that a unit has failed, which keeps it in memory; any other is left alone. */
    private void resetFailed(String unit) {
        try {
            call("ResetFailedUnit", BusValue.text(unit));
        } catch (SystemdException exception) {
            if (!exception.says("NoSuchUnit")) {
                throw exception;
            }
        }
    }

    /** Changes properties of a unit that runs, for as long as it runs. */
    public void set(String unit, List<UnitProperty> properties) {
        if (!properties.isEmpty()) {
            call("SetUnitProperties", BusValue.text(unit), BusValue.flag(true), structures(properties));
        }
    }

    /** Moves a process into a unit's cgroup; systemd has the right to where its caller has not. */
    public void attach(String unit, int pid) {
        call("AttachProcessesToUnit", BusValue.text(unit), BusValue.text("/"), BusValue.numbers(pid));
    }

    /** The cgroup that it keeps, as a path from the root of its hierarchy; empty for all of it. */
    public String controlGroup() {
        return property("ControlGroup");
    }

    /** The number of its version; 0 where it has none that makes sense. */
    public int version() {
        Matcher number = NUMBER.matcher(property("Version"));
        return number.lookingAt() ? Integer.parseInt(number.group(1)) : 0;
    }

    private String property(String name) {
        List<BusValue> answer = bus.call(
                new Bus.Method(NAME, OBJECT, "org.freedesktop.DBus.Properties", "Get"),
                List.of(BusValue.text(MANAGER), BusValue.text(name)));
        return answer.size() == 1 && answer.getFirst() instanceof BusValue.Variant(BusValue value) ? text(value) : "";
    }

    private List<BusValue> call(String member, BusValue... arguments) {
        return bus.call(new Bus.Method(NAME, OBJECT, MANAGER, member), List.of(arguments));
    }

    /** How a job ended: {@code done}, or what kept it from that; empty if it takes too long. */
    private String await(List<BusValue> answer) {
        if (!(answer.size() == 1 && answer.getFirst() instanceof BusValue.Text(char ignored, String job))) {
            throw SystemdException.unavailable("systemd named no job: " + answer);
        }
        return bus.awaitSignal(message -> isEndOf(message, job))
                .map(message -> text(message.body().get(3)))
                .orElse("");
    }

    /** {@code JobRemoved}: number, job, unit, result. */
    private static boolean isEndOf(BusMessage signal, String job) {
        return signal.text(BusMessage.MEMBER).equals("JobRemoved")
                && signal.text(BusMessage.INTERFACE).equals(MANAGER)
                && signal.text(BusMessage.SIGNATURE).equals("uoss")
                && text(signal.body().get(1)).equals(job);
    }

    private static String text(BusValue value) {
        return value instanceof BusValue.Text(char ignored, String text) ? text : "";
    }

    private static BusValue structures(List<UnitProperty> properties) {
        List<BusValue> structures = new ArrayList<>(properties.size());
        for (UnitProperty property : properties) {
            structures.add(property.toStructure());
        }
        return new BusValue.Sequence("(sv)", structures);
    }

    @Override
    public void close() {
        bus.close();
    }
}
