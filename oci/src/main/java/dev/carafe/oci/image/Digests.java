package dev.carafe.oci.image;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonCursor;
import java.util.ArrayList;
import java.util.List;

/** Digests in documents. */
final class Digests {

    private Digests() {}

    static Digest read(JsonCursor in, String name) {
        try {
            return Digest.parse(in.text(name));
        } catch (InvalidDocumentException exception) {
            throw exception.document().isEmpty() ? in.problem(name, exception.problem()) : exception;
        }
    }

    static List<Digest> list(JsonCursor in, String name) {
        List<Digest> digests = new ArrayList<>();
        for (String text : in.texts(name)) {
            try {
                digests.add(Digest.parse(text));
            } catch (InvalidDocumentException exception) {
                throw in.problem(name + "[" + digests.size() + "]", exception.problem());
            }
        }
        return digests;
    }
}
