package dev.carafe.engine.options;

/** Which system calls an instance may make. */
public sealed interface SeccompChoice {

    /** The choices that need no more words. */
    enum Simple implements SeccompChoice {
        /** Those of the engine's own profile. */
        DEFAULT,
        /** All of them. */
        UNCONFINED
    }

    /**
     * Those of a profile in Docker's format, which is that of the OCI with conditions on its rules.
     *
     * @param json the profile's text, so that the file that it came from may go
     */
    record Profile(String json) implements SeccompChoice {

        public Profile {
            Rules.some("seccompProfile", json);
        }
    }
}
