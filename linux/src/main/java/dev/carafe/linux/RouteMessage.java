package dev.carafe.linux;

/** The types of rtnetlink's messages, {@code RTM_*}. */
enum RouteMessage implements NetlinkType {
    RTM_NEWLINK(16),
    RTM_DELLINK(17),
    RTM_GETLINK(18),
    RTM_NEWADDR(20),
    RTM_DELADDR(21),
    RTM_GETADDR(22),
    RTM_NEWROUTE(24),
    RTM_DELROUTE(25),
    RTM_GETROUTE(26),
    RTM_NEWRULE(32),
    RTM_DELRULE(33),
    RTM_GETRULE(34);

    private final int number;

    RouteMessage(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }
}
