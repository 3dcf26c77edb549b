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
        return context.getStore(NAMESPACE)
                .computeIfAbsent(Installation.class, key -> make(shared, context), Installation.class);
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
        end(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        end(context);
    }

    private static void end(ExtensionContext context) {
        Installation installation = context.getStore(NAMESPACE).remove(Installation.class, Installation.class);
        if (installation != null) {
            installation.end(context.getExecutionException().isPresent());
        }
    }
}
