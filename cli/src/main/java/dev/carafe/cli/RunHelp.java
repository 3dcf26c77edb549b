package dev.carafe.cli;

import java.util.List;

/** What {@code carafe run}, {@code create} and {@code update} say of themselves. */
final class RunHelp {

    private RunHelp() {}

    static String run() {
        return of(
                "run [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]",
                "Makes an instance from an image and starts its program.",
                RunFlags.run(),
                """
                  carafe run --rm -it debian:12 bash
                      a shell, of which nothing is left
                  carafe run -d --name web -p 8080:80 -v site:/var/www nginx
                      a server in the background, with files that outlive it
                  carafe run --rm -m 512m --cpus 2 -v "$PWD:/work" -w /work host: make
                      programs of this machine, with bounds, that can write here only
                """);
    }

    static String create() {
        return of(
                "create [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]",
                "Makes an instance from an image, to be started later.",
                RunFlags.create(),
                """
                  carafe create --name db -e POSTGRES_PASSWORD=secret -v data:/var/lib/postgresql/data postgres
                  carafe start db
                """);
    }

    static String update() {
        return of(
                "update [OPTIONS] NAME…", "Gives instances other limits, at once if they run.", RunFlags.update(), """
                  carafe update -m 1g --cpus 1.5 web
                  carafe update --restart unless-stopped web db
                """);
    }

    private static String of(String usage, String description, List<Flags.Section> known, String examples) {
        return "Usage: carafe " + usage + "\n" + description + "\n" + Flags.help(known) + "\nExamples:\n" + examples;
    }
}
