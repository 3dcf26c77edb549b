package dev.carafe.daemon;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test an {@link Installation}, and has the last word when it ends: nothing may be left. One that
 * {@code @BeforeAll} takes is that of all the tests in the class.
 */
final class InstallationExtension implements ParameterResolver, AfterEachCallback, AfterAllCallback {

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(InstallationExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Installation.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        SharedFolder shared = context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(SharedFolder.class, key -> SharedFolder.make(), SharedFolder.class);
        return owner(context)
                .getStore(NAMESPACE)
                .computeIfAbsent(Installation.class, key -> make(shared, context), Installation.class);
    }

    /** Whose it is: the test's, or that of the class. */
    private static ExtensionContext owner(ExtensionContext context) {
        ExtensionContext owner = context;
        while (isShared(context) && owner.getTestMethod().isPresent()) {
            owner = owner.getParent().orElseThrow();
        }
        return owner;
    }

    private static boolean isShared(ExtensionContext context) {
        WithDaemon daemon = context.getRequiredTestClass().getAnnotation(WithDaemon.class);
        return daemon != null && daemon.shared();
    }

    private static Installation make(SharedFolder shared, ExtensionContext context) {
        Installation installation = Installation.make(shared);
        if (context.getRequiredTestClass().isAnnotationPresent(WithDaemon.class)) {
            installation.startDaemon();
        }
        return installation;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Installation shared = isShared(context)
                ? owner(context).getStore(NAMESPACE).get(Installation.class, Installation.class)
                : null;
        if (shared == null || context.getExecutionException().isPresent()) {
            end(owner(context), context);
        } else {
            shared.mustBeAsBefore();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        end(context, context);
    }

    private static void end(ExtensionContext owner, ExtensionContext context) {
        Installation installation = owner.getStore(NAMESPACE).remove(Installation.class, Installation.class);
        if (installation != null) {
            installation.end(context.getExecutionException().isPresent());
        }
    }
}
