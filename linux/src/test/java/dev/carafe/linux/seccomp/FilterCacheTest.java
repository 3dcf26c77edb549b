package dev.carafe.linux.seccomp;

import static dev.carafe.linux.seccomp.Profiles.argument;
import static dev.carafe.linux.seccomp.Profiles.rule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterCacheTest {

    private static final Profile ONE = Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask"));
    private static final Profile OTHER = Profiles.of(Action.ALLOW, rule(Action.KILL, "umask"));

    private final Kernel kernel = Kernel.host();
    private final FilterCompiler compiler = FilterCompiler.of(kernel);

    @TempDir
    private Path temporary;

    private FilterCache cache() {
        return new FilterCache(kernel, compiler, temporary.resolve("filters").toString());
    }

    private Set<Path> kept() throws IOException {
        try (Stream<Path> files = Files.list(temporary.resolve("filters"))) {
            return new HashSet<>(files.toList());
        }
    }

    private Path keptFor(Profile profile) throws IOException {
        Set<Path> before = Files.exists(temporary.resolve("filters")) ? kept() : Set.of();
        cache().filter(profile);
        Set<Path> added = kept();
        added.removeAll(before);
        assertThat(added).hasSize(1);
        return added.iterator().next();
    }

    @Test
    void a_filter_is_compiled_once_and_read_from_then_on() throws Exception {
        Path one = keptFor(ONE);
        Path other = keptFor(OTHER);
        assertThat(one.getFileName().toString()).matches("[0-9a-f]{64}");
        assertThat(cache().filter(ONE)).isEqualTo(compiler.compile(ONE));
        assertThat(kept()).containsExactlyInAnyOrder(one, other);

        Files.write(other, Files.readAllBytes(one));
        assertThat(cache().filter(OTHER)).as("what the file says").isEqualTo(compiler.compile(ONE));
    }

    @Test
    void the_library_is_told_from_others_by_the_link_that_leads_to_it() {
        assertThat(compiler.identity()).isEqualTo("libseccomp.so." + compiler.version());
        assertThat(FilterCompiler.of(kernel, "libz.so.1").identity()).startsWith("libz.so.1.");
    }

    @Test
    void a_damaged_file_is_compiled_again() throws Exception {
        Path file = keptFor(ONE);
        byte[] whole = Files.readAllBytes(file);
        for (int damage = 0; damage < whole.length; damage += 5) {
            byte[] damaged = whole.clone();
            damaged[damage] ^= 0x10;
            Files.write(file, damaged);
            assertThat(cache().filter(ONE)).isEqualTo(compiler.compile(ONE));
            assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        }
        for (byte[] damaged : new byte[][] {{}, new byte[36], Arrays.copyOf(whole, whole.length - 8)}) {
            Files.write(file, damaged);
            assertThat(cache().filter(ONE)).isEqualTo(compiler.compile(ONE));
            assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        }
    }

    @Test
    void flags_are_kept_too() {
        Profile notify = Profiles.of(Action.ALLOW, rule(Action.NOTIFY, "mount"));
        assertThat(cache().filter(notify).notifies()).isTrue();
        assertThat(cache().filter(notify).notifies()).isTrue();
    }

    @Test
    void whatever_differs_has_a_file_of_its_own() throws Exception {
        List<Profile> profiles = List.of(
                ONE,
                OTHER,
                new Profile(Action.ALLOW, OptionalInt.of(2), List.of(), List.of(), ONE.rules()),
                new Profile(Action.LOG, OptionalInt.empty(), List.of(), List.of(), ONE.rules()),
                new Profile(Action.ALLOW, OptionalInt.empty(), List.of(Machine.X86), List.of(), ONE.rules()),
                new Profile(
                        Action.ALLOW, OptionalInt.empty(), List.of(), List.of("SECCOMP_FILTER_FLAG_LOG"), ONE.rules()),
                Profiles.of(Action.ALLOW, Profile.Rule.of(Action.ERRNO, "umask", "getpid")),
                Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask"), rule(Action.ERRNO, "getpid")),
                Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask", argument(0, Operator.EQ, 1, 0))),
                Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask", argument(0, Operator.EQ, 11, 0))),
                Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask", argument(1, Operator.EQ, 1, 0))),
                Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask", argument(0, Operator.NE, 1, 0))));
        for (Profile profile : profiles) {
            cache().filter(profile);
        }
        assertThat(kept()).hasSameSizeAs(profiles);
    }

    @Test
    void many_at_once_see_whole_filters_only() throws Exception {
        Filter expected = compiler.compile(Profiles.allowList());
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Filter>> tasks = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                tasks.add(() -> cache().filter(Profiles.allowList()));
            }
            for (Future<Filter> filter : threads.invokeAll(tasks)) {
                assertThat(filter.get()).isEqualTo(expected);
            }
        }
        assertThat(kept()).hasSize(1);
    }

    @Test
    void a_folder_that_cannot_be_written_costs_time_only() throws Exception {
        Kernel full = Kernel.over((call, a, b, c, d, e, f) -> call == SystemCall.WRITE
                ? -Errno.ENOSPC.number()
                : kernel.calls().call(call, a, b, c, d, e, f));
        String folder = temporary.resolve("filters").toString();
        assertThat(new FilterCache(full, compiler, folder).filter(ONE)).isEqualTo(compiler.compile(ONE));
        assertThat(kept()).isEmpty();
        assertThat(new FilterCache(kernel, compiler, "/proc/no/such/folder").filter(ONE))
                .isEqualTo(compiler.compile(ONE));
        assertThat(cache().filter(ONE)).isEqualTo(compiler.compile(ONE));
        assertThat(kept()).hasSize(1);
    }
}
