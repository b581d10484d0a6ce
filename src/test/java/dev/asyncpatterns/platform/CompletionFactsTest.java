package dev.asyncpatterns.platform;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.testing.VirtualTimeExtension;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the callbacks of a stock future do with what is thrown in them; the guide cites it. */
@ExtendWith(VirtualTimeExtension.class)
class CompletionFactsTest {
  private final IllegalStateException boom = new IllegalStateException("boom");

  private void thrower() {
    throw boom;
  }

  /** 5.0.12: it comes out of complete(); 5.2.0: it is dropped. Never is it the outcome. */
  @Test
  void listenerThatThrows_alone_isNotTheOutcome() {
    Promise<String> promise = Promise.promise();
    promise.future().onSuccess(v -> thrower());
    try {
      promise.complete("x");
    } catch (IllegalStateException e) {
      assertSame(boom, e);
    }
    assertTrue(promise.future().succeeded());
  }

  @Test
  void listenerThatThrows_besideAnother_isDropped() {
    Promise<String> promise = Promise.promise();
    List<String> told = new ArrayList<>();
    promise.future().onSuccess(v -> thrower());
    promise.future().onSuccess(told::add);
    assertDoesNotThrow(() -> promise.complete("x"));
    assertEquals(List.of("x"), told);
  }

  @Test
  void listenerThatThrows_onAContext_goesToItsExceptionHandler(Vertx vertx, VirtualTime time) {
    List<Throwable> handled = new ArrayList<>();
    vertx.exceptionHandler(handled::add);
    Future<Void> timer = vertx.timer(5);
    timer.onSuccess(v -> thrower());
    time.await(vertx.timer(6));
    assertEquals(List.of(boom), handled);
    assertTrue(timer.succeeded(), "the future itself does not know");
  }

  /** The outcome of a step that follows a timer. */
  private <T> AsyncResult<T> after(
      Vertx vertx, VirtualTime time, Function<Future<Void>, Future<T>> step) {
    Future<T> end = step.apply(vertx.timer(1));
    time.await(vertx.timer(10));
    return end;
  }

  @Test
  void stepsThatThrow_fail(Vertx vertx, VirtualTime time) {
    assertSame(boom, after(vertx, time, f -> f.map(v -> fails())).cause());
    assertSame(boom, after(vertx, time, f -> f.compose(v -> failing())).cause());
    assertSame(boom, after(vertx, time, f -> f.transform((v, e) -> failing())).cause());
    assertSame(boom, after(vertx, time, f -> f.andThen(r -> thrower())).cause());
  }

  private String fails() {
    throw boom;
  }

  private Future<String> failing() {
    throw boom;
  }

  @Test
  void composeThatGivesNull_neverCompletes(Vertx vertx, VirtualTime time) {
    List<Throwable> handled = new ArrayList<>();
    vertx.exceptionHandler(handled::add);
    Future<String> end = vertx.timer(1).compose(v -> null);
    time.await(vertx.timer(10));
    assertFalse(end.isComplete());
    assertEquals(1, handled.size());
  }

  @Test
  void eventually_whateverItDoes_keepsTheOutcomeBefore(Vertx vertx, VirtualTime time) {
    assertTrue(after(vertx, time, f -> f.eventually(() -> failing())).succeeded());
    assertTrue(after(vertx, time, f -> f.eventually(() -> Future.failedFuture(boom))).succeeded());
  }

  /** The three examples of the guide. */
  private static final class Shop {
    int reserved;
    int released;
    final List<String> log = new ArrayList<>();

    Future<String> reserve(Vertx vertx) {
      reserved++;
      return vertx.timer(1).map("ticket");
    }

    Future<Void> release(Vertx vertx) {
      return vertx.timer(5).onSuccess(v -> released++).mapEmpty();
    }

    Future<String> pay(Vertx vertx, String ticket) {
      return vertx.timer(1).compose(v -> Future.failedFuture("card refused"));
    }

    Future<String> buy(Vertx vertx) {
      // guide: outcome
      return reserve(vertx)
          .compose(ticket -> pay(vertx, ticket))
          .eventually(() -> release(vertx)) // runs in any case, and is waited for
          .onFailure(e -> log.add("not bought: " + e.getMessage())); // tells, changes nothing
      // end
    }
  }

  @Test
  void eventually_isWaitedFor_onFailureOnlyTells(Vertx vertx, VirtualTime time) {
    Shop shop = new Shop();
    assertThrows(Throwable.class, () -> time.await(shop.buy(vertx)));
    assertEquals(1, shop.released);
    assertEquals(List.of("not bought: card refused"), shop.log);
  }
}
