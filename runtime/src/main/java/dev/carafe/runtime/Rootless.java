package dev.carafe.runtime;

import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is different for a caller without privileges: all that making a container takes he may do in a user namespace
 * only, where he has those ids that he may map ({@code user_namespaces(7)}).
 */
final class Rootless {

    private Rootless() {}

    /**
     * Refuses what the kernel would refuse him, with the key at fault, and where runC has words for it, with these.
     *
     * @throws RuntimeFailure if there is such a thing
     */
    static void check(Blueprint blueprint) {
        Config config = blueprint.config();
        Linux linux = config.linux();
        Optional<Namespace> user = linux.namespace(Namespace.Type.USER);
        Rights rights = blueprint.process().rights();
        boolean made = user.isPresent() && user.get().path().isEmpty();
        if (made) {
            checkUser(linux, blueprint.process().config().user());
        }
        if (rights.privileged()) {
            return;
        }
        if (user.isEmpty()) {
            throw refusal(
                    "linux.namespaces",
                    "rootless container requires user namespaces; \"spec --rootless\" asks for one");
        }
        if (!linux.netDevices().isEmpty()) {
            throw refusal("linux.netDevices", "network devices are not supported for rootless containers");
        }
        for (int i = 0; i < config.mounts().size(); i++) {
            Mount mount = config.mounts().get(i);
            if (mount.isIdMapped()) {
                throw refusal("mounts[" + i + "]", "id-mapped mounts are not supported for rootless containers");
            }
            if (made) {
                checkOptions(mount, linux, "mounts[" + i + "].options");
            }
        }
        if (made
                && !blueprint.process().config().user().additionalGids().isEmpty()
                && isOwn(linux.gidMappings(), rights.group())) {
            throw refusal(
                    "process.user.additionalGids",
                    "cannot set any additional groups in a rootless container that has the caller's own group only");
        }
    }

    /** Who has no number outside cannot be anybody. */
    private static void checkUser(Linux linux, User user) {
        if (!isMapped(linux.uidMappings(), user.uid())) {
            throw refusal("process.user.uid", "cannot setuid to unmapped uid " + user.uid() + " in user namespace");
        }
        if (!isMapped(linux.gidMappings(), user.gid())) {
            throw refusal("process.user.gid", "cannot setgid to unmapped gid " + user.gid() + " in user namespace");
        }
    }

    private static void checkOptions(Mount mount, Linux linux, String key) {
        for (MountOptions.Data option : MountOptions.parse(mount.options()).data()) {
            boolean uid = option.key().equals("uid");
            if (!uid && !option.key().equals("gid")) {
                continue;
            }
            List<IdMapping> mappings = uid ? linux.uidMappings() : linux.gidMappings();
            if (option.value().matches("\\d{1,10}") && !isMapped(mappings, Long.parseLong(option.value()))) {
                throw refusal(
                        key,
                        "cannot specify " + option.key() + "=" + option.value()
                                + " mount option for rootless container: it is not mapped");
            }
        }
    }

    /**
     * The mounts of a configuration, with the machine's own sysfs in place of a new one where there can be none: it
     * belongs to the network namespace, and the machine's does not belong to any other user namespace.
     */
    static List<Mount> mounts(Config config) {
        Linux linux = config.linux();
        boolean own = linux.namespace(Namespace.Type.NETWORK).isPresent();
        if (own || linux.namespace(Namespace.Type.USER).isEmpty()) {
            return config.mounts();
        }
        List<Mount> mounts = new ArrayList<>(config.mounts());
        mounts.replaceAll(mount -> mount.isBind() || !mount.type().orElse("").equals("sysfs") ? mount : bound(mount));
        return mounts;
    }

    private static Mount bound(Mount sysfs) {
        List<String> options = new ArrayList<>(sysfs.options());
        options.add("rbind");
        if (options.contains("ro")) {
            options.add("rro"); // what is mounted in it is not as harmless as sysfs itself (CVE-2023-25809)
        }
        return new Mount(sysfs.destination(), Optional.of("none"), Optional.of("/sys"), options, List.of(), List.of());
    }

    /** The step that makes the user namespace of a configuration. */
    static ProcessOperation.UserNamespace userNamespace(Slot slot, Linux linux, Rights rights) {
        String uids = IdMaps.text(linux.uidMappings());
        String gids = IdMaps.text(linux.gidMappings());
        if (rights.privileged()) {
            return new ProcessOperation.UserNamespace(slot, uids, gids);
        }
        boolean ownGroup = isOwn(linux.gidMappings(), rights.group());
        return new ProcessOperation.UserNamespace(
                slot,
                uids,
                gids,
                ownGroup, // else dropping a group might give rights that having it denies
                isOwn(linux.uidMappings(), rights.user())
                        ? ""
                        : mapper(rights.uidMapper(), "linux.uidMappings", "newuidmap", "/etc/subuid"),
                ownGroup ? "" : mapper(rights.gidMapper(), "linux.gidMappings", "newgidmap", "/etc/subgid"));
    }

    private static String mapper(Optional<String> mapper, String key, String name, String file) {
        return mapper.orElseThrow(() -> refusal(
                key,
                "only root maps other ids than the caller's own, or the program " + name
                        + ", which is not in PATH: install the package uidmap, and give the user ids in " + file));
    }

    private static boolean isOwn(List<IdMapping> mappings, long id) {
        return mappings.size() == 1
                && mappings.getFirst().size() == 1
                && mappings.getFirst().hostId() == id;
    }

    private static boolean isMapped(List<IdMapping> mappings, long id) {
        for (IdMapping mapping : mappings) {
            if (id >= mapping.containerId() && id < mapping.containerId() + mapping.size()) {
                return true;
            }
        }
        return false;
    }

    private static RuntimeFailure refusal(String key, String problem) {
        return new RuntimeFailure("config.json: " + key + ": " + problem);
    }
}
