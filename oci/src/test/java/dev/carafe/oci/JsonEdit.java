package dev.carafe.oci;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A place in a JSON tree, as the names and indices on the way to it, and copies of trees with a change there. */
public record JsonEdit(List<Object> steps) {

    public JsonEdit {
        steps = List.copyOf(steps);
    }

    /** The place that is spelt like {@code mounts[3].destination}. */
    public static JsonEdit at(String path) {
        List<Object> steps = new ArrayList<>();
        for (String step : path.replace("[", ".[").split("\\.", -1)) {
            if (step.startsWith("[")) {
                steps.add(Integer.valueOf(step.substring(1, step.length() - 1)));
            } else if (!step.isEmpty()) {
                steps.add(step);
            }
        }
        return new JsonEdit(steps);
    }

    /** Every place in the tree but its root. */
    public static List<JsonEdit> everywhere(Json tree) {
        List<JsonEdit> places = new ArrayList<>();
        collect(tree, List.of(), places);
        return places;
    }

    private static void collect(Json tree, List<Object> here, List<JsonEdit> places) {
        if (!here.isEmpty()) {
            places.add(new JsonEdit(here));
        }
        if (tree instanceof JsonObject(Map<String, Json> members)) {
            members.forEach((name, member) -> collect(member, plus(here, name), places));
        } else if (tree instanceof JsonArray(List<Json> elements)) {
            for (int i = 0; i < elements.size(); i++) {
                collect(elements.get(i), plus(here, i), places);
            }
        }
    }

    private static List<Object> plus(List<Object> steps, Object step) {
        List<Object> more = new ArrayList<>(steps);
        more.add(step);
        return more;
    }

    /** The object or array that this place is in. */
    public JsonEdit parent() {
        return new JsonEdit(steps.subList(0, steps.size() - 1));
    }

    /** The path as messages spell it. */
    public String path() {
        String path = "";
        for (Object step : steps) {
            path = step instanceof Integer index ? JsonPath.element(path, index) : JsonPath.member(path, (String) step);
        }
        return path;
    }

    /** What the tree has at this place. */
    public Json get(Json tree) {
        return find(tree).orElseThrow(() -> new IllegalArgumentException("no " + path() + " in " + tree.shown()));
    }

    /** What the tree has at this place, if there is such a place. */
    public Optional<Json> find(Json tree) {
        Json found = tree;
        for (Object step : steps) {
            Json next = null;
            if (found instanceof JsonObject(Map<String, Json> members) && step instanceof String name) {
                next = members.get(name);
            } else if (found instanceof JsonArray(List<Json> elements)
                    && step instanceof Integer index
                    && index < elements.size()) {
                next = elements.get(index);
            }
            if (next == null) {
                return Optional.empty();
            }
            found = next;
        }
        return Optional.of(found);
    }

    /** The tree with {@code value} at this place, new or instead of what is there. */
    public Json set(Json tree, Json value) {
        return edit(tree, 0, value);
    }

    private Json edit(Json tree, int depth, Json value) {
        if (depth == steps.size()) {
            return value;
        }
        Object step = steps.get(depth);
        return switch (tree) {
            case JsonObject(Map<String, Json> members) -> {
                Map<String, Json> copy = new LinkedHashMap<>(members);
                Json member = copy.getOrDefault((String) step, new JsonObject(Map.of()));
                copy.put((String) step, edit(member, depth + 1, value));
                yield new JsonObject(copy);
            }
            case JsonArray(List<Json> elements) -> {
                List<Json> copy = new ArrayList<>(elements);
                copy.set((Integer) step, edit(copy.get((Integer) step), depth + 1, value));
                yield new JsonArray(copy);
            }
            default -> throw new IllegalArgumentException("no " + path() + " in " + tree.shown());
        };
    }

    /** The tree without what is at this place. */
    public Json remove(Json tree) {
        Object last = steps.getLast();
        JsonEdit parent = parent();
        return switch (parent.get(tree)) {
            case JsonObject(Map<String, Json> members) -> {
                Map<String, Json> copy = new LinkedHashMap<>(members);
                copy.remove((String) last);
                yield parent.set(tree, new JsonObject(copy));
            }
            case JsonArray(List<Json> elements) -> {
                List<Json> copy = new ArrayList<>(elements);
                copy.remove((int) (Integer) last);
                yield parent.set(tree, new JsonArray(copy));
            }
            default -> throw new IllegalArgumentException("no " + path() + " in " + tree.shown());
        };
    }
}
