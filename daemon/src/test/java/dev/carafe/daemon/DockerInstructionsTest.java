package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Instructions for an image, held against what Docker makes of the same. */
@SystemTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DockerInstructionsTest {

    private static final String CONFIG = "{\"cmd\": {{json .Config.Cmd}}, \"entrypoint\": {{json .Config.Entrypoint}},"
            + " \"env\": {{json .Config.Env}}, \"labels\": {{json .Config.Labels}},"
            + " \"ports\": {{json .Config.ExposedPorts}}, \"volumes\": {{json .Config.Volumes}},"
            + " \"user\": {{json .Config.User}}, \"directory\": {{json .Config.WorkingDir}},"
            + " \"signal\": {{json .Config.StopSignal}}, \"health\": {{json .Config.Healthcheck}},"
            + " \"onbuild\": {{json .Config.OnBuild}}}";

    private static final List<List<String>> GOOD = List.of(
            List.of("CMD [\"a\", \"b c\"]", "ENTRYPOINT [\"x\"]"),
            List.of("ENTRYPOINT x  'y z' $HOME", "CMD z"),
            List.of("ENTRYPOINT [\"x\"]", "CMD [\"y\"]", "ENTRYPOINT [\"z\"]"),
            List.of("CMD [not, json]"),
            List.of("ENV A=1 B=\"two words\" C=two\\ words D='$A \"' E=\"\\$A \\\"q\\\" \\n\""),
            List.of("ENV old  style  of it", "ENV q \"in quotes\"", "ENV EMPTY="),
            List.of("ENV A=1", "ENV A=2 B=$A", "ENV B2=${B}x C=$Bx D=${N:-none} E=${A:+some} G=100$ H=\\$A"),
            List.of("ENV A=1", "LABEL a=$A \"c d\"=e f='$A'", "LABEL old style"),
            List.of("EXPOSE 80 53/udp 8000-8003", "ENV P=9000", "EXPOSE $P/sctp"),
            List.of("VOLUME /a /b", "VOLUME [\"/c d\", \"/e\"]"),
            List.of("ENV U=me D=/data", "USER $U:5", "WORKDIR $D", "WORKDIR b/../c", "VOLUME $D/v"),
            List.of("HEALTHCHECK --interval=1m30s --timeout=2s --start-period=10s --retries=5 CMD curl -f localhost"),
            List.of("HEALTHCHECK CMD [\"check\", \"me\"]"),
            List.of("HEALTHCHECK CMD true", "HEALTHCHECK NONE"),
            List.of("ONBUILD RUN make", "ONBUILD COPY . /src"));

    private static final List<String> BAD = List.of(
            "RUN make",
            "FROM x",
            "SHELL [\"x\"]",
            "ENV A",
            "ENV =x",
            "ENV A=1 B",
            "ENV A=\"x",
            "ENV A=${B",
            "EXPOSE x",
            "EXPOSE 70000",
            "EXPOSE 80/icmp",
            "VOLUME [\"\"]",
            "STOPSIGNAL NONE",
            "HEALTHCHECK CMD",
            "HEALTHCHECK NONE x",
            "HEALTHCHECK check",
            "HEALTHCHECK --interval=1us CMD x",
            "HEALTHCHECK --often=1s CMD x",
            "ONBUILD FROM x",
            "ONBUILD ONBUILD RUN x");

    private Dockerd docker;
    private Path tar;

    @BeforeAll
    void startDocker(Installation carafe) {
        PeerFolder folder = carafe.newPeerFolder();
        docker = new Dockerd(carafe, folder, new Containerd(carafe, folder));
        tar = folder.path("root.tar");
        Commands.succeed("tar -C \"$0\" -cf \"$1\" ./bin/busybox", carafe.root().toString(), tar.toString());
    }

    private static String[] with(List<String> instructions, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        instructions.forEach(it -> all.addAll(List.of("-c", it)));
        return all.toArray(String[]::new);
    }

    private String config(String image) {
        return docker.succeed("image", "inspect", "--format=" + CONFIG, image);
    }

    @Test
    void theyMeanTheSame(Installation carafe) {
        Path archive = carafe.newPath("ours.tar");
        for (List<String> instructions : GOOD) {
            docker.succeed(PeerFolder.words(with(instructions, "import"), tar.toString(), "theirs:1"));
            carafe.execute(PeerFolder.words(with(instructions, "image", "import"), tar.toString(), "ours:1"))
                    .succeeded();
            Commands.succeed("rm -f \"$0\"", archive.toString());
            carafe.execute("image", "save", "-o", archive.toString(), "ours:1").succeeded();
            docker.succeed("load", "--quiet", "--input", archive.toString());
            assertThat(config("ours:1")).as(instructions.toString()).isEqualTo(config("theirs:1"));
        }
    }

    @Test
    void whatDockerRefusesIsRefused(Installation carafe) {
        for (String instruction : BAD) {
            String[] words = with(List.of(instruction), "import");
            docker.execute(PeerFolder.words(words, tar.toString(), "theirs:2")).ended(1);
            assertThat(carafe.execute(PeerFolder.words("image", words, tar.toString(), "ours:2"))
                            .error())
                    .as(instruction)
                    .contains("\"" + instruction + "\": ");
        }
    }
}
