package dev.carafe.linux;

/** What a message to the kernel or from it is: each family of netlink has types of its own. */
interface NetlinkType {

    /** The kernel's word for it. */
    String name();

    int number();
}
