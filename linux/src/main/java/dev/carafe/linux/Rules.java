package dev.carafe.linux;

import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u8;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules that choose a routing table, of both versions of the internet protocol. Rules with another action than to
 * look in a table are not listed.
 */
public final class Rules {

    static final Struct FIB_RULE_HDR = Struct.of(
            "fib_rule_hdr",
            u8("family"),
            u8("dst_len"),
            u8("src_len"),
            u8("tos"),
            u8("table"),
            u8("res1"),
            u8("res2"),
            u8("action"),
            u32("flags"));

    private static final int FRA_DST = 1;
    private static final int FRA_SRC = 2;
    private static final int FRA_IIFNAME = 3;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int FRA_OIFNAME = 17;
    private static final int FR_ACT_TO_TBL = 1;

    private final Netlink netlink;

    Rules(Netlink netlink) {
        this.netlink = netlink;
    }

    /** All rules of the namespace, those of version 4 first, each in the order in which they are asked. */
    public List<Rule> list() {
        List<Rule> rules = new ArrayList<>();
        list(false, rules);
        list(true, rules);
        return rules;
    }

    /**
     * Adds a rule.
     *
     * @throws SystemCallException with {@code EEXIST} if there is such a rule
     */
    public void add(Rule rule) {
        netlink.request(
                request(RouteMessage.RTM_NEWRULE, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, rule),
                FIB_RULE_HDR,
                rule);
    }

    /**
     * Removes a rule.
     *
     * @throws SystemCallException with {@code ENOENT} if there is no such rule
     */
    public void delete(Rule rule) {
        netlink.request(request(RouteMessage.RTM_DELRULE, 0, rule), FIB_RULE_HDR, rule);
    }

    private void list(boolean version6, List<Rule> rules) {
        var request =
                new NetlinkRequest(RouteMessage.RTM_GETRULE, 0, FIB_RULE_HDR).set("family", Netlink.family(version6));
        for (NetlinkMessage message : netlink.dump(request, FIB_RULE_HDR)) {
            if (message.get("action") == FR_ACT_TO_TBL) {
                NetlinkAttributes attributes = message.attributes();
                rules.add(new Rule(
                        version6,
                        attributes.number(FRA_PRIORITY, 0),
                        prefix(attributes.address(FRA_SRC), message.get("src_len"), version6),
                        prefix(attributes.address(FRA_DST), message.get("dst_len"), version6),
                        attributes.text(FRA_IIFNAME),
                        attributes.text(FRA_OIFNAME),
                        attributes.number(FRA_FWMARK, 0),
                        attributes.number(FRA_FWMASK, 0),
                        attributes.number(FRA_TABLE, message.get("table"))));
            }
        }
    }

    private static Prefix prefix(@Nullable InetAddress address, int length, boolean version6) {
        return address == null ? Prefix.all(version6) : new Prefix(address, length);
    }

    private static NetlinkRequest request(RouteMessage type, int flags, Rule rule) {
        NetlinkRequest request = new NetlinkRequest(type, flags, FIB_RULE_HDR)
                .set("family", Netlink.family(rule.version6()))
                .set("action", FR_ACT_TO_TBL)
                .set("src_len", rule.from().length())
                .set("dst_len", rule.to().length())
                .attribute(FRA_PRIORITY, rule.priority())
                .attribute(FRA_TABLE, rule.table());
        if (rule.from().length() != 0) {
            request.attribute(FRA_SRC, rule.from().address());
        }
        if (rule.to().length() != 0) {
            request.attribute(FRA_DST, rule.to().address());
        }
        if (!rule.inputLink().isEmpty()) {
            request.attribute(FRA_IIFNAME, rule.inputLink());
        }
        if (!rule.outputLink().isEmpty()) {
            request.attribute(FRA_OIFNAME, rule.outputLink());
        }
        if (rule.mask() != 0) {
            request.attribute(FRA_FWMARK, rule.mark()).attribute(FRA_FWMASK, rule.mask());
        }
        return request;
    }
}
