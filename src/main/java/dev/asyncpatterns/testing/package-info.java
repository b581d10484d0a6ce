/**
 * The test kit: virtual time for a real Vertx, scripted fakes, a seeded stress harness, context
 * laws and a leak check. Nothing here is needed in production.
 *
 * <p>Start at {@link dev.asyncpatterns.testing.VirtualTimeExtension} in a JUnit 5 test, or at
 * {@link dev.asyncpatterns.testing.VirtualTime} anywhere else.
 */
@NullMarked
package dev.asyncpatterns.testing;

import org.jspecify.annotations.NullMarked;
