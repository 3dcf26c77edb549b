package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.MemoryPolicy;
import dev.carafe.oci.runtime.Personality;
import dev.carafe.oci.runtime.ProcessConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a process in a container is to be: its first one, or one that joins it.
 *
 * @param rights what whoever asks for it may do
 * @param config what to run, as whom
 * @param cgroupFolders the cgroup's folder in every hierarchy, by the name to show it under: {@code memory}; empty for
 *     the one of cgroup v2
 * @param placed whether systemd moves it there, and it waits for that
 * @param resctrlFolders the folders of the resctrl groups that it joins
 * @param filter the compiled form of {@code linux.seccomp}
 * @param personality {@code linux.personality}
 * @param memoryPolicy {@code linux.memoryPolicy}
 * @param home what {@code HOME} is where the configuration does not say it
 * @param grantable the capabilities that the caller can give away; others are left out, as runC does
 * @param input where standard input comes from
 * @param beginning when the program begins
 * @param preserved how many of the caller's descriptors from 3 on it keeps
 */
public record ProcessBlueprint(
        Rights rights,
        ProcessConfig config,
        Map<String, String> cgroupFolders,
        boolean placed,
        List<String> resctrlFolders,
        Optional<SeccompFilter> filter,
        Optional<Personality> personality,
        Optional<MemoryPolicy> memoryPolicy,
        Optional<String> home,
        Set<Capability> grantable,
        Blueprint.Input input,
        Blueprint.Beginning beginning,
        int preserved) {

    /**
     * The folder of cgroup v2 that it is born in, which goes along with the plan as its first input: not where systemd is to
     * be asked for that, or where it does without it if it must.
     */
    Optional<String> birthplace() {
        return placed || rights.rootless() ? Optional.empty() : Optional.ofNullable(cgroupFolders.get(""));
    }

    /**
     * Opens {@link #birthplace}.
     *
     * @throws RuntimeFailure if it is not there
     */
    Optional<Fd> openBirthplace(Files files) {
        return birthplace().map(folder -> {
            try {
                return files.open(Fd.CWD, folder, OpenFlags.PATH | OpenFlags.DIRECTORY);
            } catch (SystemCallException exception) {
                throw new RuntimeFailure(
                        "linux.cgroupsPath, cgroup v2: error adding pid to the cgroup " + folder
                                + (exception.errno() == Errno.ENOENT ? ", which is not there: " : ": ")
                                + exception.errno(),
                        exception);
            }
        });
    }
}
