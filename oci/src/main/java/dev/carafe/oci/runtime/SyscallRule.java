package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.OptionalLong;

/**
 * What happens on some system calls ({@code linux.seccomp.syscalls[]}).
 *
 * @param names at least one; lower case, as the kernel's tables have them
 * @param errnoRet the code of {@code SCMP_ACT_ERRNO}, 0 to 4095, or {@code SCMP_ACT_TRACE}, 0 to 65535
 * @param args conditions that must all hold
 */
public record SyscallRule(
        List<String> names, Seccomp.Action action, OptionalLong errnoRet, List<SyscallArgument> args) {

    public SyscallRule {
        names = List.copyOf(names);
        if (names.isEmpty()) {
            throw Rules.broken("names", "must hold at least one system call");
        }
        for (int i = 0; i < names.size(); i++) {
            if (!isName(names.get(i))) {
                throw Rules.broken(JsonPath.element("names", i), "is no system call: " + JsonPath.quoted(names.get(i)));
            }
        }
        action.checkCode("errnoRet", errnoRet);
        int notifiesOnWrite = action == Seccomp.Action.SCMP_ACT_NOTIFY ? names.indexOf("write") : -1;
        if (notifiesOnWrite >= 0) {
            throw Rules.broken(
                    JsonPath.element("names", notifiesOnWrite),
                    "SCMP_ACT_NOTIFY cannot be used for the write syscall: the container could never start");
        }
        args = List.copyOf(args);
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') {
                return false;
            }
        }
        return !name.isEmpty();
    }
}
