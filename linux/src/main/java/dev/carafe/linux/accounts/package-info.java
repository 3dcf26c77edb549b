/** Users and groups, as passwd(5) and group(5) files tell them. */
@NullMarked
package dev.carafe.linux.accounts;

import org.jspecify.annotations.NullMarked;
