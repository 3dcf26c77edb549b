package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import dev.carafe.oci.runtime.IntelRdt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a plain folder that behaves as resctrl, which this project's machines do not have. */
class ResctrlGroupsTest {

    @TempDir
    Path resctrl;

    private final SystemCalls real = SystemCalls.ofKernel();
    private final Kernel kernel = Kernel.over(this::call);
    private boolean full;

    /** A new group has its files, and is removed with them. */
    private long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        if (call == SystemCall.MKDIRAT && full) {
            return -Errno.ENOSPC.number();
        }
        if (call == SystemCall.UNLINKAT) {
            removeAll(Path.of(MemorySegment.ofAddress(b).reinterpret(4096).getString(0)));
            return 0;
        }
        long result = real.call(call, a, b, c, d, e, f);
        if (call == SystemCall.MKDIRAT && result == 0) {
            populate(Path.of(MemorySegment.ofAddress(b).reinterpret(4096).getString(0)));
        }
        return result;
    }

    private static void populate(Path group) {
        try {
            Files.writeString(group.resolve("tasks"), "");
            Files.writeString(group.resolve("schemata"), "");
            if (!group.toString().contains("/mon_groups/")) {
                Files.createDirectories(group.resolve("mon_groups"));
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static void removeAll(Path group) {
        try (Stream<Path> all = Files.walk(group)) {
            all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    @BeforeEach
    void mount() throws IOException {
        populate(resctrl);
        Files.createDirectories(resctrl.resolve("info/L3"));
        Files.writeString(resctrl.resolve("info/last_cmd_status"), "Out of CLOSIDs\n");
    }

    private ResctrlGroups groups() {
        return new ResctrlGroups(kernel, resctrl.toString());
    }

    private ResctrlGroups.Groups make(IntelRdt asked, String id) {
        ResctrlGroups.Groups planned = groups().plan(asked, id);
        groups().make(asked, id);
        assertThat(planned.joined()).allMatch(folder -> Files.exists(Path.of(folder)));
        return planned;
    }

    private static IntelRdt asked(String closId, String l3, boolean monitored, String... schemata) {
        return new IntelRdt(
                Optional.of(closId).filter(text -> !text.isEmpty()),
                List.of(schemata),
                Optional.of(l3).filter(text -> !text.isEmpty()),
                Optional.empty(),
                monitored);
    }

    @Test
    void a_container_without_a_class_gets_one_of_its_own_that_goes_with_it() throws IOException {
        ResctrlGroups.Groups made = make(asked("", "L3:0=f", true, "L2:0=3", "MB:0=50"), "web");
        String folder = resctrl.resolve("web").toString();
        assertThat(made.joined()).containsExactly(folder, folder + "/mon_groups/web");
        assertThat(made.owned()).containsExactly(folder);
        assertThat(Files.readString(resctrl.resolve("web/schemata"))).isEqualTo("L3:0=f\nL2:0=3\nMB:0=50\n");
        ResctrlGroups.remove(kernel.files(), folder);
        assertThat(resctrl.resolve("web")).doesNotExist();
    }

    @Test
    void a_class_that_is_named_stays_and_only_what_counts_in_it_goes() {
        ResctrlGroups.Groups made = make(asked("gold", "", true, "L3:0=ff"), "web");
        String folder = resctrl.resolve("gold").toString();
        assertThat(made.owned()).containsExactly(folder + "/mon_groups/web");
        assertThat(make(asked("gold", "", false), "db"))
                .isEqualTo(new ResctrlGroups.Groups(List.of(folder), List.of()));
    }

    @Test
    void the_default_class_is_the_top() {
        assertThat(make(asked("/", "", false), "web").joined()).containsExactly(resctrl.toString());
    }

    @Test
    void a_class_that_is_to_be_there_already_must_be() {
        assertThatThrownBy(() -> groups().make(asked("gold", "", false), "web"))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: linux.intelRdt.closID: ");
        assertThat(resctrl.resolve("gold")).doesNotExist();
    }

    @Test
    void what_the_processor_cannot_do_is_refused_by_name() {
        IntelRdt bandwidth = new IntelRdt(Optional.empty(), List.of(), Optional.empty(), Optional.of("MB:0=50"), false);
        assertThatThrownBy(() -> groups().make(bandwidth, "web"))
                .hasMessageStartingWith("config.json: linux.intelRdt.memBwSchema: ");
    }

    @Test
    void the_kernels_own_words_are_passed_on() {
        full = true;
        assertThatThrownBy(() -> groups().make(asked("", "", false), "web"))
                .hasMessageStartingWith("config.json: linux.intelRdt: ")
                .hasMessageEndingWith("Out of CLOSIDs");
    }

    @Test
    void a_class_whose_limits_are_refused_does_not_stay() throws IOException {
        Kernel withoutSchemata = Kernel.over((call, a, b, c, d, e, f) ->
                call == SystemCall.WRITE ? -Errno.EINVAL.number() : call(call, a, b, c, d, e, f));
        assertThatThrownBy(() -> new ResctrlGroups(withoutSchemata, resctrl.toString())
                        .make(asked("gold", "", false, "L3:0=nonsense"), "web"))
                .hasMessageStartingWith("config.json: linux.intelRdt.schemata: ");
        assertThat(resctrl.resolve("gold")).doesNotExist();
    }

    @Test
    void it_is_found_wherever_it_is_mounted() {
        String mounts =
                "22 1 0:21 / /proc rw - proc proc rw\n29 22 0:25 / /mnt/rdt rw,relatime shared:4 - resctrl resctrl rw\n";
        assertThat(ResctrlGroups.mountPoint(mounts)).contains("/mnt/rdt");
        assertThat(ResctrlGroups.mountPoint("22 1 0:21 / /proc rw - proc proc rw\n"))
                .isEmpty();
    }
}
