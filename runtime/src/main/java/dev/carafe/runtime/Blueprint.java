package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ProcessConfig;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that a plan is compiled from. Equal blueprints give equal plans: nothing else is looked at.
 *
 * @param config what to make
 * @param process what to run in it
 * @param bundle the folder that relative sources start from, absolute
 * @param root where the root file system comes from
 * @param cgroupFolders the cgroup's folder in every hierarchy, by the name to show it under: {@code memory}; empty for
 *     the one of cgroup v2
 * @param filter the compiled form of {@code linux.seccomp}
 * @param home what {@code HOME} is where the configuration does not say it
 * @param grantable the capabilities that this process can give away; others are left out, as runC does
 * @param input where standard input comes from
 * @param beginning when the program begins
 */
public record Blueprint(
        Config config,
        ProcessConfig process,
        String bundle,
        RootSource root,
        Map<String, String> cgroupFolders,
        Optional<SeccompFilter> filter,
        Optional<String> home,
        Set<Capability> grantable,
        Input input,
        Beginning beginning) {

    /** Where standard input comes from, unless it is a terminal of the instance's own. */
    public enum Input {
        INHERITED,
        NULL
    }

    /** When the program begins, once all is ready. */
    public sealed interface Beginning {

        /** At once; and it dies with its parent, which is its monitor. */
        record AtOnce() implements Beginning {}

        /**
         * When {@code start} says so, which may be another process, long after the creator has ended.
         *
         * @param word a fifo of this machine: one byte is the word to start
         * @param failure a fifo of this machine: a failure to begin goes here, its end without one is success
         */
        record WhenStarted(String word, String failure) implements Beginning {}
    }
}
