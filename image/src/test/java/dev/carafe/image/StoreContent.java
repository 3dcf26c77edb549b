package dev.carafe.image;

import dev.carafe.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All that a store has, as one of them is compared with another.
 *
 * @param files those of the store; configurations that are made tell the time, so that of blobs only their number counts
 *     where there is one of those
 * @param images by name, a digest of all their files
 */
record StoreContent(List<String> files, Map<String, String> images) {

    /** Reads the store of a data folder. */
    static StoreContent of(Path data) {
        Path store = data.resolve("images");
        Map<String, String> images = images(data);
        boolean made = images.keySet().stream().anyMatch(name -> name.contains("imported"));
        try (Stream<Path> paths = Files.walk(store, 3)) {
            return new StoreContent(
                    paths.map(path -> store.relativize(path).toString())
                            .filter(path -> !path.startsWith("index.db") && !path.equals("lost+found"))
                            .map(path -> made ? path.replaceAll("^blobs/sha256/[0-9a-f]{64}$", "blob") : path)
                            .sorted()
                            .toList(),
                    images);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** What each image has: all of it has to be there. */
    static Map<String, String> images(Path data) {
        Map<String, String> images = new TreeMap<>();
        try (LocalImages local = ImageDeed.open(data).local()) {
            for (LocalImages.Summary image : local.list()) {
                MessageDigest hash = MessageDigest.getInstance("SHA-256");
                local.export(image, new DigestOutputStream(OutputStream.nullOutputStream(), hash));
                images.put(image.name().text(), HexFormat.of().formatHex(hash.digest()));
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (NoSuchAlgorithmException exception) {
            throw new IllegalStateException(exception);
        }
        return images;
    }

    /** What {@code carafe image verify} says. */
    static List<String> damage(Path data) {
        List<String> damage = new ArrayList<>();
        try (LocalImages local = ImageDeed.open(data).local()) {
            local.verify(damage::add);
        }
        return damage;
    }

    /** How many bytes of each blob have come, whole or not. */
    static Map<Digest, Long> bytesOfBlobs(Path data) {
        Map<Digest, Long> bytes = new TreeMap<>(Comparator.comparing(Digest::toString));
        try (Stream<Path> files = Files.list(data.resolve("images/blobs/sha256"))) {
            for (Path file : files.toList()) {
                String hex = file.getFileName().toString().replace(".unfinished", "");
                bytes.merge(new Digest(Digest.Algorithm.SHA256, hex), Files.size(file), Math::max);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        return bytes;
    }
}
