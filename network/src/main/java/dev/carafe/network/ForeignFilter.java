package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Netfilter;
import dev.carafe.linux.SystemCallException;
import java.util.List;
import java.util.Optional;

/**
 * Another's rules on the same machine, of which one that drops a packet has the last word: those of {@code iptables(8)} where
 * they forward nothing unless told so, as docker and ufw have it.
 *
 * <p>What belongs to a network is let through by two rules of the form that iptables knows, in the chain that docker keeps
 * for others' rules, or at the head of all. That frees no way into the network: its own rules drop what may not enter.
 * Rules of the older kind, {@code iptables-legacy}, are out of reach; whoever uses them is told what to add.
 */
final class ForeignFilter {

    private static final String TABLE = "filter";
    private static final String BASE = "FORWARD";
    private static final List<String> CHAINS = List.of("DOCKER-USER", BASE);

    /** In the form in which rules are listed. */
    private static final List<String> DIRECTIONS = List.of("iifname", "oifname");

    private static final String LEGACY = "/proc/thread-self/net/ip_tables_names";
    private static final int LEGACY_MOST = 4096;

    private final Kernel kernel;

    ForeignFilter(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Lets through what comes from a device and what goes to it, where others would drop it. */
    void letThrough(Netfilter filter, Libnftables.Context rules, String device) {
        if (!filter.hasTable(Netfilter.Family.IPV4, TABLE)) {
            return;
        }
        if (!list(rules, BASE).filter(base -> base.contains("policy drop")).isPresent()) {
            return;
        }
        for (String chain : CHAINS) {
            Optional<String> there = list(rules, chain);
            if (there.isPresent()) {
                for (String direction : DIRECTIONS) {
                    String match = match(direction, device);
                    if (!there.get().contains(match)) {
                        rules.run("insert rule ip " + TABLE + " " + chain + " " + match + " counter accept\n");
                    }
                }
                return;
            }
        }
    }

    /** Takes the rules for a device away. */
    void withdraw(Netfilter filter, Libnftables.Context rules, String device) {
        if (!filter.hasTable(Netfilter.Family.IPV4, TABLE)) {
            return;
        }
        for (String chain : CHAINS) {
            for (String line : list(rules, chain).orElse("").lines().toList()) {
                int handle = line.indexOf(" # handle ");
                boolean ours = DIRECTIONS.stream()
                        .anyMatch(direction -> line.strip().startsWith(match(direction, device) + " counter "));
                if (ours && handle > 0) {
                    rules.run("delete rule ip " + TABLE + " " + chain + line.substring(handle + 2) + "\n");
                }
            }
        }
    }

    /** What to do about rules that are out of reach, if there are any. */
    Optional<String> advice(String device) {
        try {
            boolean legacy =
                    kernel.files().readText(Fd.CWD, LEGACY, LEGACY_MOST).lines().anyMatch(TABLE::equals);
            return legacy
                    ? Optional.of(
                            "this machine has rules of iptables-legacy, which may drop what instances send and get; if so: "
                                    + "iptables-legacy -I FORWARD -i " + device
                                    + " -j ACCEPT; iptables-legacy -I FORWARD -o " + device
                                    + " -j ACCEPT")
                    : Optional.empty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty(); // the kernel has no such rules
            }
            throw exception;
        }
    }

    private static String match(String direction, String device) {
        return direction + " \"" + device + "\"";
    }

    private static Optional<String> list(Libnftables.Context rules, String chain) {
        try {
            return Optional.of(rules.output("list chain ip " + TABLE + " " + chain + "\n"));
        } catch (NetworkException none) {
            return Optional.empty();
        }
    }
}
