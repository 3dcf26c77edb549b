package dev.carafe.daemon;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that drive the installed tree {@code out/} as a user would: a test takes an {@link Installation} with folders of
 * its own, and after it nothing of that may be left on the machine.
 */
@Tag("root")
@Timeout(120)
@ExtendWith(InstallationExtension.class)
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface SystemTest {}
