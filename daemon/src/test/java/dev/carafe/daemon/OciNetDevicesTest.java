package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Network devices of the host that become a container's. */
@SystemTest
class OciNetDevicesTest {

    private final String device =
            "cf" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

    @AfterEach
    void removeDevice() {
        Commands.run("ip link delete \"$0\" || ip link delete \"$0\"p", device);
    }

    private void make(String script) {
        Commands.succeed(
                "ip link add \"$0\" type veth peer name \"$0\"p && ip link set \"$0\" address 02:00:00:00:00:77 mtu 1789 && "
                        + script,
                device);
    }

    private boolean isOnTheHost() {
        return Commands.run("ip link show \"$0\"", device).status() == 0;
    }

    @Test
    void aDeviceMovesWithItsAddressesUnderAnotherName(Installation carafe) {
        make("ip address add 192.0.2.7/24 dev \"$0\" && ip address add 203.0.113.7/32 dev \"$0\" scope link"
                + " && ip address add 2001:db8::7/64 dev \"$0\" nodad && ip link set \"$0\" up");
        Bundle bundle = carafe.bundle("ip address show inside | tr -s ' '; ip link | grep -c '^[0-9]'")
                .edit(".linux.netDevices[$text] = {name: \"inside\"}", device);
        assertThat(carafe.runBundle(bundle).succeeded())
                .contains("mtu 1789", ",UP", "02:00:00:00:00:77", " inet 192.0.2.7/24 ", " inet6 2001:db8::7/64 ")
                .doesNotContain("203.0.113.7") // it means something on the host's link only
                .endsWith("\n2\n");
        assertThat(isOnTheHost())
                .as("it went with its namespace, being no hardware")
                .isFalse();
    }

    @Test
    void aDeviceKeepsItsNameWhereNoOtherIsGiven(Installation carafe) {
        make("true");
        Bundle bundle = carafe.bundle("ls /sys/class/net").edit(".linux.netDevices[$text] = {}", device);
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo(device + "\nlo\n");
    }

    @Test
    void aUserNamespacesNetworkGetsItToo(Installation carafe) {
        make("true");
        Bundle bundle = carafe.bundle("ls /sys/class/net")
                .edit(
                        ".linux.netDevices[$text] = {name: \"eth0\"} | .linux.namespaces += [{type: \"user\"}]"
                                + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                + " | .linux.gidMappings = .linux.uidMappings",
                        device);
        Commands.succeed(
                "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"",
                bundle.rootfs().toString(),
                bundle.folder().toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("eth0\nlo\n");
    }

    @Test
    void inANamespaceThatStaysTheDeviceDoesToo(Installation carafe) {
        make("ip address add 192.0.2.7/24 dev \"$0\"");
        String namespace = carafe.newPath("net").toString();
        Commands.succeed("touch \"$0\" && unshare --net=\"$0\" true", namespace);
        try {
            Bundle bundle = carafe.bundle("ip -o -4 address show eth0 | grep -o '192.0.2.7/24'")
                    .edit(
                            "(.linux.namespaces[] | select(.type == \"network\")).path = $text | .linux.netDevices[\""
                                    + device + "\"] = {name: \"eth0\"}",
                            namespace);
            assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("192.0.2.7/24\n");
            assertThat(Commands.succeed("nsenter --net=\"$0\" ip -o -4 address show eth0", namespace))
                    .contains("192.0.2.7/24");
        } finally {
            Commands.succeed("umount \"$0\"", namespace);
        }
    }

    @Test
    void whatCannotBeMovedIsRefusedByNameAndStays(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ran").edit(".linux.netDevices[$text] = {name: \"eth0\"}", device);
        carafe.runBundle(bundle).failed(1, "linux.netDevices." + device, "no network device");
        carafe.runBundle(carafe.bundle("echo ran").edit(".linux.netDevices.lo = {name: \"eth0\"}"))
                .failed(1, "linux.netDevices.lo", "loopback");
        make("true");
        carafe.runBundle(bundle.edit(".linux.netDevices[].name = \"lo\""))
                .failed(1, "linux.netDevices." + device, "lo in the container already");
        assertThat(isOnTheHost()).isTrue();
        Commands.succeed("ip address add 192.0.2.7/24 dev \"$0\" && ip link set \"$0\" up", device);
        carafe.runBundle(bundle.edit(
                        ".linux.netDevices[].name = \"eth0\" | .linux.netDevices.nowhere = {name: \"eth1\"}"))
                .failed(1, "linux.netDevices.nowhere");
        assertThat(Commands.succeed("ip address show \"$0\"", device))
                .as("it came back when another could not be moved")
                .contains("192.0.2.7/24", ",UP");
    }
}
