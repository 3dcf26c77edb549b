package dev.carafe.engine.options;

import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Capability;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an instance may do beyond, or may not of, what is usual.
 *
 * @param privileged whether it may do all that root of the machine may: every capability, every device, nothing hidden
 * @param addAll whether every capability is added; those that are dropped are not
 * @param added over the usual ones
 * @param dropAll whether none of the usual ones is left
 * @param dropped from the usual ones
 * @param noNewPrivileges whether programs can gain none by being started, as setuid ones would
 * @param apparmor the profile of AppArmor, or {@code unconfined}
 * @param maskedPaths in place of the usual ones; absolute
 * @param readOnlyPaths in place of the usual ones; absolute
 */
public record Security(
        boolean privileged,
        boolean addAll,
        Set<Capability> added,
        boolean dropAll,
        Set<Capability> dropped,
        boolean noNewPrivileges,
        SeccompChoice seccomp,
        Optional<String> apparmor,
        Optional<List<String>> maskedPaths,
        Optional<List<String>> readOnlyPaths) {

    /** As safe as is usual. */
    public static final Security DEFAULT = new Security(
            false,
            false,
            Set.of(),
            false,
            Set.of(),
            true,
            SeccompChoice.Simple.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** All that root of the machine may do. */
    public static final Security PRIVILEGED = new Security(
            true,
            false,
            Set.of(),
            false,
            Set.of(),
            false,
            SeccompChoice.Simple.UNCONFINED,
            Optional.empty(),
            Optional.of(List.of()),
            Optional.of(List.of()));

    public Security {
        added = Rules.copy(added);
        dropped = Rules.copy(dropped);
        Rules.some("apparmor", apparmor);
        maskedPaths = absolutes("maskedPaths", maskedPaths);
        readOnlyPaths = absolutes("readOnlyPaths", readOnlyPaths);
    }

    private static Optional<List<String>> absolutes(String key, Optional<List<String>> paths) {
        if (paths.isEmpty()) {
            return paths;
        }
        List<String> clean = new ArrayList<>();
        for (String path : paths.get()) {
            clean.add(Rules.clean(JsonPath.element(key, clean.size()), path));
        }
        return Optional.of(List.copyOf(clean));
    }

    public Security withSeccomp(SeccompChoice changed) {
        return new Security(
                privileged,
                addAll,
                added,
                dropAll,
                dropped,
                noNewPrivileges,
                changed,
                apparmor,
                maskedPaths,
                readOnlyPaths);
    }

    public Security withNoNewPrivileges(boolean changed) {
        return new Security(
                privileged, addAll, added, dropAll, dropped, changed, seccomp, apparmor, maskedPaths, readOnlyPaths);
    }

    /** The capabilities that come of the usual ones. What is added holds over what is dropped, unless all are added. */
    public Set<Capability> capabilities(Set<Capability> usual) {
        if (privileged) {
            return EnumSet.allOf(Capability.class);
        }
        Set<Capability> all = EnumSet.noneOf(Capability.class);
        if (addAll) {
            all.addAll(EnumSet.allOf(Capability.class));
            all.removeAll(dropped);
            return all;
        }
        if (!dropAll) {
            all.addAll(usual);
            all.removeAll(dropped);
        }
        all.addAll(added);
        return all;
    }

    void write(JsonWriter out) {
        out.putTrue("privileged", privileged)
                .putTrue("addAll", addAll)
                .put("added", added)
                .putTrue("dropAll", dropAll)
                .put("dropped", dropped);
        if (!noNewPrivileges) {
            out.put("noNewPrivileges", false);
        }
        switch (seccomp) {
            case SeccompChoice.Simple.DEFAULT -> {}
            case SeccompChoice.Simple.UNCONFINED -> out.put("seccompUnconfined", true);
            case SeccompChoice.Profile(String json) -> out.put("seccompProfile", json);
        }
        out.put("apparmor", apparmor);
        write(out, "maskedPaths", maskedPaths);
        write(out, "readOnlyPaths", readOnlyPaths);
    }

    private static void write(JsonWriter out, String name, Optional<List<String>> paths) {
        if (paths.isPresent()) {
            out.array(name);
            paths.get().forEach(it -> out.value(new JsonString(it)));
            out.end();
        }
    }

    static Security read(JsonCursor in) {
        Optional<String> profile = in.optionalText("seccompProfile");
        return new Security(
                in.flag("privileged"),
                in.flag("addAll"),
                in.someOf("added", "capability", Capability.values()),
                in.flag("dropAll"),
                in.someOf("dropped", "capability", Capability.values()),
                in.optionalFlag("noNewPrivileges").orElse(true),
                profile.isPresent()
                        ? new SeccompChoice.Profile(profile.get())
                        : in.flag("seccompUnconfined") ? SeccompChoice.Simple.UNCONFINED : SeccompChoice.Simple.DEFAULT,
                in.optionalText("apparmor"),
                in.has("maskedPaths") ? Optional.of(in.texts("maskedPaths")) : Optional.empty(),
                in.has("readOnlyPaths") ? Optional.of(in.texts("readOnlyPaths")) : Optional.empty());
    }
}
