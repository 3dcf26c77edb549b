package dev.carafe.linux.accounts;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The users and groups of a tree, as its own passwd(5) and group(5) files tell them.
 *
 * <p>Both texts belong to whoever made the tree: a line that makes no sense counts for nothing. Other name services of
 * the tree are never asked: that would run its code.
 *
 * <p>Immutable.
 */
public final class Accounts {

    /** The most bytes of either file that are worth reading. */
    public static final int FILE_MOST = 1024 * 1024;

    /** What other engines allow: beyond it, some have taken an id for 0. */
    private static final long ID_MOST = Integer.MAX_VALUE;

    private static final int ID_DIGITS_MOST = 10;

    private final List<User> users;
    private final List<Group> groups;

    private Accounts(List<User> users, List<Group> groups) {
        this.users = users;
        this.groups = groups;
    }

    /**
     * The accounts that these texts have.
     *
     * @param passwd the text of {@code /etc/passwd}; empty where there is none
     * @param group the text of {@code /etc/group}; empty where there is none
     */
    public static Accounts parse(String passwd, String group) {
        return new Accounts(
                passwd.lines().flatMap(line -> User.parse(line).stream()).toList(),
                group.lines().flatMap(line -> Group.parse(line).stream()).toList());
    }

    /**
     * Who a process runs as, by Docker's rules.
     *
     * <p>Digits are always an id, never a name, so that a tree cannot give the account "1000" the powers of another.
     * An id needs no entry; without one the group is 0 and the home is {@code /}. Supplementary groups come from
     * {@code /etc/group}, and only if no group is asked for.
     *
     * @param specification {@code USER}, {@code USER:GROUP} or {@code :GROUP}, each a name or an id of 0 to 2147483647;
     *     an empty user is 0
     * @throws UnknownAccountException if there is no such name
     * @throws IllegalArgumentException if it has not that form
     */
    public Account resolve(String specification) {
        int colon = specification.indexOf(':');
        String user = colon < 0 ? specification : specification.substring(0, colon);
        String group = colon < 0 ? "" : specification.substring(colon + 1);
        if (group.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "user \"" + specification + "\": the form is USER[:GROUP], each a name or an id");
        }
        OptionalLong askedUid = user.isEmpty() ? OptionalLong.of(0) : id(user, "user", specification);
        Optional<User> entry =
                first(users, it -> askedUid.isPresent() ? it.uid == askedUid.getAsLong() : it.name.equals(user));
        if (entry.isEmpty() && askedUid.isEmpty()) {
            throw new UnknownAccountException(
                    "user \"" + specification + "\": the image's /etc/passwd has no usable entry for \"" + user
                            + "\"; give its numeric id or add it to the image");
        }
        long uid = entry.map(User::uid).orElseGet(askedUid::getAsLong);
        String home = entry.map(User::home).orElse("/");
        if (!group.isEmpty()) {
            return new Account(uid, gid(group, specification), List.of(), home);
        }
        long gid = entry.map(User::gid).orElse(0L);
        List<Long> supplementary = entry.stream()
                .flatMap(it -> groups.stream().filter(member -> member.members.contains(it.name)))
                .map(Group::gid)
                .filter(other -> other != gid)
                .distinct()
                .toList();
        return new Account(uid, gid, supplementary, home);
    }

    /** The name of a user, if he has one. */
    public Optional<String> name(long uid) {
        return first(users, it -> it.uid == uid).map(User::name);
    }

    private long gid(String group, String specification) {
        return id(group, "group", specification)
                .orElseGet(() -> first(groups, it -> it.name.equals(group))
                        .map(Group::gid)
                        .orElseThrow(() -> new UnknownAccountException(
                                "user \"" + specification + "\": the image's /etc/group has no usable entry for \""
                                        + group + "\"; give its numeric id or add it to the image")));
    }

    /** The id that digits stand for; nothing if they are no digits and so a name. */
    private static OptionalLong id(String text, String what, String specification) {
        if (!text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        OptionalLong id = id(text);
        if (id.isEmpty()) {
            throw new IllegalArgumentException("user \"" + specification + "\": " + what + " " + text
                    + " is out of range: ids are 0 to " + ID_MOST);
        }
        return id;
    }

    private static OptionalLong id(String text) {
        if (text.isEmpty() || text.length() > ID_DIGITS_MOST || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        long id = Long.parseLong(text);
        return id <= ID_MOST ? OptionalLong.of(id) : OptionalLong.empty();
    }

    private record User(String name, long uid, long gid, String home) {

        /** {@code name:password:uid:gid:gecos:home:shell}, passwd(5). */
        static Optional<User> parse(String line) {
            String[] fields = line.split(":", -1);
            if (fields.length < 6 || fields[0].isEmpty()) {
                return Optional.empty();
            }
            OptionalLong uid = id(fields[2]);
            OptionalLong gid = id(fields[3]);
            return uid.isEmpty() || gid.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new User(
                            fields[0], uid.getAsLong(), gid.getAsLong(), fields[5].startsWith("/") ? fields[5] : "/"));
        }
    }

    private record Group(String name, long gid, List<String> members) {

        /** {@code name:password:gid:member,member}, group(5). */
        static Optional<Group> parse(String line) {
            String[] fields = line.split(":", -1);
            if (fields.length < 4 || fields[0].isEmpty()) {
                return Optional.empty();
            }
            OptionalLong gid = id(fields[2]);
            return gid.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Group(fields[0], gid.getAsLong(), List.of(fields[3].split(","))));
        }
    }

    private static <T> Optional<T> first(List<T> all, Predicate<T> wanted) {
        return all.stream().filter(wanted).findFirst();
    }
}
