package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static dev.carafe.daemon.InstanceTest.status;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers that people run, as Debian packages them: they serve through published ports, keep what is in volumes, and
 * their own clients find nothing wrong.
 */
@SystemTest
@WithDaemon
class ServersTest {

    private static final String SERVERS = "servers:1";

    /**
     * Debian's packages from where this machine's apt gets them, through its proxies. Their documentation is removed only
     * when all is installed, as dpkg's filters take longer, and so is PostgreSQL's compiler, which it does without.
     */
    private static final String BUILD = """
            set -eu
            cd "$0"
            install -m 600 /dev/null apt.conf
            apt-config dump |
              grep -E '^Acquire::((http|https|ftp)::|Retries|ForceIPv|Check-|M(in|ax)-)' > apt.conf || true
            printf '%s\\n' 'Dir::Etc::netrc "/etc/apt/auth.conf";' 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";' >> apt.conf
            export SETTINGS="$PWD/apt.conf"
            archive=$(apt-get indextargets --format '$(REPO_URI)|$(COMPONENT)|$(ORIGIN)|$(RELEASE)' 'Created-By: Packages' |
              awk -F'|' '$2 == "main" && $4 !~ /-security/ && $1 !~ /^cdrom:/ && ($3 == "Debian" || $1 ~ "/debian/?$") {
                sub(/^file:/, "copy:", $1); print $1; exit }')
            mmdebstrap --mode=root --variant=minbase --format=tar --include=nginx-light,postgresql \\
              --dpkgopt=force-unsafe-io \\
              --setup-hook='cat "$SETTINGS" >> "$MMDEBSTRAP_APT_CONFIG"' \\
              --essential-hook='cd "$1" && mkdir -p etc/postgresql-common &&
                echo create_main_cluster = false > etc/postgresql-common/createcluster.conf' \\
              --customize-hook='cd "$1" && rm -rf usr/share/doc usr/share/man usr/share/locale usr/lib/*/libLLVM* \\
                usr/lib/*/libz3* usr/lib/postgresql/*/lib/bitcode usr/lib/postgresql/*/lib/llvmjit*' \\
              --customize-hook='cd "$1" && ln -s /$(echo usr/lib/postgresql/*/bin) opt/postgresql &&
                ln -sf /dev/stdout var/log/nginx/access.log && ln -sf /dev/stderr var/log/nginx/error.log' \\
              bookworm servers.tar ${archive:+"$archive"}
            zstd -q -1 --rm servers.tar
            """;

    private static final String DATA = "/var/lib/postgresql/data";

    /** Whether every transaction is there as a whole or not at all. */
    private static final String BALANCED = "select (select sum(delta) from pgbench_history) = all (array["
            + "(select sum(abalance) from pgbench_accounts), (select sum(bbalance) from pgbench_branches),"
            + " (select sum(tbalance) from pgbench_tellers)])";

    private static final String COUNT = "select count(*) from pgbench_history";

    @BeforeAll
    @Timeout(300)
    static void makeTheImage(Installation carafe) throws IOException {
        Path folder = carafe.newFolder("servers");
        Commands.succeed(BUILD, folder.toString());
        Path archive = folder.resolve("servers.tar.zst");
        carafe.execute(
                        "image",
                        "import",
                        "-c",
                        "ENV PATH=/opt/postgresql:/usr/sbin:/usr/bin:/sbin:/bin",
                        archive.toString(),
                        SERVERS)
                .succeeded();
        Files.delete(archive);
    }

