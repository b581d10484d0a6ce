/** Floor 1, second: permits, locks, events and other ways for tasks to wait for each other. */
@NullMarked
package dev.asyncpatterns.sync;

import org.jspecify.annotations.NullMarked;
