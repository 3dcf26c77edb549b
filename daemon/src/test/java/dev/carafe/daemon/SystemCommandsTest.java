package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What there is in all, and what of it nobody uses. */
@SystemTest
@WithDaemon
class SystemCommandsTest {

    private static void some(Installation carafe, String name, String script) {
        carafe.execute(
                        "run",
                        "-d",
                        "--network",
                        "none",
                        "--name",
                        name,
                        "--label",
                        "who=" + name,
                        "-v",
                        "/vol",
                        "host:",
                        "sh",
                        "-c",
                        script)
                .succeeded();
    }

    private static String names(Installation carafe) {
        return carafe.execute("ps", "-a", "--format", "name").succeeded();
    }

    @Test
    void whatDoesNotRunGoes(Installation carafe) {
        some(carafe, "runs", "sleep 1000");
        some(carafe, "one", "head -c 300000 /dev/zero > /srv/file; head -c 100000 /dev/zero > /vol/file");
        some(carafe, "other", "true");
        carafe.execute("wait", "one", "other").succeeded();
        String usage = carafe.execute("system", "df", "--format", "json").succeeded();
        assertThat(Json.read(usage, ".[] | select(.type==\"instances\") | .total + \" \" + .active"))
                .isEqualTo("3 1");
        assertThat(Long.parseLong(Json.read(usage, ".[] | select(.type==\"instances\") | .size")))
                .isBetween(300_000L, 1_000_000L);
        assertThat(Json.read(usage, ".[] | select(.type==\"volumes\") | .total + \" \" + .active"))
                .isEqualTo("3 3");
        carafe.execute("prune", "--filter", "label=who=other").succeeded();
        assertThat(names(carafe)).contains("one").contains("runs").doesNotContain("other");
        carafe.execute("prune", "--filter", "until=1h").succeeded();
        assertThat(names(carafe)).contains("one");
        assertThat(carafe.execute("prune", "-f").succeeded()).isEqualTo("one\n");
        assertThat(carafe.execute("volume", "ls", "-q").succeeded()).hasLineCount(3);
        assertThat(carafe.execute("system", "prune", "-f", "--volumes").succeeded())
                .contains("freed ");
        assertThat(carafe.execute("volume", "ls", "-q").succeeded()).hasLineCount(1);
        assertThat(names(carafe)).contains("runs");
        String info = carafe.execute("info", "--format", "json").succeeded();
        assertThat(Json.read(info, ".running + \" of \" + .instances")).isEqualTo("1 of 1");
        assertThat(carafe.execute("system", "info").succeeded())
                .contains(carafe.data().toString());
        carafe.execute("rm", "-f", "-v", "runs").succeeded();
    }

    @Test
    void imagesThatNobodyUsesGoWhenAllAreToGo(Installation carafe) {
        Path tar = carafe.newPath("image.tar");
        Commands.succeed("tar -C \"$0\" -cf \"$1\" .", carafe.root().toString(), tar.toString());
        carafe.execute("image", "import", tar.toString(), "used:1").succeeded();
        carafe.execute("tag", "used:1", "used:2").succeeded();
        carafe.execute("image", "import", "-c", "ENV A=b", tar.toString(), "idle:1")
                .succeeded();
        carafe.execute("create", "--name", "one", "--network", "none", "used:1", "true")
                .succeeded();
        assertThat(carafe.execute("image", "prune", "-f").succeeded()).startsWith("freed ");
        assertThat(carafe.execute("image", "list", "-q").succeeded()).hasLineCount(3);
        assertThat(carafe.execute("image", "prune", "-af").succeeded()).startsWith("idle:1\nfreed ");
        assertThat(carafe.execute("image", "list").succeeded()).contains("used").doesNotContain("idle");
        assertThat(carafe.execute("start", "-a", "one").succeeded()).isEmpty();
        assertThat(carafe.execute("system", "prune", "-a", "--force").succeeded())
                .startsWith("one\nused:1\nused:2\nfreed ")
                .contains(" 1 layers");
        assertThat(carafe.execute("images", "-q").succeeded()).isEmpty();
        carafe.execute("rmi", "idle:1").failed(1, "idle:1");
        carafe.execute("rmi", "-f", "idle:1").succeeded();
    }
}
