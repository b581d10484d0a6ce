/**
 * Floor 3: work between verticles and machines. {@link dev.asyncpatterns.queue.WorkQueue} is what
 * every engine offers; an engine keeps the jobs and lends them to consumers, one lease per attempt.
 */
@NullMarked
package dev.asyncpatterns.queue;

import org.jspecify.annotations.NullMarked;
