package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A process to run in a container: {@code process} in {@code config.json}, and all of the file that
 * {@code exec --process} names.
 *
 * @param args at least one; the first is looked up as {@code execvp(3)} does
 * @param env each {@code NAME=VALUE}
 * @param cwd an absolute path in the container
 * @param capabilities absent means that the specification leaves them to the runtime
 * @param rlimits at most one of a type
 * @param oomScoreAdj -1000 to 1000; if absent, it stays as it is
 */
public record ProcessConfig(
        boolean terminal,
        Optional<ConsoleSize> consoleSize,
        User user,
        List<String> args,
        List<String> env,
        String cwd,
        Optional<Capabilities> capabilities,
        List<Rlimit> rlimits,
        boolean noNewPrivileges,
        Optional<String> apparmorProfile,
        OptionalLong oomScoreAdj,
        Optional<Scheduler> scheduler,
        Optional<String> selinuxLabel,
        Optional<IoPriority> ioPriority,
        Optional<CpuAffinity> execCpuAffinity) {

    public ProcessConfig {
        Rules.absolute("cwd", cwd);
        args = Rules.texts("args", args);
        if (args.isEmpty()) {
            throw Rules.broken("args", "must hold at least the program to run");
        }
        env = Rules.texts("env", env);
        for (int i = 0; i < env.size(); i++) {
            if (env.get(i).indexOf('=') < 1) {
                throw Rules.broken(
                        JsonPath.element("env", i), "expected NAME=VALUE, found " + JsonPath.quoted(env.get(i)));
            }
        }
        rlimits = List.copyOf(rlimits);
        Set<Rlimit.Resource> limited = new HashSet<>();
        for (int i = 0; i < rlimits.size(); i++) {
            if (!limited.add(rlimits.get(i).type())) {
                throw Rules.broken(
                        JsonPath.element("rlimits", i) + ".type", rlimits.get(i).type() + " is limited twice");
            }
        }
        Rules.some("apparmorProfile", apparmorProfile);
        Rules.range("oomScoreAdj", oomScoreAdj, -1000, 1000);
        Rules.some("selinuxLabel", selinuxLabel);
    }
}
