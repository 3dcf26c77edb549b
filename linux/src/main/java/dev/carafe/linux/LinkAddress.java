package dev.carafe.linux;

/**
 * An address of a network device.
 *
 * @param link the device's index
 * @param flags {@code IFA_F_*}, such as {@link Addresses#NO_DUPLICATE_DETECTION}
 * @param scope how far it counts: 0 everywhere, 253 on the link, 254 on this machine
 */
public record LinkAddress(int link, Prefix prefix, int flags, int scope) {}
