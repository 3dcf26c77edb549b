package dev.carafe.runtime.plan;

import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the operations' records say of themselves, in the terms of {@code native/plan.h}. */
public final class OperationTable {

    private static final int OPERATION_START = 32;

    private OperationTable() {}

    /** Every kind of operation, down through the sealed interfaces. */
    public static List<Class<?>> records(Class<?> sealed) {
        List<Class<?>> records = new ArrayList<>();
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            if (permitted.isRecord()) {
                records.add(permitted);
            } else if (permitted.isSealed()) {
                records.addAll(records(permitted));
            }
        }
        return records;
    }

    /** Arguments by number: {@code o} and {@code s} for slots, {@code i}, {@code t}, {@code b}, {@code v}. */
    public static Map<Integer, String> ofJava() {
        Map<Integer, String> table = new TreeMap<>();
        for (Class<?> type : records(Operation.class)) {
            byte[] bytes = new Plan(List.of(new Step(sample(type), "test")), 1024, 0, Slot.CWD, 0).toBytes();
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
            String old = table.put((int) buffer.getShort(OPERATION_START), signature(type));
            if (old != null) {
                throw new AssertionError(type + " has the number of another operation");
            }
        }
        return table;
    }

    private static String signature(Class<?> type) {
        StringBuilder signature = new StringBuilder();
        for (RecordComponent component : type.getRecordComponents()) {
            signature.append(
                    switch (component.getType().getSimpleName()) {
                        case "Slot" -> component.getName().equals("slot") ? "o" : "s";
                        case "String" -> "t";
                        case "byte[]" -> "b";
                        case "List" -> component.getGenericType().toString().contains("Integer") ? "b" : "v";
                        default -> "i";
                    });
        }
        // The options of prctl(2) take four arguments, of which plans use one.
        return type == ProcessOperation.Prctl.class ? signature + "iii" : signature.toString();
    }

    private static Operation sample(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = switch (types[i].getSimpleName()) {
                case "Slot" -> new Slot(i, "slot");
                case "String" -> "text";
                case "byte[]" -> new byte[48];
                case "List" -> List.of();
                case "boolean" -> true;
                case "int" -> 1;
                case "long" -> 1L;
                default -> types[i].getEnumConstants()[0];
            };
        }
        try {
            return (Operation) type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException exception) {
            throw new LinkageError(type + " is no record of an operation", exception);
        }
    }
}
