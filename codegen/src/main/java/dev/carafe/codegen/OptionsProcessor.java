package dev.carafe.codegen;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Writes down in Java what picocli's annotations say: for each class that has some a class {@code ...Options}, and one,
 * {@code CommandSpecs}, that finds the right one for a command.
 *
 * <p>picocli reads annotations by reflection, for which Java makes classes that no ahead-of-time cache keeps: 60 ms for the
 * first command of a process, 20 ms for each further one. What is written here takes three.
 */
@SupportedAnnotationTypes({
    "picocli.CommandLine.Command",
    "picocli.CommandLine.Option",
    "picocli.CommandLine.Parameters",
    "picocli.CommandLine.Mixin"
})
public final class OptionsProcessor extends AbstractProcessor {

    @Override
    public SourceVersion getSupportedSourceVersion() {
        return SourceVersion.latestSupported();
    }

    /** All are there in the first round; what is generated has no annotations. */
    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        SortedMap<String, AnnotatedClass> classes = new TreeMap<>();
        try {
            for (Element each : round.getElementsAnnotatedWithAny(
                    Set.of(Command.class, Option.class, Parameters.class, Mixin.class))) {
                Element type = each instanceof TypeElement ? each : Objects.requireNonNull(each.getEnclosingElement());
                AnnotatedClass one = AnnotatedClass.of((TypeElement) type, processingEnv.getElementUtils());
                if (classes.putIfAbsent(one.name(), one) == null) {
                    write(one.packageName(), one.generated(), one.source());
                }
            }
            if (!classes.isEmpty()) {
                AnnotatedClass first = classes.firstEntry().getValue();
                write(
                        first.packageName(),
                        "CommandSpecs",
                        CommandSpecsSource.of(first.packageName(), classes.values()));
            }
        } catch (IllegalArgumentException refused) {
            processingEnv.getMessager().printMessage(Diagnostic.Kind.ERROR, String.valueOf(refused.getMessage()));
        }
        return false;
    }

    private void write(String packageName, String name, String source) {
        try (Writer writer = processingEnv
                .getFiler()
                .createSourceFile(packageName + "." + name)
                .openWriter()) {
            writer.write(source);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
