package dev.carafe.linux;

/**
 * A rule that sends packets to a routing table.
 *
 * @param version6 which version of the internet protocol it is for
 * @param priority its place: the kernel asks them from 0 upwards, and the first whose table has a route decides
 * @param from where packets must come from, all for a length of 0
 * @param to where packets must go, all for a length of 0
 * @param inputLink the name of the device that they must come in by, {@code lo} for this machine's own, or empty
 * @param outputLink the name of the device that a sender has bound itself to, or empty
 * @param mark what the firewall must have marked them with, where {@code mask} has bits
 * @param mask which bits of the mark count, 0 for none
 * @param table the table to look in
 */
public record Rule(
        boolean version6,
        int priority,
        Prefix from,
        Prefix to,
        String inputLink,
        String outputLink,
        int mark,
        int mask,
        int table) {

    /** A rule that sends every packet to a table. */
    public static Rule toTable(boolean version6, int priority, int table) {
        return new Rule(version6, priority, Prefix.all(version6), Prefix.all(version6), "", "", 0, 0, table);
    }

    /** The same for packets from this network only. */
    public Rule from(Prefix network) {
        return new Rule(version6, priority, network.network(), to, inputLink, outputLink, mark, mask, table);
    }

    /** The same for packets to this network only. */
    public Rule to(Prefix network) {
        return new Rule(version6, priority, from, network.network(), inputLink, outputLink, mark, mask, table);
    }

    /** The same for packets that came in by this device only. */
    public Rule comingInBy(String link) {
        return new Rule(version6, priority, from, to, link, outputLink, mark, mask, table);
    }

    /** The same for packets of senders bound to this device only. */
    public Rule goingOutBy(String link) {
        return new Rule(version6, priority, from, to, inputLink, link, mark, mask, table);
    }

    /** The same for packets with this mark only. */
    public Rule marked(int mark, int mask) {
        return new Rule(version6, priority, from, to, inputLink, outputLink, mark, mask, table);
    }
}
