package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe completion}. */
@Command(
        name = "carafe completion",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Prints what makes a shell complete commands, options and names of carafe's:",
            "  bash   source <(carafe completion bash)",
            "  zsh    source <(carafe completion zsh)",
            "  fish   carafe completion fish | source"
        })
final class CompletionCommand implements Callable<Ending> {

    private static final String BASH = """
            _carafe() {
                local IFS=$'\\n'
                COMPREPLY=($(carafe complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
                # Bash takes a word with a colon for several.
                if declare -F __ltrim_colon_completions >/dev/null; then
                    __ltrim_colon_completions "${COMP_WORDS[COMP_CWORD]}"
                fi
            }
            complete -o default -F _carafe carafe
            """;

    private static final String ZSH = """
            #compdef carafe
            _carafe() {
                local -a found
                found=("${(@f)$(carafe complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
                if [[ -n "$found" ]]; then compadd -a found; else _files; fi
            }
            compdef _carafe carafe
            """;

    private static final String FISH = """
            function __carafe_complete
                set -l words (commandline -opc) (commandline -ct)
                carafe complete -- $words[2..] 2>/dev/null
            end
            complete -c carafe -n 'set -l found (__carafe_complete); test -n "$found"' -f -a '(__carafe_complete)'
            """;

    private final Invocation invocation;

    @Parameters(paramLabel = "SHELL", arity = "1", description = "bash, zsh or fish.")
    String shell = "";

    CompletionCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        invocation
                .output()
                .print(
                        switch (shell) {
                            case "bash" -> BASH;
                            case "zsh" -> ZSH;
                            case "fish" -> FISH;
                            default -> throw new UsageException("completion " + shell + ": bash, zsh or fish");
                        });
        return Ending.SUCCESS;
    }
}
