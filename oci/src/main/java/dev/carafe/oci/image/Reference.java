package dev.carafe.oci.image;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonPath;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What an image in a registry is called: {@code HOST[:PORT]/PATH[:TAG][@DIGEST]}, complete. Docker's short forms stand
 * for an image of its own registry, and those of one word for one of its library: {@code alpine} is
 * {@code docker.io/library/alpine}.
 *
 * @param host with its port, if it has one; an IPv6 address in brackets
 * @param path of the repository in there
 */
public record Reference(String host, String path, Optional<String> tag, Optional<Digest> digest) {

    /** What Docker's own registry is called; not the machine that answers for it. */
    public static final String DOCKER = "docker.io";

    private static final String LIBRARY = "library/";
    private static final String LATEST = "latest";
    private static final int LONGEST = 255;
    private static final int LONGEST_TEXT = 1024;

    private static final String WORD = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
    private static final Pattern HOST =
            Pattern.compile("(?:" + WORD + "(?:\\." + WORD + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?");
    private static final String PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern PATH = Pattern.compile(PART + "(?:/" + PART + ")*");
    private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}");
    private static final Pattern BARE_ID = Pattern.compile("[a-f0-9]{64}");

    public Reference {
        require(HOST.matcher(host).matches(), host, "is no host: HOST[:PORT]");
        require(
                PATH.matcher(path).matches(),
                path,
                "is no path of a repository: lower-case letters, digits, and . _ - / between");
        require(
                path.length() <= LONGEST,
                path,
                "is too long: the path of a repository has at most " + LONGEST + " characters");
        tag.ifPresent(it -> require(
                TAG.matcher(it).matches(),
                it,
                "is no tag: letters, digits, and _ . - after the first, at most 128 characters"));
    }

    /**
     * Reads a name in its full or a short form. One without tag and digest has none: {@link #withDefaultTag}.
     *
     * @throws InvalidDocumentException if it is none
     */
    public static Reference parse(String text) {
        require(text.length() <= LONGEST_TEXT, text, "is too long for the name of an image");
        int at = text.indexOf('@');
        String named = at < 0 ? text : text.substring(0, at);
        int slash = named.indexOf('/');
        int colon = named.lastIndexOf(':');
        boolean tagged = colon > named.lastIndexOf('/');
        String name = tagged ? named.substring(0, colon) : named;
        require(!BARE_ID.matcher(name).matches(), text, "is an image's id, and no name");
        boolean hosted = slash > 0 && isHost(name.substring(0, slash));
        String host = hosted ? name.substring(0, slash) : DOCKER;
        String path = hosted ? name.substring(slash + 1) : name;
        if (host.equals("index." + DOCKER)) {
            host = DOCKER;
        }
        require(
                path.equals(path.toLowerCase(java.util.Locale.ROOT)),
                text,
                "has upper-case letters: the path of a repository has none");
        if (host.equals(DOCKER) && path.indexOf('/') < 0) {
            path = LIBRARY + path;
        }
        try {
            return new Reference(
                    host,
                    path,
                    tagged ? Optional.of(named.substring(colon + 1)) : Optional.empty(),
                    at < 0 ? Optional.empty() : Optional.of(Digest.parse(text.substring(at + 1))));
        } catch (InvalidDocumentException exception) {
            throw new InvalidDocumentException(
                    "", JsonPath.quoted(text) + " is no image's name: " + exception.problem());
        }
    }

    /** Docker's rule: a first word with a dot or a port, or this machine's name. */
    private static boolean isHost(String word) {
        return word.indexOf('.') >= 0
                || word.indexOf(':') >= 0
                || word.equals("localhost")
                || !word.equals(word.toLowerCase(java.util.Locale.ROOT));
    }

    private static void require(boolean holds, String text, String problem) {
        if (!holds) {
            throw new InvalidDocumentException("", JsonPath.quoted(text) + " " + problem);
        }
    }

    /** The same with the tag {@code latest}, if it has neither tag nor digest. */
    public Reference withDefaultTag() {
        return tag.isEmpty() && digest.isEmpty() ? withTag(LATEST) : this;
    }

    public Reference withTag(String newTag) {
        return new Reference(host, path, Optional.of(newTag), digest);
    }

    public Reference withDigest(Digest newDigest) {
        return new Reference(host, path, tag, Optional.of(newDigest));
    }

    /** Host and path: what tags and digests are of. */
    public String repository() {
        return host + "/" + path;
    }

    /** What a registry is asked for: the digest if there is one, else the tag, else {@code latest}. */
    public String wanted() {
        return digest.map(Digest::toString).or(() -> tag).orElse(LATEST);
    }

    /** As short as Docker shows it. */
    public String familiar() {
        String name = !host.equals(DOCKER)
                ? repository()
                : path.startsWith(LIBRARY) && path.indexOf('/', LIBRARY.length()) < 0
                        ? path.substring(LIBRARY.length())
                        : path;
        return name + suffix();
    }

    private String suffix() {
        return tag.map(it -> ":" + it).orElse("") + digest.map(it -> "@" + it).orElse("");
    }

    /** In full; {@link #parse} reads it to an equal one. */
    @Override
    public String toString() {
        return repository() + suffix();
    }
}
