package dev.carafe.cli;

/**
 * Where what is copied goes, and what it is called there: Docker's rules, which are nearly those of {@code cp -a}.
 *
 * @param folder that has to be there
 * @param name empty for what is in the source, without a name of its own
 */
record CopyPlace(String folder, String name) {

    /** What is known of a target. */
    enum Target {
        MISSING,
        FOLDER,
        FILE
    }

    /**
     * Says where something goes.
     *
     * @param source the path that was asked for, in its side's words
     * @param sourceIsFolder whether that is a folder
     * @param target the path to copy to, without a link in its end
     * @param asked the same as it was asked for
     * @throws UsageException if the two do not go together
     */
    static CopyPlace of(String source, boolean sourceIsFolder, String target, String asked, Target is) {
        if (is == Target.FOLDER) {
            return new CopyPlace(target, nameOf(source));
        }
        if (is == Target.FILE && sourceIsFolder) {
            throw new UsageException("cannot copy the folder " + source + " to " + asked + ", which is a file");
        }
        if (is == Target.FILE && meansFolder(asked)) {
            throw new UsageException("cannot copy to " + asked + ": it is a file and no folder");
        }
        if (is == Target.MISSING && !sourceIsFolder && meansFolder(asked)) {
            throw new UsageException("cannot copy to " + asked + ": there is no such folder; make it first");
        }
        String bare = withoutEnd(target);
        int slash = bare.lastIndexOf('/');
        return new CopyPlace(slash < 0 ? "." : bare.substring(0, slash + 1), bare.substring(slash + 1));
    }

    /** What a path's file is called; empty for {@code /}, {@code .} and {@code ..}, and what ends in one of these. */
    static String nameOf(String path) {
        String bare = path;
        while (bare.endsWith("/")) {
            bare = bare.substring(0, bare.length() - 1);
        }
        String name = bare.substring(bare.lastIndexOf('/') + 1);
        return name.equals(".") || name.equals("..") ? "" : name;
    }

    /** Whether a path says itself that it is a folder's. */
    private static boolean meansFolder(String path) {
        return path.endsWith("/") || nameOf(path).isEmpty();
    }

    /** Without the slashes and dots in its end. */
    static String withoutEnd(String path) {
        String bare = path;
        while (bare.endsWith("/") || bare.endsWith("/.")) {
            bare = bare.substring(0, bare.lastIndexOf('/'));
        }
        return bare;
    }
}
