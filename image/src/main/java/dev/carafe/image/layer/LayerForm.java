package dev.carafe.image.layer;

/** What a layer becomes. */
public enum LayerForm {
    /** A lower folder of overlayfs, whose marks only root may set ({@code trusted.overlay.*}). */
    OVERLAY("trusted.overlay."),
    /** A lower folder of overlayfs mounted with {@code userxattr}, as users without privilege do. */
    USER_OVERLAY("user.overlay."),
    /** A change to what is there: what the layer removes is removed. */
    PLAIN("");

    private final String marks;

    LayerForm(String marks) {
        this.marks = marks;
    }

    boolean isOverlay() {
        return this != PLAIN;
    }

    /** The attribute by which overlayfs knows a directory that covers what lower layers have at its place. */
    String opaqueMark() {
        return mark("opaque");
    }

    /** One of overlayfs' own attributes. */
    String mark(String name) {
        return marks + name;
    }
}
