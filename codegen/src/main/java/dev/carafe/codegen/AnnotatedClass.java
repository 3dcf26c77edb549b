package dev.carafe.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.Elements;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * A class with fields that stand for options and parameters, and the Java that says the same without annotations.
 *
 * @param command what it says of itself; empty if it is only mixed into others
 */
record AnnotatedClass(String packageName, String name, Optional<Command> command, List<Field> fields) {

    /** picocli's value for "there is none". */
    private static final String NOTHING = "_NULL_";

    private static final String NO_DEFAULT = "__no_default_value__";

    /**
     * One that stands for something.
     *
     * @param type without annotations
     */
    private record Field(String name, String type, Element element) {}

    static AnnotatedClass of(TypeElement type, Elements elements) {
        List<Field> fields = new ArrayList<>();
        for (Element member : type.getEnclosedElements()) {
            boolean stands = member.getAnnotation(Option.class) != null
                    || member.getAnnotation(Parameters.class) != null
                    || member.getAnnotation(Mixin.class) != null;
            if (member.getKind() == ElementKind.FIELD && stands) {
                if (member.getModifiers().contains(Modifier.PRIVATE)) {
                    throw new IllegalArgumentException(
                            type + "." + member + " is private: what is generated beside the class could not set it");
                }
                fields.add(new Field(member.getSimpleName().toString(), plain(member.asType()), member));
            }
        }
        return new AnnotatedClass(
                elements.getPackageOf(type).getQualifiedName().toString(),
                type.getSimpleName().toString(),
                Optional.ofNullable(type.getAnnotation(Command.class)),
                fields);
    }

    private static String plain(TypeMirror type) {
        String text = type.toString().replaceAll("@\\S+ ", "");
        return text.substring(text.lastIndexOf(' ') + 1);
    }

    String generated() {
        return name + "Options";
    }

    String source() {
        List<Field> set = fields.stream()
                .filter(field -> field.element().getAnnotation(Mixin.class) == null)
                .toList();
        List<String> lines = new ArrayList<>();
        lines.add("package " + packageName + ";");
        lines.add("");
        lines.add("import java.util.function.Supplier;");
        lines.add("import picocli.CommandLine.Model.CommandSpec;");
        lines.add("import picocli.CommandLine.Model.IGetter;");
        lines.add("import picocli.CommandLine.Model.ISetter;");
        lines.add("import picocli.CommandLine.Model.OptionSpec;");
        lines.add("import picocli.CommandLine.Model.PositionalParamSpec;");
        lines.add("");
        lines.add("/** Generated: what the annotations of {@link " + name + "} say. */");
        lines.add("@SuppressWarnings({\"unchecked\", \"NullAway\"})");
        lines.add("final class " + generated() + " implements IGetter, ISetter {");
        lines.add("    private final Supplier<?> owner;");
        lines.add("    private final int field;");
        lines.add("");
        lines.add("    private " + generated() + "(Supplier<?> owner, int field) {");
        lines.add("        this.owner = owner;");
        lines.add("        this.field = field;");
        lines.add("    }");
        lines.add("");
        command.ifPresent(it -> lines.addAll(specification(it)));
        lines.add("    static void addTo(CommandSpec spec, Supplier<?> owner) {");
        lines.add("        " + generated() + " field;");
        for (Field field : fields) {
            lines.addAll(addition(field, set.indexOf(field)));
        }
        lines.add("    }");
        lines.addAll(access(set));
        lines.add("}");
        return String.join("\n", lines) + "\n";
    }

    private List<String> specification(Command it) {
        return List.of(
                "    static CommandSpec of(Supplier<?> owner) {",
                "        CommandSpec spec = CommandSpec.wrapWithoutInspection(owner);",
                "        spec.name(" + literal(it.name()) + ");",
                "        spec.usageMessage().sortOptions(" + it.sortOptions() + ");",
                "        spec.usageMessage().description(new String[] {" + literals(it.description()) + "});",
                "        addTo(spec, owner);",
                "        spec.addOption(OptionSpec.builder(\"-h\", \"--help\").usageHelp(true)"
                        + ".description(\"Says this.\").build());",
                "        return spec;",
                "    }",
                "");
    }

