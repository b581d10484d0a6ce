package dev.asyncpatterns.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Python's asynchronous generators and comprehensions are the peer. */
class AsyncIteratorTest extends VirtualFixture {
  private final IOException boom = new IOException("boom");
  private int asked;
  private int closed;

  /** Numbers from 1, each after a millisecond; counts what it was asked for. */
  private AsyncIterator<Integer> numbers(int last) {
    return AsyncIterator.generate(
        () -> {
          int n = ++asked;
          return Delay.of(Duration.ofMillis(1)).map(v -> n <= last ? (Integer) n : null);
        },
        () -> {
          closed++;
          return Future.succeededFuture();
        });
  }

  @Test
  void next_givesOneAfterTheOther_thenNull_andStaysAtTheEnd() {
    AsyncIterator<Integer> it = numbers(2);
    assertEquals(1, time.call(it::next));
    assertEquals(2, time.call(it::next));
    assertNull(time.call(it::next));
    assertNull(time.call(it::next));
    assertEquals(3, asked, "not asked again after the end");
  }

  /** The classic mistake reads ahead without bound. */
  @Test
  void nothingIsReadAhead() {
    AsyncIterator<Integer> it = numbers(1000).map(n -> n * 2).filter(n -> n % 4 == 0);
    assertEquals(0, asked);
    assertEquals(4, time.call(it::next));
    advance(1000);
    assertEquals(2, asked);
  }

  @Test
  void mapFilterTake_compose_andTakeClosesWithoutAskingFurther() {
    assertEquals(
        List.of(20, 40, 60),
        time.call(() -> numbers(1000).filter(n -> n % 2 == 0).map(n -> n * 10).take(3).toList()));
    assertEquals(6, asked);
    assertEquals(1, closed);
  }

  @Test
  void take_none_asksNothing() {
    assertEquals(List.of(), time.call(() -> numbers(5).take(0).toList()));
    assertEquals(0, asked);
    assertSays(
        IllegalArgumentException.class,
        "items to take must be at least 0, was -1",
        () -> numbers(1).take(-1));
  }

  @Test
  void mapAsync_runsOneAfterTheOther() {
    List<String> got =
        time.call(() ->
            numbers(3).mapAsync(n -> Delay.of(Duration.ofMillis(10)).map(v -> "n" + n)).toList());
    assertEquals(List.of("n1", "n2", "n3"), got);
    assertEquals(Duration.ofMillis(34), time.now());
  }

  @Test
  void collect_putsThemTogether() {
    assertEquals(
        "1,2,3", time.call(() -> numbers(3).map(String::valueOf).collect(Collectors.joining(","))));
    assertEquals(1, closed);
  }

  @Test
  void millionItemsThatAreThere_needNoStack() {
    List<Integer> all = IntStream.range(0, 1_000_000).boxed().toList();
    assertEquals(
        999_999, time.<Integer>call(() -> AsyncIterator.of(all).filter(n -> n == 999_999).next()));
    assertEquals(
        500_000L,
        time.call(
            () -> AsyncIterator.of(all).filter(n -> n % 2 == 0).collect(Collectors.counting())));
  }

  @Test
  void infiniteSource_isFine() {
    AsyncIterator<Integer> it = AsyncIterator.of(() -> Stream.iterate(1, n -> n + 1).iterator());
    assertEquals(List.of(1, 2, 3), time.call(() -> it.take(3).toList()));
  }

  @Test
  void failureOfTheSource_isTheTakers_thenTheEnd() {
    AsyncIterator<Integer> it = AsyncIterator.generate(() -> Future.failedFuture(boom));
    assertSame(boom, assertThrows(IOException.class, () -> time.call(it::next)));
    assertNull(time.call(it::next));
    AsyncIterator<Integer> throwing =
        AsyncIterator.generate(() -> {
          throw new IllegalStateException("thrown");
        });
    assertThrows(IllegalStateException.class, () -> time.call(throwing::toList));
  }

