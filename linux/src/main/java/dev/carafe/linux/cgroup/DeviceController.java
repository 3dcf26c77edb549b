package dev.carafe.linux.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which devices may be used: a controller under v1, a program under v2.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/devices.html">Device Whitelist Controller</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#device-controller">cgroup v2, Device controller</a>
 */
final class DeviceController implements Controller {

    @Override
    public String v1() {
        return "devices";
    }

    @Override
    public Optional<String> v2() {
        return Optional.empty();
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.devices().isEmpty() ? Optional.empty() : Optional.of("devices");
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        DeviceFilter wanted = DeviceFilter.of(resources.devices());
        DeviceFilter present = DeviceFilter.parse(directory.read("devices.list"));
        List<DeviceRule> changes = wanted.changesFrom(present);
        for (int start = 0, end; start < changes.size(); start = end) {
            List<String> lines = new ArrayList<>();
            boolean allow = changes.get(start).allow();
            for (end = start; end < changes.size() && changes.get(end).allow() == allow; end++) {
                lines.add(changes.get(end).line());
            }
            directory.write(allow ? "devices.allow" : "devices.deny", lines);
        }
        // The kernel drops in silence what it cannot do: only what it says afterwards counts.
        DeviceFilter now = DeviceFilter.parse(directory.read("devices.list"));
        if (wanted.allowsByDefault() ? !now.allowsByDefault() : !now.equals(wanted)) {
            throw CgroupException.failed("the devices of the cgroup " + directory + " should be " + wanted
                    + ", and the kernel made that " + now);
        }
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        DeviceProgram.attach(directory, DeviceProgram.of(DeviceFilter.of(resources.devices())));
    }
}
