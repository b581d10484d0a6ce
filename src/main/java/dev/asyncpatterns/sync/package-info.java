/**
 * Shared state between asynchronous steps. The {@code Async} prefix keeps the blocking namesakes of
 * {@code java.util.concurrent} from being imported by accident.
 */
@NullMarked
package dev.asyncpatterns.sync;

import org.jspecify.annotations.NullMarked;
