package dev.carafe.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoresTest {

    private static final byte[] CONTENT = {1, 2, 3};

    private final Stores stores = new Stores(Kernel.host());

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        stores.close();
    }

    private static Digest put(Store store) {
        return store.blobs().put("text/plain", CONTENT).digest();
    }

    @Test
    void whoClosesOneDoesNotCloseItForOthers() {
        Store one = stores.borrow(folder);
        Store other = stores.borrow(folder);
        Digest blob = put(one);
        one.close();
        assertThat(other.blobs().has(blob)).isTrue();
        other.close();
        try (Store again = stores.borrow(folder)) {
            assertThat(again.blobs().has(blob)).isTrue();
        }
    }

    @Test
    void whatAnotherProcessDoesIsSeen() {
        stores.borrow(folder).close();
        Digest blob;
        try (Store other = Store.open(Kernel.host(), folder)) {
            blob = put(other);
            other.name("example.org/x:1", Descriptor.of("text/plain", CONTENT));
        }
        try (Store store = stores.borrow(folder)) {
            assertThat(store.blobs().has(blob)).isTrue();
            assertThat(store.find("example.org/x:1")).isPresent();
        }
    }

    @Test
    void oneThatSomebodyHasRemovedIsMadeAnew() throws IOException {
        Path data = folder.resolve("data");
        Digest blob;
        try (Store store = stores.borrow(data)) {
            blob = put(store);
        }
        Files.move(data, folder.resolve("away"));
        try (Store store = stores.borrow(data)) {
            assertThat(store.blobs().has(blob)).isFalse();
            put(store);
        }
        assertThat(data.resolve("index.db")).exists();
    }

    @Test
    void onlySomeStayOpen() {
        List<Store> borrowed = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            borrowed.add(stores.borrow(folder.resolve("s" + i)));
        }
        borrowed.forEach(StoresTest::put);
        borrowed.forEach(Store::close);
        // What nobody uses any more and is not kept has no log left beside it.
        assertThat(folder.resolve("s0/index.db-wal")).doesNotExist();
        assertThat(folder.resolve("s5/index.db-wal")).exists();
        stores.close();
        assertThat(folder.resolve("s5/index.db-wal")).doesNotExist();
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> borrowed.getFirst().names());
    }
}
