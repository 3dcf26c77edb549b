package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;

/** Writes the members of a {@link ProcessConfig} into the object that was begun. */
final class ProcessWriter {

    private ProcessWriter() {}

    static void members(ProcessConfig process, JsonWriter out) {
        out.putTrue("terminal", process.terminal());
        if (process.consoleSize().isPresent()) {
            ConsoleSize size = process.consoleSize().get();
            out.object("consoleSize")
                    .put("height", size.height())
                    .put("width", size.width())
                    .end();
        }
        User user = process.user();
        out.object("user")
                .put("uid", user.uid())
                .put("gid", user.gid())
                .put("umask", user.umask())
                .putNumbers("additionalGids", user.additionalGids())
                .end();
        out.put("args", process.args());
        out.put("env", process.env());
        out.put("cwd", process.cwd());
        if (process.capabilities().isPresent()) {
            capabilities(process.capabilities().get(), out);
        }
        rlimits(process.rlimits(), out);
        out.putTrue("noNewPrivileges", process.noNewPrivileges());
        out.put("apparmorProfile", process.apparmorProfile());
        out.put("oomScoreAdj", process.oomScoreAdj());
        if (process.scheduler().isPresent()) {
            scheduler(process.scheduler().get(), out);
        }
        out.put("selinuxLabel", process.selinuxLabel());
        if (process.ioPriority().isPresent()) {
            IoPriority priority = process.ioPriority().get();
            out.object("ioPriority")
                    .put("class", priority.schedulingClass().toString())
                    .put("priority", priority.priority())
                    .end();
        }
        if (process.execCpuAffinity().isPresent()) {
            CpuAffinity affinity = process.execCpuAffinity().get();
            out.object("execCPUAffinity")
                    .put("initial", affinity.initial())
                    .put("final", affinity.last())
                    .end();
        }
    }

    private static void capabilities(Capabilities capabilities, JsonWriter out) {
        out.object("capabilities")
                .put("bounding", capabilities.bounding())
                .put("effective", capabilities.effective())
                .put("inheritable", capabilities.inheritable())
                .put("permitted", capabilities.permitted())
                .put("ambient", capabilities.ambient())
                .end();
    }

    private static void rlimits(List<Rlimit> rlimits, JsonWriter out) {
        out.array("rlimits");
        for (Rlimit rlimit : rlimits) {
            out.object()
                    .put("type", rlimit.type().toString())
                    .putUnsigned("hard", rlimit.hard())
                    .putUnsigned("soft", rlimit.soft())
                    .end();
        }
        out.endOrOmit();
    }

    private static void scheduler(Scheduler scheduler, JsonWriter out) {
        out.object("scheduler")
                .put("policy", scheduler.policy().toString())
                .put("nice", scheduler.nice())
                .put("priority", scheduler.priority())
                .put("flags", scheduler.flags())
                .putUnsigned("runtime", scheduler.runtime())
                .putUnsigned("deadline", scheduler.deadline())
                .putUnsigned("period", scheduler.period())
                .end();
    }
}
