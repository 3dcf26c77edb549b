package dev.carafe.oci.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.oci.Json;
import org.junit.jupiter.api.Test;

final class DefaultConfigTest {

    @Test
    void rootGetsAShellWithFewRightsInItsOwnNamespaces() {
        assertThat(ConfigWriter.text(DefaultConfig.rootful(false)).replace('\t', ' '))
                .isEqualTo("""
                        {
                         "ociVersion": "1.3.0",
                         "process": {
                          "terminal": true,
                          "user": {
                           "uid": 0,
                           "gid": 0
                          },
                          "args": [
                           "sh"
                          ],
                          "env": [
                           "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "TERM=xterm"
                          ],
                          "cwd": "/",
                          "capabilities": {
                           "bounding": [
                            "CAP_AUDIT_WRITE",
                            "CAP_KILL",
                            "CAP_NET_BIND_SERVICE"
                           ],
                           "effective": [
                            "CAP_AUDIT_WRITE",
                            "CAP_KILL",
                            "CAP_NET_BIND_SERVICE"
                           ],
                           "permitted": [
                            "CAP_AUDIT_WRITE",
                            "CAP_KILL",
                            "CAP_NET_BIND_SERVICE"
                           ]
                          },
                          "rlimits": [
                           {
                            "type": "RLIMIT_NOFILE",
                            "hard": 1024,
                            "soft": 1024
                           }
                          ],
                          "noNewPrivileges": true
                         },
                         "root": {
                          "path": "rootfs",
                          "readonly": true
                         },
                         "hostname": "carafe",
                         "mounts": [
                          {
                           "destination": "/proc",
                           "type": "proc",
                           "source": "proc"
                          },
                          {
                           "destination": "/dev",
                           "type": "tmpfs",
                           "source": "tmpfs",
                           "options": [
                            "nosuid",
                            "strictatime",
                            "mode=755",
                            "size=65536k"
                           ]
                          },
                          {
                           "destination": "/dev/pts",
                           "type": "devpts",
                           "source": "devpts",
                           "options": [
                            "nosuid",
                            "noexec",
                            "newinstance",
                            "ptmxmode=0666",
                            "mode=0620",
                            "gid=5"
                           ]
                          },
                          {
                           "destination": "/dev/shm",
                           "type": "tmpfs",
                           "source": "shm",
                           "options": [
                            "nosuid",
                            "noexec",
                            "nodev",
                            "mode=1777",
                            "size=65536k"
                           ]
                          },
                          {
                           "destination": "/dev/mqueue",
                           "type": "mqueue",
                           "source": "mqueue",
                           "options": [
                            "nosuid",
                            "noexec",
                            "nodev"
                           ]
                          },
                          {
                           "destination": "/sys",
                           "type": "sysfs",
                           "source": "sysfs",
                           "options": [
                            "nosuid",
                            "noexec",
                            "nodev",
                            "ro"
                           ]
                          },
                          {
                           "destination": "/sys/fs/cgroup",
                           "type": "cgroup",
                           "source": "cgroup",
                           "options": [
                            "nosuid",
                            "noexec",
                            "nodev",
                            "relatime",
                            "ro"
                           ]
                          }
                         ],
                         "linux": {
                          "resources": {
                           "devices": [
                            {
                             "allow": false,
                             "access": "rwm"
                            }
                           ]
                          },
                          "namespaces": [
                           {
                            "type": "pid"
                           },
                           {
                            "type": "network"
                           },
                           {
                            "type": "ipc"
                           },
                           {
                            "type": "uts"
                           },
                           {
                            "type": "mount"
                           }
                          ],
                          "maskedPaths": [
                           "/proc/acpi",
                           "/proc/asound",
                           "/proc/kcore",
                           "/proc/keys",
                           "/proc/latency_stats",
                           "/proc/timer_list",
                           "/proc/timer_stats",
                           "/proc/sched_debug",
                           "/sys/firmware",
                           "/proc/scsi"
                          ],
                          "readonlyPaths": [
                           "/proc/bus",
                           "/proc/fs",
                           "/proc/irq",
                           "/proc/sys",
                           "/proc/sysrq-trigger"
                          ]
                         }
                        }""");
    }

    @Test
    void anotherUserGetsAUserNamespaceTheMachinesNetworkAndNoLimits() {
        Config config = DefaultConfig.rootless(1000, 100, true);

        assertThat(config.linux().namespaces())
                .extracting(Namespace::type)
                .containsExactly(
                        Namespace.Type.PID,
                        Namespace.Type.IPC,
                        Namespace.Type.UTS,
                        Namespace.Type.MOUNT,
                        Namespace.Type.CGROUP,
                        Namespace.Type.USER);
        assertThat(config.linux().uidMappings()).containsExactly(new IdMapping(0, 1000, 1));
        assertThat(config.linux().gidMappings()).containsExactly(new IdMapping(0, 100, 1));
        assertThat(config.linux().resources()).isEmpty();
        assertThat(config.mounts()).allMatch(mount -> !mount.options().contains("gid=5"));
        assertThat(config.mounts().get(5).source()).contains("/sys");
        assertThat(config.mounts().get(5).options()).containsExactly("rbind", "nosuid", "noexec", "nodev", "ro");
    }

    @Test
    void bothAreReadBack() {
        for (Config config : new Config[] {DefaultConfig.rootful(true), DefaultConfig.rootless(1000, 100, false)}) {
            byte[] text = ConfigWriter.text(config).getBytes(UTF_8);
            assertThat(new ConfigReader().config(text)).isEqualTo(config);
        }
    }

    @Test
    void partsAreWrittenOnTheirOwn() {
        ProcessConfig process = DefaultConfig.rootful(true).process().orElseThrow();
        Resources resources = DefaultConfig.rootful(true).linux().resources().orElseThrow();
        var reader = new ConfigReader();

        byte[] processText = ConfigWriter.text(process).getBytes(UTF_8);
        assertThat(reader.process("p.json", Json.parse("p.json", processText))).isEqualTo(process);
        byte[] resourcesText = ConfigWriter.text(resources).getBytes(UTF_8);
        assertThat(reader.resources("r.json", Json.parse("r.json", resourcesText)))
                .isEqualTo(resources);
    }
}