    private static void detached(Installation carafe, String name, List<String> options, String... command) {
        List<String> words = new ArrayList<>(List.of("run", "-d", "--name", name));
        words.addAll(options);
        words.add(SERVERS);
        words.addAll(List.of(command));
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    /** The port of this machine that one of an instance's is published on. */
    private static String port(Installation carafe, String name, String inside) {
        String published = carafe.execute("port", name, inside).succeeded();
        assertThat(published).matches("127\\.0\\.0\\.1:[0-9]+\n");
        return published.strip().substring(published.indexOf(':') + 1);
    }

    /** Runs nginx with a folder of this machine as its site. */
    private static void nginx(Installation carafe, String name, Path site) {
        detached(
                carafe,
                name,
                List.of("-p", "127.0.0.1::80", "-v", site + ":/var/www/html/site:ro"),
                "nginx",
                "-g",
                "daemon off;");
    }

    private static Outcome fetch(String port, String page) {
        return Commands.run("curl -sS --fail --max-time 20 \"http://127.0.0.1:$0/$1\"", port, page);
    }

    private static void awaitPage(String port, String page, String text) {
        Conditions.await("a page is served", () -> fetch(port, page).output().equals(text));
    }

    private static Path site(Installation carafe) throws IOException {
        Path site = carafe.newFolder("site");
        Files.writeString(site.resolve("page"), "of the machine\n");
        return site;
    }

    @Test
    void nginxServesFilesOfTheMachineAndOfItsOwn(Installation carafe) throws IOException {
        Path site = site(carafe);
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        Files.write(site.resolve("large"), large);
        Path own = Files.writeString(carafe.newPath("own"), "its own\n");

        nginx(carafe, "web", site);
        String port = port(carafe, "web", "80");
        awaitPage(port, "site/page", "of the machine\n");
        Commands.succeed(
                "curl -sS --fail \"http://127.0.0.1:$0/site/large\" | cmp - \"$1/large\"", port, site.toString());
        fetch(port, "own").ended(22); // not found
        carafe.execute("cp", "-q", own.toString(), "web:/var/www/html/own").succeeded();
        assertThat(fetch(port, "own").succeeded()).isEqualTo("its own\n");
        Files.writeString(site.resolve("page"), "another\n");
        assertThat(fetch(port, "site/page").succeeded()).isEqualTo("another\n");

        carafe.execute("stop", "web").succeeded();
        assertThat(field(carafe, "web", "state.exit.status")).isEqualTo("0");
        fetch(port, "own").ended(7); // refused
        carafe.execute("start", "web").succeeded();
        port = port(carafe, "web", "80");
        awaitPage(port, "own", "its own\n");
        assertThat(fetch(port, "site/page").succeeded()).isEqualTo("another\n");
        remove(carafe, "web");
        fetch(port, "own").ended(7);
    }

    @Test
    void nginxAnswersEachOfManyRequestsAndTheLogHasThemAll(Installation carafe) throws IOException {
        nginx(carafe, "web", site(carafe));
        String port = port(carafe, "web", "80");
        awaitPage(port, "site/page", "of the machine\n");
        for (String manner : List.of("", "-k")) {
            String report = Commands.succeed(
                    "ab -q $1 -n 2000 -c 8 \"http://127.0.0.1:$0/site/page?kept=$1\" 2>&1", port, manner);
            assertThat(report).containsPattern("Complete requests: +2000\n").containsPattern("Failed requests: +0\n");
            assertThat(report).doesNotContain("Non-2xx");
            Conditions.await(
                    "all requests are logged",
                    () -> carafe.execute("logs", "web")
                                    .succeeded()
                                    .lines()
                                    .filter(line ->
                                            line.contains("\"GET /site/page?kept=" + manner + " HTTP/1.0\" 200 15 "))
                                    .count()
                            == 2000);
        }
        fetch(port, "site/").ended(22); // forbidden
        Conditions.await(
                "the error is logged",
                () -> carafe.execute("logs", "web")
                        .error()
                        .contains("directory index of \"/var/www/html/site/\" is forbidden"));
        remove(carafe, "web");
    }

    /** Makes the volume's data folder, for clients that know the password. */
    private static void initialise(Installation carafe, String volume) {
        Outcome made = carafe.run(
                "-u",
                "postgres",
                "-v",
                volume + ":/var/lib/postgresql",
                SERVERS,
                "sh",
                "-ec",
                "echo secret > /tmp/password; initdb -D " + DATA + " -A scram-sha-256 --pwfile=/tmp/password;"
                        + " echo host all all all scram-sha-256 >> " + DATA + "/pg_hba.conf");
        assertThat(made.ended(0).output()).contains("Success.");
    }

    /** Runs a server and waits until it answers; its published port. */
    private static String postgresql(Installation carafe, String name, String volume) {
        detached(
                carafe,
                name,
                List.of(
                        "-u",
                        "postgres",
                        "--stop-signal",
                        "INT",
                        "-p",
                        "127.0.0.1::5432",
                        "-v",
                        volume + ":/var/lib/postgresql"),
                "postgres",
                "-D",
                DATA,
                "-c",
                "listen_addresses=*",
                "-c",
                "unix_socket_directories=/tmp");
        String port = port(carafe, name, "5432");
        Conditions.await(
                name + " accepts connections",
                () -> client(carafe, port, "pg_isready").status() == 0);
        return port;
    }

    private static List<String> clientOptions(String port) {
        return List.of(
                "--network",
                "host",
                "-u",
                "postgres",
                "-e",
                "PGPASSWORD=secret",
                "-e",
                "PGHOST=127.0.0.1",
                "-e",
                "PGPORT=" + port,
                "-e",
                "PGDATABASE=postgres");
    }

    /** Runs a client on this machine's network, with what the image has. */
    private static Outcome client(Installation carafe, String port, String... command) {
        List<String> words = new ArrayList<>(clientOptions(port));
        words.add(SERVERS);
        words.addAll(List.of(command));
        return carafe.run(words.toArray(String[]::new));
    }

    private static String query(Installation carafe, String port, String query) {
        return client(carafe, port, "psql", "-Atc", query).succeeded().strip();
    }

    private static int count(Installation carafe, String port) {
        return Integer.parseInt(query(carafe, port, COUNT));
    }

    private static void awaitMore(Installation carafe, String port) {
        int before = count(carafe, port);
        Conditions.await("transactions are made", () -> count(carafe, port) > before);
    }

    /** Makes pgbench's tables. */
    private static void fill(Installation carafe, String port) {
        client(carafe, port, "pgbench", "-i", "-q").ended(0);
        assertThat(query(carafe, port, "select count(*) from pgbench_accounts")).isEqualTo("100000");
    }

    /** Four clients that go on until they are ended. */
    private static void load(Installation carafe, String port) {
        detached(carafe, "load", clientOptions(port), "pgbench", "-n", "-c", "4", "-T", "600", "-R", "400");
        awaitMore(carafe, port);
    }

    @Test
    void whatPostgresqlHasToldItsClientsOutlivesItsKill(Installation carafe) {
        initialise(carafe, "bank");
        String port = postgresql(carafe, "first", "bank");
        assertThat(client(carafe, port, "psql", "-w", "-d", "dbname=postgres password=wrong", "-c", "select 1")
                        .error())
                .contains("password authentication failed");
        fill(carafe, port);
        assertThat(client(carafe, port, "pgbench", "-n", "-c", "4", "-t", "50")
                        .ended(0)
                        .output())
                .contains("actually processed: 200/200", "failed transactions: 0 ");
        assertThat(count(carafe, port)).isEqualTo(200);
        carafe.execute("kill", "first").succeeded();
        assertThat(carafe.execute("wait", "first").succeeded()).isEqualTo("137\n");
        carafe.execute("rm", "first").succeeded();

        port = postgresql(carafe, "second", "bank");
        assertThat(carafe.execute("logs", "second").error())
                .contains("database system was not properly shut down; automatic recovery in progress");
        assertThat(count(carafe, port)).isEqualTo(200);
        assertThat(query(carafe, port, BALANCED)).isEqualTo("t");
        load(carafe, port);
        int seen = count(carafe, port);
        carafe.execute("kill", "second").succeeded();
        assertThat(carafe.execute("wait", "load").succeeded()).isNotEqualTo("0\n");
        assertThat(carafe.execute("logs", "load").error()).contains("error", "aborted");
        remove(carafe, "second", "load");

        port = postgresql(carafe, "third", "bank");
        int recovered = count(carafe, port);
        assertThat(recovered).isGreaterThanOrEqualTo(seen);
        assertThat(query(carafe, port, BALANCED)).isEqualTo("t");
        carafe.execute("stop", "third").succeeded();
        assertThat(field(carafe, "third", "state.exit.status")).isEqualTo("0");
        assertThat(carafe.execute("logs", "third").error()).contains("database system is shut down");
        carafe.execute("start", "third").succeeded();
        String again = port(carafe, "third", "5432");
        Conditions.await(
                "it accepts connections",
                () -> client(carafe, again, "pg_isready").status() == 0);
        assertThat(count(carafe, again)).isEqualTo(recovered);
        remove(carafe, "third");
        carafe.execute("volume", "rm", "bank").succeeded();
    }

    @Test
    void clientsOfPostgresqlDoNotNoticeTheDaemonsEnd(Installation carafe) {
        initialise(carafe, "bank");
        String port = postgresql(carafe, "server", "bank");
        fill(carafe, port);
        load(carafe, port);
        String sessions = "select string_agg(pid::text, ' ' order by pid) from pg_stat_activity"
                + " where application_name = 'pgbench'";
        String before = query(carafe, port, sessions);
        assertThat(before).matches("[0-9]+( [0-9]+){3}");

        for (Runnable end : List.<Runnable>of(carafe::killDaemon, carafe::stopDaemon)) {
            end.run();
            awaitMore(carafe, port);
            carafe.startDaemon();
            awaitMore(carafe, port);
            assertThat(query(carafe, port, sessions)).isEqualTo(before);
        }
        assertThat(status(carafe, "server")).isEqualTo("running");
        assertThat(status(carafe, "load")).isEqualTo("running");
        assertThat(carafe.execute("logs", "load").error()).doesNotContain("error", "aborted");
        assertThat(port(carafe, "server", "5432")).isEqualTo(port);

        remove(carafe, "load");
        Conditions.await("its sessions end", () -> query(carafe, port, sessions).isEmpty());
        assertThat(query(carafe, port, BALANCED)).isEqualTo("t");
        remove(carafe, "server");
        carafe.execute("volume", "rm", "bank").succeeded();
    }
}
