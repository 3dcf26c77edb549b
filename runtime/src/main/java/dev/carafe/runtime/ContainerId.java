package dev.carafe.runtime;

/** The name of a container: a part of paths, so that nothing but harmless characters may be in it. */
final class ContainerId {

    private static final int LONGEST = 1024;

    private ContainerId() {}

    /**
     * Passes a usable id on.
     *
     * @throws RuntimeFailure if it is not one: letters, digits and {@code _ + - .}, not just dots
     */
    static String check(String id) {
        boolean dots = true;
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            dots &= c == '.';
            if (!letter && c != '_' && c != '+' && c != '-' && c != '.') {
                throw bad(id);
            }
        }
        if (dots || id.length() > LONGEST) {
            throw bad(id);
        }
        return id;
    }

    private static RuntimeFailure bad(String id) {
        String shown = id.length() > 100 ? id.substring(0, 100) + "…" : id;
        return new RuntimeFailure("invalid container id \"" + shown.replaceAll("\\p{Cntrl}", "?")
                + "\": it may have letters, digits and _ + - ., at most " + LONGEST + " of them");
    }
}
