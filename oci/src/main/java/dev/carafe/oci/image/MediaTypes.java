package dev.carafe.oci.image;

import java.util.Map;
import java.util.Optional;

/** What content is, as descriptors and registries say it (media-types.md). */
public final class MediaTypes {

    public static final String DESCRIPTOR = "application/vnd.oci.descriptor.v1+json";
    public static final String LAYOUT = "application/vnd.oci.layout.header.v1+json";
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
    public static final String LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    public static final String LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
    /** The content of an artifact that has none: {@code {}}. */
    public static final String EMPTY = "application/vnd.oci.empty.v1+json";

    public static final String DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    public static final String DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public static final String DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    public static final String DOCKER_FOREIGN_LAYER_GZIP = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    private static final Map<String, Compression> LAYERS = Map.of(
            LAYER,
            Compression.NONE,
            LAYER_GZIP,
            Compression.GZIP,
            LAYER_ZSTD,
            Compression.ZSTD,
            DOCKER_LAYER,
            Compression.NONE,
            DOCKER_LAYER_GZIP,
            Compression.GZIP,
            DOCKER_LAYER_ZSTD,
            Compression.ZSTD,
            DOCKER_FOREIGN_LAYER_GZIP,
            Compression.GZIP,
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
            Compression.NONE,
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            Compression.GZIP,
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
            Compression.ZSTD);

    private MediaTypes() {}

    /** How the tar of a layer is compressed. */
    public enum Compression {
        NONE,
        GZIP,
        ZSTD
    }

    /** How a layer of this type is compressed; empty if it is no layer. */
    public static Optional<Compression> layer(String mediaType) {
        return Optional.ofNullable(LAYERS.get(mediaType));
    }

    /** Whether it is a layer that its owner wants pulled from elsewhere, and not pushed. */
    public static boolean isForeignLayer(String mediaType) {
        return LAYERS.containsKey(mediaType)
                && (mediaType.contains(".nondistributable.") || mediaType.contains(".foreign."));
    }

    public static boolean isIndex(String mediaType) {
        return mediaType.equals(INDEX) || mediaType.equals(DOCKER_INDEX);
    }

    public static boolean isManifest(String mediaType) {
        return mediaType.equals(MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }

    public static boolean isImageConfig(String mediaType) {
        return mediaType.equals(CONFIG) || mediaType.equals(DOCKER_CONFIG);
    }

    /** The type in a Content-Type header, which may have parameters behind it; in lower case. */
    public static String ofHeader(String contentType) {
        int semicolon = contentType.indexOf(';');
        return (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(java.util.Locale.ROOT);
    }
}
