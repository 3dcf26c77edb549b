package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Archives of what scripts make. */
final class TarFile {

    private TarFile() {}

    /** An archive of a folder that a script has filled. */
    static byte[] of(Path folder, String script) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Process process = new ProcessBuilder(
                        "bash",
                        "-euc",
                        script + "\nfind . -exec touch -h -d @1500000000 {} +\n"
                                + "tar --sort=name --format=pax --pax-option=delete=atime,delete=ctime -cf ../tar . && cat ../tar && rm ../tar")
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] tar = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return tar;
    }
}
