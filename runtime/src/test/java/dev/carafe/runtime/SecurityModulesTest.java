package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a machine whose {@code /sys} and {@code /proc} are a folder of the test's. */
class SecurityModulesTest {

    private static final long SELINUX_MAGIC = 0xf97cff8cL;

    @TempDir
    Path machine;

    private final SystemCalls real = SystemCalls.ofKernel();
    private final Kernel kernel = Kernel.over(this::call);
    private long fileSystem = SELINUX_MAGIC;

    private long call(SystemCall call, long a, long b, long c, long d, long e, long f) {
        if (call == SystemCall.FSTATFS) {
            MemorySegment.ofAddress(b).reinterpret(8).set(ValueLayout.JAVA_LONG, 0, fileSystem);
            return 0;
        }
        if (call == SystemCall.OPENAT2 || call == SystemCall.STATX) {
            try (Arena arena = Arena.ofConfined()) {
                String path = MemorySegment.ofAddress(b).reinterpret(4096).getString(0);
                String there = path.startsWith("/") ? machine + path : path;
                return real.call(call, a, arena.allocateFrom(there).address(), c, d, e, f);
            }
        }
        return real.call(call, a, b, c, d, e, f);
    }

    private void has(String path, String content) throws IOException {
        Path file = Path.of(machine + path);
        Files.createDirectories(Path.of(machine + path.substring(0, path.lastIndexOf('/'))));
        Files.writeString(file, content);
    }

    private void check(String process, String linux) {
        Config config = new ConfigReader()
                .config(
                        ("{'ociVersion': '1.3.0', 'root': {'path': 'rootfs'}, 'process': {'cwd': '/', 'args': ['true'], "
                                        + process + "}, 'linux': {" + linux + "}}")
                                .replace('\'', '"')
                                .getBytes(UTF_8));
        new SecurityModules(kernel).check(config);
    }

    @Test
    void an_apparmor_profile_needs_apparmor() throws IOException {
        String profile = "'env': [], 'apparmorProfile': 'container-default'";
        assertThatThrownBy(() -> check(profile, ""))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith("config.json: process.apparmorProfile: AppArmor is not enabled");
        has("/sys/module/apparmor/parameters/enabled", "N\n");
        has("/sys/kernel/security/apparmor/profiles", "");
        assertThatThrownBy(() -> check(profile, "")).hasMessageContaining("process.apparmorProfile");
        has("/sys/module/apparmor/parameters/enabled", "Y\n");
        assertThatCode(() -> check(profile, "")).doesNotThrowAnyException();
    }

    @Test
    void a_label_needs_selinux_with_a_policy() throws IOException {
        String label = "'env': [], 'selinuxLabel': 'a:b:c:d'";
        String mountLabel = "'mountLabel': 'a:b:c:d'";
        assertThatThrownBy(() -> check(label, ""))
                .hasMessageStartingWith("config.json: process.selinuxLabel: SELinux is not enabled");
        assertThatThrownBy(() -> check("'env': []", mountLabel))
                .hasMessageStartingWith("config.json: linux.mountLabel: SELinux is not enabled");
        has("/sys/fs/selinux/enforce", "1");
        has("/proc/self/attr/current", "kernel\0");
        assertThatThrownBy(() -> check(label, "")).hasMessageContaining("process.selinuxLabel");
        has("/proc/self/attr/current", "system_u:system_r:init_t:s0\0");
        assertThatCode(() -> check(label, mountLabel)).doesNotThrowAnyException();
        fileSystem = 0x62656572; // the folder alone, nothing mounted on it
        assertThatThrownBy(() -> check(label, "")).hasMessageContaining("process.selinuxLabel");
    }

    @Test
    void who_asks_for_neither_needs_neither() {
        assertThatCode(() -> check("'env': []", "")).doesNotThrowAnyException();
    }
}
