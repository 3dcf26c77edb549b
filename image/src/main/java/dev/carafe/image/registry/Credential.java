package dev.carafe.image.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** By what somebody is known to a registry. Its text names no secret. */
public sealed interface Credential {

    /** By nothing. */
    record Anonymous() implements Credential {}

    record Password(String user, String secret) implements Credential {

        String basic() {
            return "Basic "
                    + Base64.getEncoder().encodeToString((user + ":" + secret).getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String toString() {
            return "the password of " + user;
        }
    }

    /** What tokens are got for, without a password. */
    record IdentityToken(String secret) implements Credential {
        @Override
        public String toString() {
            return "an identity token";
        }
    }

    /** A token itself. */
    record RegistryToken(String secret) implements Credential {
        @Override
        public String toString() {
            return "a registry token";
        }
    }
}
