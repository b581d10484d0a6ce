package dev.asyncpatterns.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails the test that blocks an event loop, with the stack of the call and the rule it breaks.
 *
 * <pre>{@code
 * @NoBlocking
 * @ExtendWith(VertxExtension.class)
 * class PricesTest {
 *   @Test
 *   void price_isAnswered(Vertx vertx, VertxTestContext test) {
 *     vertx.deployVerticle(new PricesVerticle())
 *         .compose(id -> vertx.eventBus().request("price", "tea"))
 *         .onComplete(test.succeedingThenComplete());
 *   }
 * }
 * }</pre>
 *
 * <p>Semantics: sleeping, parking, waiting, contended locks, reading and writing files and blocking
 * sockets are seen however short they are, by the flight recorder of the JDK; a loop that computes
 * for longer than {@link #maxLoopMillis} or hangs in native code, by looking at it every few
 * milliseconds. Looking up files and host names, connecting and starting processes are seen on JDK
 * 17 (by a security manager, which the JDK announces on its error stream, and which {@code
 * -Djava.security.manager=disallow} keeps away) and from JDK 25 on (by method tracing), not on the
 * versions between. Neither an agent nor a flag is needed; where BlockHound is on the class path
 * and its flag is set, what it finds is reported as well. What Vert.x and Netty do by themselves
 * does not count while it is short; nor does loading classes or writing to the log; nor what {@code
 * AllowBlocking} permits. The rules are those of the scanner.
 *
 * <p>The test that fails is the one that started the loop, or else that was running on it; what
 * blocks after its test has ended fails the class.
 *
 * <p>Context: works beside {@code VertxExtension} and {@link VirtualTimeExtension}, in any order,
 * and with a Vertx the test makes itself. Worker and virtual threads may block. Errors: an {@code
 * AssertionError} whose stack is that of the blocking call, when all of the test is over. Cost:
 * some tenths of a second once, and for each test that uses a loop the 5 to 10 ms that it takes to
 * read the flight recorder.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(NoBlockingExtension.class)
public @interface NoBlocking {
  /**
   * How long an event loop may be busy in one go.
   *
   * @return milliseconds of processor time, at least 1
   */
  int maxLoopMillis() default 50;

  /**
   * Why this test, or class of tests, may block.
   *
   * @return a sentence; empty when it must not
   */
  String off() default "";
}
