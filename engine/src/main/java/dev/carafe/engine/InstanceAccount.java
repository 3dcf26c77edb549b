package dev.carafe.engine;

import dev.carafe.image.AccountFiles;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.accounts.Account;
import dev.carafe.linux.accounts.Accounts;
import dev.carafe.linux.accounts.UnknownAccountException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Who a program runs as, by the names that an instance itself has for its users. */
final class InstanceAccount {

    private InstanceAccount() {}

    /**
     * Finds it.
     *
     * @param layers the folders that make up the instance's files, top first
     * @param user {@code USER[:GROUP]}, names or ids; empty for root
     * @param groups further groups, names or ids
     */
    static Account of(Kernel kernel, List<Path> layers, String user, List<String> groups) {
        try {
            Accounts accounts = AccountFiles.read(kernel, layers);
            Account account = accounts.resolve(user);
            if (groups.isEmpty()) {
                return account;
            }
            Set<Long> further = new LinkedHashSet<>(account.supplementaryGids());
            groups.forEach(group -> further.add(accounts.resolve(":" + group).gid()));
            further.remove(account.gid());
            return new Account(account.uid(), account.gid(), List.copyOf(further), account.home());
        } catch (UnknownAccountException unknown) {
            throw new EngineException(EngineException.Kind.NOT_FOUND, unknown);
        } catch (IllegalArgumentException malformed) {
            throw new EngineException(EngineException.Kind.INVALID, malformed);
        }
    }
}
