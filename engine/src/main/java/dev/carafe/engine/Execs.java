package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.accounts.Account;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ProcessConfig;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.ExecRequest;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Runs further programs in instances: as its first one, in what is not said otherwise. */
final class Execs {

    private static final String LOST = "the monitor of the program was killed";

    private final Parts parts;
    private final InstanceMaker maker;

    Execs(Parts parts, InstanceMaker maker) {
        this.parts = parts;
        this.maker = maker;
    }

    /** Returns when the program has begun. */
    void start(InstanceRecord instance, ExecOptions options, Starter starter) {
        Config config = parts.containers().config(instance.id());
        ProcessConfig first = config.process().orElseThrow();
        ExecRequest request = new ExecRequest(
                instance.id(),
                process(instance, first, options),
                Map.of(),
                false,
                options.detached()
                        ? Blueprint.Input.ALL_NULL
                        : options.input() ? Blueprint.Input.INHERITED : Blueprint.Input.NULL,
                0,
                ProcessNotice.NONE);
        parts.containers().exec(request, starter, options.detached(), master -> {
            // Nobody has it: what is detached writes to a terminal that hangs up.
        });
    }

    /** Who gets what a program writes, as it comes. */
    interface Sink {
        void output(byte[] bytes);

        void error(byte[] bytes);
    }

    /**
     * Runs a program to its end, for this process alone: as soon as that is killed, or has no more patience, its monitor
     * kills the program and what it has started.
     *
     * @return its status; empty if it took too long
     * @throws RuntimeFailure if it could not be begun, or its monitor was killed
     */
    OptionalInt run(InstanceRecord instance, ExecOptions options, Starter starter, Duration patience, Sink sink) {
        Kernel kernel = parts.kernel();
        long begun = System.nanoTime();
        try (Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
                Attachment attachment = Attachment.begin(kernel, pair.first(), false, true, true)) {
            try (Fd theirs = pair.second()) {
                startFor(theirs, instance, options, starter);
            }
            while (true) {
                Duration left =
                        patience.equals(Polling.FOREVER) ? patience : patience.minusNanos(System.nanoTime() - begun);
                boolean waits = patience.equals(Polling.FOREVER) || !left.isNegative();
                if (!waits || !kernel.polling().awaitReadable(attachment.socket(), left)) {
                    return OptionalInt.empty();
                }
                switch (attachment.read()) {
                    case Attachment.Event.Output(byte[] bytes) -> sink.output(bytes);
                    case Attachment.Event.ErrorOutput(byte[] bytes) -> sink.error(bytes);
                    case Attachment.Event.Begun ignored -> {}
                    case Attachment.Event.Ended ended -> {
                        return OptionalInt.of(Exit.status(ended.waitStatus()));
                    }
                    case Attachment.Event.Dropped ignored -> throw new RuntimeFailure(LOST);
                    case Attachment.Event.Lost ignored -> throw new RuntimeFailure(LOST);
                }
            }
        }
    }

    private void startFor(Fd client, InstanceRecord instance, ExecOptions options, Starter starter) {
        Config config = parts.containers().config(instance.id());
        ExecRequest request = new ExecRequest(
                instance.id(),
                process(instance, config.process().orElseThrow(), options),
                Map.of(),
                false,
                Blueprint.Input.NULL,
                0,
                ProcessNotice.NONE);
        parts.containers().exec(request, starter, Keeping.boundTo(client));
    }

    private ProcessConfig process(InstanceRecord instance, ProcessConfig first, ExecOptions options) {
        Optional<Account> account = options.user().map(user -> account(instance, user));
        long uid = account.map(Account::uid).orElse(first.user().uid());
        return new ProcessConfig(
                options.terminal(),
                Optional.empty(),
                account.map(it -> new User(it.uid(), it.gid(), OptionalLong.empty(), it.supplementaryGids()))
                        .orElse(first.user()),
                options.command(),
                environment(first, account, options),
                options.directory().orElse(first.cwd()),
                options.privileged()
                        ? Optional.of(AppConfig.capabilities(EnumSet.allOf(Capability.class), 0))
                        : first.capabilities().map(it -> AppConfig.capabilities(it.bounding(), uid)),
                first.rlimits(),
                !options.privileged() && first.noNewPrivileges(),
                first.apparmorProfile(),
                first.oomScoreAdj(),
                first.scheduler(),
                first.selinuxLabel(),
                first.ioPriority(),
                Optional.empty());
    }

    private static List<String> environment(ProcessConfig first, Optional<Account> account, ExecOptions options) {
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> all = new ArrayList<>(first.env());
        account.ifPresent(it -> all.add("HOME=" + it.home()));
        if (options.terminal()) {
            all.add("TERM=xterm");
        }
        all.addAll(options.environment());
        for (String variable : all) {
            int equals = variable.indexOf('=');
            variables.put(equals < 0 ? variable : variable.substring(0, equals), variable);
        }
        return List.copyOf(variables.values());
    }

    private Account account(InstanceRecord instance, String user) {
        return InstanceAccount.of(parts.kernel(), maker.changes(instance).layers(), user, List.of());
    }
}
