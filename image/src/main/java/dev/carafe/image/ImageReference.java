package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Reference;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Where an image comes from and what it is called there.
 *
 * <p>A prefix names the source; without one, the reference is Docker's own form and means a registry. {@code toString}
 * gives the text back in a form that {@link #parse} reads to an equal reference.
 */
public sealed interface ImageReference {

    /**
     * Reads a reference.
     *
     * @throws ImageException {@link ImageException.Kind#INVALID} if it has no source's form
     */
    static ImageReference parse(String text) {
        int colon = text.indexOf(':');
        String prefix = colon < 0 ? "" : text.substring(0, colon);
        String name = text.substring(colon + 1);
        return switch (prefix) {
            case "bootstrap" -> Bootstrap.parse(name);
            case "host" -> {
                if (!name.isEmpty()) {
                    throw invalid(text, "host: is this machine's own system and takes no name after it");
                }
                yield new Host();
            }
            case "oci" -> OciLayout.parse(location(text, name, "oci:DIRECTORY[:TAG]"));
            case "oci-archive" -> new OciArchive(location(text, name, "oci-archive:FILE"));
            case "docker-archive" -> new DockerArchive(location(text, name, "docker-archive:FILE"));
            case "images" -> new Simplestreams(location(text, name, "images:DISTRIBUTION/RELEASE"));
            default -> Registry.parse(text);
        };
    }

    /** The same, where paths are made absolute. */
    default ImageReference absolute(UnaryOperator<String> path) {
        return switch (this) {
            case OciLayout layout -> new OciLayout(path.apply(layout.folder()), layout.tag());
            case OciArchive archive -> new OciArchive(path.apply(archive.file()));
            case DockerArchive archive -> new DockerArchive(path.apply(archive.file()));
            default -> this;
        };
    }

    /** A distribution's system, built on the spot from its packages: {@code bootstrap:debian/bookworm}. */
    record Bootstrap(String distribution, String suite) implements ImageReference {

        // Both reach a command line and a folder's name.
        private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

        public Bootstrap {
            if (!NAME.matcher(distribution).matches() || !NAME.matcher(suite).matches()) {
                throw invalid(
                        "bootstrap:" + distribution + "/" + suite,
                        "the form is bootstrap:DISTRIBUTION/SUITE, each a lower-case letter followed by lower-case"
                                + " letters, digits and dashes, such as bootstrap:debian/bookworm");
            }
        }

        private static Bootstrap parse(String name) {
            int slash = name.indexOf('/');
            return slash < 0
                    ? new Bootstrap(name, "")
                    : new Bootstrap(name.substring(0, slash), name.substring(slash + 1));
        }

        @Override
        public String toString() {
            return "bootstrap:" + distribution + "/" + suite;
        }
    }

    /** A copy-on-write view of this machine's own system: {@code host:}. */
    record Host() implements ImageReference {
        @Override
        public String toString() {
            return "host:";
        }
    }

    /** An OCI image layout: {@code oci:DIRECTORY[:TAG]}. */
    record OciLayout(String folder, Optional<String> tag) implements ImageReference {

        private static OciLayout parse(String location) {
            int colon = location.lastIndexOf(':');
            return colon <= location.lastIndexOf('/') || colon == 0
                    ? new OciLayout(location, Optional.empty())
                    : new OciLayout(location.substring(0, colon), Optional.of(location.substring(colon + 1)));
        }

        @Override
        public String toString() {
            return "oci:" + folder + tag.map(it -> ":" + it).orElse("");
        }
    }

    /** An OCI image layout in a tar file: {@code oci-archive:FILE}. */
    record OciArchive(String file) implements ImageReference {
        @Override
        public String toString() {
            return "oci-archive:" + file;
        }
    }

    /** What {@code docker save} writes: {@code docker-archive:FILE}. */
    record DockerArchive(String file) implements ImageReference {
        @Override
        public String toString() {
            return "docker-archive:" + file;
        }
    }

    /** An image of a simplestreams server, as {@code incus} and {@code lxc} use them: {@code images:debian/12}. */
    record Simplestreams(String alias) implements ImageReference {
        @Override
        public String toString() {
            return "images:" + alias;
        }
    }

    /** An image of a registry: {@code alpine}, {@code example.org:5000/team/app:1.2@sha256:...}. */
    record Registry(Reference name) implements ImageReference {

        private static Registry parse(String text) {
            try {
                return new Registry(Reference.parse(text));
            } catch (InvalidDocumentException exception) {
                throw new ImageException(
                        INVALID,
                        exception.getMessage()
                                + "; a name that is no registry's begins with bootstrap:, host:, oci:, oci-archive:,"
                                + " docker-archive: or images:");
            }
        }

        @Override
        public String toString() {
            return name.familiar();
        }
    }

    private static String location(String text, String name, String form) {
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw invalid(text, "the form is " + form);
        }
        return name;
    }

    private static ImageException invalid(String text, String why) {
        return new ImageException(INVALID, "\"" + text + "\" is no image reference: " + why);
    }
}
