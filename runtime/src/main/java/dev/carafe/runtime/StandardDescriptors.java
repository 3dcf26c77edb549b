package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What standard input, output and error of a container's first process are, so that others can be found for them when it is
 * restored: a pipe's other end is somebody else's, and files may be in no mount of the container's.
 *
 * @param links as the kernel names them
 * @param outside CRIU's names of those that are files outside of the container, else nothing
 */
record StandardDescriptors(List<String> links, List<String> outside) {

    static final String NULL_DEVICE = "/dev/null";

    static final int COUNT = 3;
    private static final int MOST_BYTES = 1 << 20;

    StandardDescriptors {
        links = List.copyOf(links);
        outside = List.copyOf(outside);
    }

    /** Those of a process that stands still, or at least keeps them. */
    static StandardDescriptors of(Files files, int pid) {
        String process = "/proc/" + pid;
        String mounts = "\n" + files.readText(Fd.CWD, process + "/mountinfo", MOST_BYTES);
        List<String> links = new ArrayList<>();
        List<String> outside = new ArrayList<>();
        for (int number = 0; number < COUNT; number++) {
            String link = "";
            String file = "";
            try {
                link = files.readLink(Fd.CWD, process + "/fd/" + number);
                int mount = mount(files.readText(Fd.CWD, process + "/fdinfo/" + number, MOST_BYTES));
                if (link.startsWith("/") && !mounts.contains("\n" + mount + " ")) {
                    long inode =
                            files.status(Fd.CWD, process + "/fd/" + number, 0).inode();
                    file = "file[" + Integer.toHexString(mount) + ":" + Long.toHexString(inode) + "]";
                }
            } catch (SystemCallException closed) {
                // It stays so.
            }
            links.add(link);
            outside.add(file);
        }
        return new StandardDescriptors(links, outside);
    }

    private static int mount(String information) {
        return information
                .lines()
                .filter(line -> line.startsWith("mnt_id:"))
                .findFirst()
                .map(line -> Integer.parseInt(line.substring("mnt_id:".length()).strip()))
                .orElse(-1);
    }

    /** As runC has them, who looks for pipes among them by their place; what it does not know comes after. */
    byte[] toBytes() {
        List<Json> texts = new ArrayList<>();
        links.forEach(link -> texts.add(new JsonString(link)));
        outside.forEach(file -> texts.add(new JsonString(file)));
        return new JsonArray(texts).compact().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Those that somebody has kept, Carafe or runC.
     *
     * @throws dev.carafe.oci.InvalidDocumentException if it is no JSON
     */
    static StandardDescriptors parse(String name, byte[] bytes) {
        if (!(Json.parse(name, bytes) instanceof JsonArray(List<Json> values)) || values.size() < COUNT) {
            throw new RuntimeFailure(name + ": is no list of the standard descriptors");
        }
        List<String> texts = values.stream()
                .map(value -> value instanceof JsonString(String text) ? text : "")
                .toList();
        List<String> outside = texts.subList(COUNT, texts.size());
        return new StandardDescriptors(
                texts.subList(0, COUNT), outside.size() == COUNT ? outside : List.of("", "", ""));
    }

    /**
     * What others are to be found for, by CRIU's names, with the numbers of those that replace them: its own standard ones,
     * and for null devices those that the plan has opened. A file that is there twice is replaced once.
     */
    Map<String, Integer> replacements() {
        Map<String, Integer> replacements = new LinkedHashMap<>();
        for (int number = 0; number < COUNT; number++) {
            String link = links.get(number);
            if (link.startsWith("pipe:")) {
                replacements.putIfAbsent(link, number);
            } else if (!outside.get(number).isEmpty()) {
                // CRIU takes names for paths and looks for them without their first character; found like that a file
                // is
                // replaced as it is, and not opened anew to go on at its old place.
                replacements.putIfAbsent(
                        outside.get(number).substring(1),
                        link.equals(NULL_DEVICE) ? RestoreCompiler.FIRST_NULL + number : number);
            }
        }
        return replacements;
    }
}
