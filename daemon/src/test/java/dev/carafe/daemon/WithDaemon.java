package dev.carafe.daemon;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Every {@link Installation} of the test class has a daemon, which has to be there still when the test ends. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface WithDaemon {

    /** Whether the tests share one, and its daemon: for many short ones. After each nothing may be left all the same. */
    boolean shared() default false;
}
