package dev.carafe.network;

import dev.carafe.linux.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The subnets that a network may be given: those of RFC 1918 that few others use, in the order in which they are tried. */
final class Subnets {

    private static final List<Prefix> ALL = all();

    private Subnets() {}

    /**
     * The first that has no address in common with what is taken.
     *
     * @param taken where the machine's routes lead; one that leads everywhere takes nothing
     */
    static Optional<Prefix> choose(List<Prefix> taken) {
        return ALL.stream()
                .filter(candidate -> taken.stream()
                        .noneMatch(
                                other -> other.length() > 0 && !other.isVersion6() && Ipv4.overlap(candidate, other)))
                .findFirst();
    }

    private static List<Prefix> all() {
        List<Prefix> all = new ArrayList<>();
        for (int second = 17; second < 32; second++) {
            all.add(Prefix.parse("172." + second + ".0.0/16"));
        }
        for (int third = 0; third < 256; third += 16) {
            all.add(Prefix.parse("192.168." + third + ".0/20"));
        }
        return all;
    }
}
