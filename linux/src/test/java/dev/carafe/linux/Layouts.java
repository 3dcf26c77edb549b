package dev.carafe.linux;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All structures that the package lays out, found in its classes so that none can be forgotten. */
final class Layouts {

    /**
     * A structure.
     *
     * @param where the field that holds its layout
     */
    record Found(String where, Struct layout) {
        @Override
        public String toString() {
            return where;
        }
    }

    private Layouts() {}

    static List<Found> all() throws IOException, URISyntaxException, ReflectiveOperationException {
        Path classes = Path.of(SystemCalls.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve(SystemCalls.class.getPackageName().replace('.', '/'));
        List<Found> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.equals("package-info.class")) {
                    add(
                            found,
                            Class.forName(SystemCalls.class.getPackageName() + "."
                                    + name.substring(0, name.length() - ".class".length())));
                }
            }
        }
        return found;
    }

    private static void add(List<Found> found, Class<?> type) throws ReflectiveOperationException {
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Struct.class) {
                field.setAccessible(true);
                found.add(new Found(type.getSimpleName() + "." + field.getName(), (Struct) field.get(null)));
            }
        }
    }
}
