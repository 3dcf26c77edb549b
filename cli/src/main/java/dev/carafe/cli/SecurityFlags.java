package dev.carafe.cli;

import dev.carafe.engine.options.SeccompChoice;
import dev.carafe.engine.options.Security;
import dev.carafe.oci.runtime.Capability;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** {@code --privileged}, {@code --cap-add}, {@code --cap-drop} and {@code --security-opt}. */
final class SecurityFlags {

    private final Flags flags;
    private final RunOptions.Caller caller;
    private Optional<Boolean> noNewPrivileges = Optional.empty();
    private Optional<SeccompChoice> seccomp = Optional.empty();
    private Optional<String> apparmor = Optional.empty();
    private boolean systemPaths;

    SecurityFlags(Flags flags, RunOptions.Caller caller) {
        this.flags = flags;
        this.caller = caller;
    }

    Security security() {
        flags.values("security-opt").forEach(this::option);
        boolean privileged = flags.has("privileged");
        Optional<List<String>> paths = systemPaths ? Optional.of(List.of()) : Optional.empty();
        return RunOptions.part(
                "--security-opt",
                () -> new Security(
                        privileged,
                        all("cap-add"),
                        capabilities("cap-add"),
                        all("cap-drop"),
                        capabilities("cap-drop"),
                        noNewPrivileges.orElse(!privileged),
                        seccomp.orElse(SeccompChoice.Simple.DEFAULT),
                        apparmor,
                        paths,
                        paths));
    }

    private boolean all(String flag) {
        return flags.values(flag).stream().anyMatch("ALL"::equalsIgnoreCase);
    }

    private Set<Capability> capabilities(String flag) {
        Set<Capability> capabilities = new LinkedHashSet<>();
        for (String text : flags.values(flag)) {
            if (text.equalsIgnoreCase("ALL")) {
                continue;
            }
            String upper = text.toUpperCase(Locale.ROOT);
            capabilities.add(Capability.named(upper.startsWith("CAP_") ? upper : "CAP_" + upper)
                    .orElseThrow(() -> new UsageException("--" + flag + " " + text
                            + ": no capability, such as NET_ADMIN; capabilities(7) lists them")));
        }
        return capabilities;
    }

    private void option(String text) {
        int equals = text.indexOf('=');
        int colon = text.indexOf(':');
        int separator = equals < 0 ? colon : equals;
        String name = separator < 0 ? text : text.substring(0, separator);
        String value = separator < 0 ? "" : text.substring(separator + 1);
        String written = "--security-opt " + text;
        switch (name) {
            case "no-new-privileges" -> noNewPrivileges = Optional.of(separator < 0 || Flags.truthOf(written, value));
            case "seccomp" -> seccomp = Optional.of(seccomp(value));
            case "apparmor" -> apparmor = Optional.of(value).filter(it -> !it.isEmpty());
            case "systempaths" -> {
                if (!value.equals("unconfined")) {
                    throw new UsageException(written + ": only unconfined can be said of systempaths");
                }
                systemPaths = true;
            }
            case "label" -> {
                // Without SELinux there are no labels to do without.
                if (!value.equals("disable") || caller.labels()) {
                    throw new UsageException(written + ": labels of SELinux are not given");
                }
            }
            default ->
                throw new UsageException(written + ": unknown; there are no-new-privileges, seccomp, apparmor,"
                        + " systempaths and label");
        }
    }

    private SeccompChoice seccomp(String value) {
        return switch (value) {
            case "unconfined" -> SeccompChoice.Simple.UNCONFINED;
            case "builtin" -> SeccompChoice.Simple.DEFAULT;
            case "" -> throw new UsageException("--security-opt seccomp=: unconfined, builtin or a file is wanted");
            default -> new SeccompChoice.Profile(caller.text("--security-opt seccomp", value));
        };
    }
}
