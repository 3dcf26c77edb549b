package dev.carafe.engine.options;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which network an instance has. */
public sealed interface NetworkMode {

    /** Those that need no more words. */
    enum Simple implements NetworkMode {
        /** Loopback of its own and nothing else. */
        NONE,
        /** The machine's. */
        HOST
    }

    /**
     * Another instance's.
     *
     * @param instance its name or id
     */
    record OfInstance(String instance) implements NetworkMode {

        public OfInstance {
            Rules.word("instance", instance);
        }
    }

    /**
     * One of its own, with a link to each of some networks.
     *
     * @param attachments at least one; each network once
     */
    record Networks(List<NetworkAttachment> attachments) implements NetworkMode {

        public Networks {
            attachments = List.copyOf(attachments);
            if (attachments.isEmpty()) {
                throw Rules.broken("networks", "must name a network; an instance without any has the mode none");
            }
            Set<String> names = new HashSet<>();
            for (NetworkAttachment attachment : attachments) {
                if (!names.add(attachment.network())) {
                    throw Rules.broken("networks", "the network " + attachment.network() + " is named twice");
                }
            }
        }

        boolean isDefault() {
            return attachments.size() == 1 && attachments.getFirst().isDefault();
        }
    }

    /** The network that every engine has. */
    NetworkMode DEFAULT = new Networks(List.of(NetworkAttachment.to(NetworkAttachment.DEFAULT_NETWORK)));
}