  @Test
  void failureOfAFunctionOrAnAction_closesTheSource() {
    assertThrows(
        ArithmeticException.class, () -> time.call(() -> numbers(3).map(n -> n / 0).toList()));
    assertThrows(
        IOException.class,
        () -> time.call(() -> numbers(3).forEach(n -> Future.failedFuture(boom))));
    assertThrows(
        IllegalStateException.class,
        () ->
            time.call(() ->
                numbers(3)
                    .filter(n -> {
                      throw new IllegalStateException("thrown");
                    })
                    .toList()));
    assertEquals(3, closed);
  }

  @Test
  void functionThatGivesNull_isAnError_notTheEnd() {
    NullPointerException e =
        assertThrows(
            NullPointerException.class, () -> time.call(() -> numbers(3).map(n -> null).toList()));
    assertEquals("the function gave null, which would be the end", e.getMessage());
  }

  @Test
  void secondTaker_isRefused_andTheFirstIsServed() {
    AsyncIterator<Integer> it = numbers(3);
    Future<Integer> first = turn(it::next);
    Future<Integer> second = turn(it::next);
    assertFails(IllegalStateException.class, second);
    advance(1);
    assertEquals(1, first.result());
  }

  @Test
  void cancelledForEach_stopsTheSourcesWait_andClosesIt() {
    Cancellable<Void> taking =
        cancellable(() -> numbers(1000).forEach(n -> Future.succeededFuture()));
    advance(5);
    taking.scope().cancel("go");
    advance(5);
    assertFails(CancellationException.class, taking.future());
    assertEquals(1, closed);
    assertEquals(6, asked);
  }

  @Test
  void itemThatComesAfterTheCancellation_isClosed_andDealtWithByNobody() {
    AtomicBoolean lateClosed = new AtomicBoolean();
    Promise<AutoCloseable> opaque = Promise.promise();
    AsyncIterator<AutoCloseable> it = AsyncIterator.generate(opaque::future);
    Cancellable<Void> taking =
        cancellable(() ->
            it.forEach(item -> {
              log.add("dealt with");
              return Future.succeededFuture();
            }));
    taking.scope().cancel("go");
    time.settle();
    assertFails(CancellationException.class, taking.future());
    turn(() -> opaque.complete(() -> lateClosed.set(true)));
    assertTrue(lateClosed.get());
    assertEquals(List.of(), log);
  }

  @Test
  void sourceOnAnotherThread_answersOnTheTakersContext() throws Exception {
    AsyncIterator<Integer> it =
        AsyncIterator.generate(() -> {
          Promise<Integer> promise = Promise.promise();
          new Thread(() -> promise.complete(1)).start();
          return promise.future();
        });
    AtomicReference<Context> asker = new AtomicReference<>();
    AtomicReference<Context> told = new AtomicReference<>();
    time.call(() -> {
      asker.set(Vertx.currentContext());
      return it.next().onComplete(v -> told.set(Vertx.currentContext()));
    });
    assertSame(asker.get(), told.get());
  }

  @Test
  void channel_asIterator_endsWithTheChannel_andLosesNothing() {
    Channel<Integer> channel = Channel.bounded(vertx, 10);
    List<Integer> got = new ArrayList<>();
    Future<Void> read =
        turn(() ->
            AsyncIterator.of(channel)
                .forEach(item -> {
                  got.add(item);
                  return Future.succeededFuture();
                }));
    turn(() -> {
      channel.trySend(1);
      channel.trySend(2);
      channel.close();
    });
    assertDone(read);
    assertEquals(List.of(1, 2), got);
  }

  @Test
  void closed_isAtItsEnd_andClosesTheSourceOnce() {
    AsyncIterator<Integer> it = numbers(3);
    turn(() -> it.close());
    turn(() -> it.close());
    assertNull(time.call(it::next));
    assertEquals(1, closed);
    assertEquals(0, asked);
  }

  @Test
  void withoutAContext_namesTheCure() {
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> numbers(1).next());
    assertTrue(e.getMessage().contains("AsyncIterator.on(vertx, () -> AsyncIterator.next(...))"));
    assertEquals(1, time.await(AsyncIterator.on(vertx, () -> numbers(1).next())));
  }
}
