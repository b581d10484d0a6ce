/**
 * What every pattern stands on; not API and not exported. With {@code testing}, the only package
 * that knows Vert.x internals.
 *
 * <ul>
 *   <li>{@link dev.asyncpatterns.kernel.Contexts}: on whose context a call answers.
 *   <li>{@link dev.asyncpatterns.kernel.Scope}, {@link dev.asyncpatterns.kernel.Call}, {@link
 *       dev.asyncpatterns.kernel.Group}: who is told to stop, and who waits for whom.
 *   <li>{@link dev.asyncpatterns.kernel.Steps}: the one loop of asynchronous steps.
 *   <li>{@link dev.asyncpatterns.kernel.Waiter}, {@link dev.asyncpatterns.kernel.WaitQueue}, {@link
 *       dev.asyncpatterns.kernel.WaiterList}: the one way to wait; {@link
 *       dev.asyncpatterns.kernel.Permits}: the one that counts.
 *   <li>{@link dev.asyncpatterns.kernel.Loop}, {@link dev.asyncpatterns.kernel.Deadlines}: the
 *       clock, the drain queue and the deadlines of one event loop.
 *   <li>{@link dev.asyncpatterns.kernel.VertxKernel}, {@link dev.asyncpatterns.kernel.Registry}:
 *       what is kept per Vertx, and counted.
 * </ul>
 */
@NullMarked
package dev.asyncpatterns.kernel;

import org.jspecify.annotations.NullMarked;