    private List<String> addition(Field field, int number) {
        if (number < 0) {
            String options = field.type().substring(field.type().lastIndexOf('.') + 1) + "Options";
            // No lambda: Java would make its class anew in each process that has not been trained with it.
            return List.of(
                    "        " + options + ".addTo(spec, new Supplier<Object>() {",
                    "            @Override",
                    "            public Object get() {",
                    "                return " + owned(field) + ";",
                    "            }",
                    "        });");
        }
        Option option = field.element().getAnnotation(Option.class);
        List<String> lines = new ArrayList<>();
        lines.add("        field = new " + generated() + "(owner, " + number + ");");
        if (option != null) {
            lines.add("        spec.addOption(OptionSpec.builder(" + literals(option.names()) + ")");
            lines.addAll(of(
                    field,
                    option.paramLabel(),
                    option.arity(),
                    option.required(),
                    option.defaultValue(),
                    option.description()));
            if (option.negatable()) {
                lines.add("                .negatable(true)");
            }
            if (!option.fallbackValue().equals(NOTHING)) {
                lines.add("                .fallbackValue(" + literal(option.fallbackValue()) + ")");
            }
        } else {
            Parameters parameters = field.element().getAnnotation(Parameters.class);
            boolean required = !parameters.arity().startsWith("0")
                    && parameters.defaultValue().equals(NO_DEFAULT);
            lines.add("        spec.addPositional(PositionalParamSpec.builder()");
            lines.addAll(of(
                    field,
                    parameters.paramLabel(),
                    parameters.arity(),
                    required,
                    parameters.defaultValue(),
                    parameters.description()));
            if (!parameters.index().isEmpty()) {
                lines.add("                .index(" + literal(parameters.index()) + ")");
            }
        }
        lines.add("                .build());");
        return lines;
    }

    /** What options and parameters have in common. */
    private List<String> of(
            Field field, String label, String arity, boolean required, String byDefault, String... description) {
        List<String> lines = new ArrayList<>();
        if (field.type().startsWith("java.util.List<")) {
            lines.add("                .type(java.util.List.class).auxiliaryTypes(String.class)");
        } else {
            lines.add("                .type(" + field.type() + ".class)");
        }
        lines.add("                .getter(field).setter(field)");
        lines.add("                .hasInitialValue(true).initialValue(" + owned(field) + ")");
        lines.add("                .description(new String[] {" + literals(description) + "})");
        lines.add("                .required(" + required + ")");
        lines.add("                .paramLabel(" + literal(label.isEmpty() ? "<" + field.name() + ">" : label) + ")");
        if (!arity.isEmpty()) {
            lines.add("                .arity(" + literal(arity) + ")");
        }
        if (!byDefault.equals(NO_DEFAULT)) {
            lines.add("                .defaultValue(" + literal(byDefault) + ")");
        }
        return lines;
    }

    /** The field of whatever object it is then. */
    private String owned(Field field) {
        return "((" + name + ") owner.get())." + field.name();
    }

    private List<String> access(List<Field> set) {
        List<String> lines = new ArrayList<>(List.of("", "    @Override", "    public <T> T get() {"));
        for (int i = 0; i < set.size(); i++) {
            lines.add("        if (field == " + i + ") {");
            lines.add("            return (T) (Object) " + owned(set.get(i)) + ";");
            lines.add("        }");
        }
        lines.addAll(List.of("        throw new IllegalStateException();", "    }", "", "    @Override"));
        lines.add("    public <T> T set(T value) {");
        for (int i = 0; i < set.size(); i++) {
            Field field = set.get(i);
            lines.add("        if (field == " + i + ") {");
            lines.add("            " + owned(field) + " = (" + boxed(field.type()) + ") value;");
            lines.add("        }");
        }
        lines.addAll(List.of("        return value;", "    }"));
        return lines;
    }

    private static String boxed(String type) {
        return switch (type) {
            case "boolean" -> "Boolean";
            case "int" -> "Integer";
            default -> type;
        };
    }

    private static String literals(String... texts) {
        return Arrays.stream(texts).map(AnnotatedClass::literal).collect(Collectors.joining(", "));
    }

    private static String literal(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }
}
