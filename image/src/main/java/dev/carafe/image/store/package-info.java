/**
 * What is on this machine: blobs and layers by their digests, and the names that lead to them.
 *
 * <p>{@link dev.carafe.image.store.Store} is the entry. A blob or a layer is a file or a folder, whose name is its
 * digest; whether it is whole, the database says. Content is written beside its place, moved there when all of it has
 * come and its digest is right, and noted; a name is given to it only after one sync of the file system. So whatever
 * ends the process or the machine, what has a name is whole, and what was on its way is gone on with or swept out.
 *
 * <p>Who works with content holds it in a {@link dev.carafe.image.store.Lease} from before he asks for it.
 * {@linkplain dev.carafe.image.store.Store#collect Collecting} frees what no name leads to and no lease holds, exactly,
 * while others work.
 *
 * <p>Thread-safe, and safe between processes that share a folder: of two who want the same content one fetches it.
 */
@NullMarked
package dev.carafe.image.store;

import org.jspecify.annotations.NullMarked;
