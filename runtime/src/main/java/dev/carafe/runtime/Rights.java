package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.util.Optional;

/**
 * What whoever asks for a container may do, as far as it decides in which way one can be made.
 *
 * @param user the effective user id
 * @param group the effective group id
 * @param privileged whether he may mount things and make namespaces; who may not can do so in a user namespace only
 * @param inUserNamespace whether he lives in a user namespace other than the machine's
 * @param rootless whether he does without the cgroups that he has no permission to make, unless he asks for limits
 * @param uidMapper a program that maps several user ids for those who may map their own only, {@code newuidmap(1)}
 * @param gidMapper likewise for group ids, {@code newgidmap(1)}
 */
public record Rights(
        long user,
        long group,
        boolean privileged,
        boolean inUserNamespace,
        boolean rootless,
        Optional<String> uidMapper,
        Optional<String> gidMapper) {

    /** Root, on a machine that is his. */
    static final Rights ROOT = new Rights(0, 0, true, false, false, Optional.empty(), Optional.empty());

    private static final int EXECUTABLE = 0111;

    /**
     * Those of a caller.
     *
     * @param searchPath his {@code PATH}, to find the programs that map ids
     */
    public static Rights of(Caller caller, Kernel kernel, Optional<String> searchPath) {
        boolean privileged = caller.effectiveCapabilities().contains(Capability.CAP_SYS_ADMIN);
        boolean inUserNamespace = caller.isInUserNamespace();
        return new Rights(
                caller.uid(),
                caller.gid(),
                privileged,
                inUserNamespace,
                caller.uid() != 0 || inUserNamespace,
                privileged ? Optional.empty() : find(kernel.files(), searchPath, "newuidmap"),
                privileged ? Optional.empty() : find(kernel.files(), searchPath, "newgidmap"));
    }

    /** The same, of somebody who has said himself whether he can do without cgroups. */
    public Rights rootless(boolean said) {
        return new Rights(user, group, privileged, inUserNamespace, said, uidMapper, gidMapper);
    }

    /** The path of a program that is in one of the folders of {@code PATH}. */
    public static Optional<String> find(Files files, Optional<String> searchPath, String program) {
        for (String folder : searchPath.orElse("").split(":", -1)) {
            String path = folder + "/" + program;
            if (folder.startsWith("/") && isProgram(files, path)) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }

    private static boolean isProgram(Files files, String path) {
        try {
            FileStatus status = files.status(Fd.CWD, path, 0);
            return status.isRegular() && (status.mode() & EXECUTABLE) != 0;
        } catch (SystemCallException missing) {
            return false;
        }
    }
}
