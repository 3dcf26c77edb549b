package dev.carafe.image.failpoint;

import java.util.Locale;

/**
 * A moment in the life of the store at which a test may have the process killed, stopped or refused something: so that
 * "whatever ends the process" is tried at each, and not believed.
 *
 * <p>The variable {@code CARAFE_FAILPOINT} of the process's own environment arms one: {@code NAME:DEED}, or
 * {@code NAME:DEED@N} for the Nth time that it is reached. Deeds are {@code kill} (SIGKILL to itself), {@code stop}
 * (SIGSTOP to itself; whoever sends SIGCONT lets it go on), and the name of an {@link dev.carafe.linux.Errno}, which is
 * thrown as if the kernel had given it. Unarmed, {@link #reach} compares with a constant and costs nothing.
 *
 * <p>That is safe: whoever sets a process's environment starts it, and could end or trace it anyhow. A daemon has the
 * environment of who started it, and looks into none that a client sends for this.
 */
public enum Failpoint {
    /** A store is opened: its folders are there, its database is not looked at yet. */
    STORE_FOLDERS_MADE,
    /** Within the first transaction of a new database. */
    STORE_DATABASE_BEGUN,
    /** Of what was not known to be on the disk before the machine's last start, some is taken for begun. */
    STORE_PART_DISTRUSTED,

    PULL_BEGUN,
    /** The registry has said what the name leads to. */
    PULL_RESOLVED,
    /** All is here, and has no name. */
    PULL_FETCHED,

    /** An archive that is compressed lies uncompressed in a file of its own. */
    LOAD_UNCOMPRESSED,
    LOAD_BEGUN,
    /** All of one image is here, and has no name. */
    LOAD_FETCHED,

    IMPORT_BEGUN,
    /** The archive is a layer, in a file of its own. */
    IMPORT_PACKED,
    IMPORT_FETCHED,

    TAG_BEGUN,

    /** There is an empty file, and its lock. */
    BLOB_BEGUN,
    /** Reached with every piece that comes from a source, when it is written. */
    BLOB_PART_WRITTEN,
    /** It is whole and right, beside its place. */
    BLOB_RECEIVED,
    /** It is at its place, and the database does not know. */
    BLOB_MOVED,
    /** The database knows, within the transaction. */
    BLOB_NOTED,
    BLOB_COMMITTED,
    /** One that is damaged is forgotten, and still at its place. */
    BLOB_DISTRUSTED,

    /** There is an empty folder, and its lock. */
    LAYER_BEGUN,
    /** Reached before each entry of its archive. */
    LAYER_PART_UNPACKED,
    /** It is whole and right, beside its place. */
    LAYER_UNPACKED,
    /** It is at its place, and the database does not know. */
    LAYER_MOVED,
    /** The database knows, within the transaction. */
    LAYER_NOTED,
    LAYER_COMMITTED,
    /** One that is damaged is forgotten, and still at its place. */
    LAYER_DISTRUSTED,

    /** A recipe's file is begun, and its lock held. */
    RECIPE_BEGUN,
    /** It is whole, right and on the disk, beside its place. */
    RECIPE_WRITTEN,
    /** It is at its place, and the database does not know. */
    RECIPE_MOVED,
    /** The database knows, within the transaction. */
    RECIPE_NOTED,
    RECIPE_COMMITTED,
    /** The database has forgotten a blob that is made by a recipe, and its file is there still. */
    PACKED_FORGOTTEN,
    PACKED_SWEPT,

    NAMING_BEGUN,
    /** What it leads to is on the disk. */
    NAMING_SYNCED,
    /** The database knows, within the transaction. */
    NAMING_NOTED,
    NAMING_COMMITTED,
    /** A name is taken away, within the transaction. */
    UNNAMING_NOTED,
    UNNAMING_COMMITTED,

    COLLECTION_BEGUN,
    COLLECTION_MARKED,
    /** Reached with each blob and layer that the database forgets, within the transaction. */
    COLLECTION_PART_FORGOTTEN,
    /** The database has forgotten what nobody needs, and all files are there still. */
    COLLECTION_FORGOTTEN,
    /** Reached with each file and folder that is taken away. */
    COLLECTION_PART_SWEPT,
    COLLECTION_SWEPT,
    /** Reached with each file and folder that is removed for good. */
    COLLECTION_PART_REMOVED,

    /** A layer is unpacked once more, to be compared. */
    VERIFICATION_UNPACKED;

    static final String VARIABLE = "CARAFE_FAILPOINT";

    /** As it is written to arm it: {@code blob-moved}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Says that this moment has come. */
    public void reach() {
        if (Armed.POINT == this) {
            Armed.strike();
        }
    }
}
