/**
 * Floor 0: contexts, scopes, the waiter queue, the drain queue and the clock; not API, not
 * exported.
 */
@NullMarked
package dev.asyncpatterns.kernel;

import org.jspecify.annotations.NullMarked;
