package dev.carafe.runtime;

import dev.carafe.oci.runtime.ProcessConfig;
import java.util.Map;

/**
 * A process to run in a container.
 *
 * @param id the container's
 * @param process what to run, as whom
 * @param groups where below the container's cgroup it goes, by controller: {@code cpu}, or empty for all controllers that
 *     are not named; each a relative path of a cgroup that is there
 * @param ignorePaused whether it is made in a paused container too, where it waits until that is resumed
 * @param input where its standard input comes from
 * @param preserved how many of the caller's descriptors from 3 on it keeps
 * @param notice where the caller wants to hear of it
 */
public record ExecRequest(
        String id,
        ProcessConfig process,
        Map<String, String> groups,
        boolean ignorePaused,
        Blueprint.Input input,
        int preserved,
        ProcessNotice notice) {}
