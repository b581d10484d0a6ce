package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lodash's throttle is the peer for the edges; the engine is {@link DebouncerTest}'s too. */
class ThrottlerTest {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final VirtualTime time = VirtualTime.create();
  private final Context home = time.vertx().getOrCreateContext();
  private final List<Long> runs = new ArrayList<>();
  private final List<Integer> arguments = new ArrayList<>();

  @AfterEach
  void close() {
    time.close();
  }

  private <T> T onHome(Supplier<T> call) {
    AtomicReference<T> result = new AtomicReference<>();
    home.runOnContext(v -> result.set(call.get()));
    time.settle();
    return result.get();
  }

  private void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private Future<Integer> log(Integer argument) {
    runs.add(time.now().toMillis());
    arguments.add(argument);
    return Future.succeededFuture(-argument);
  }

  private Throttler<Integer, Integer> throttler(Function<Integer, Future<Integer>> action) {
    return onHome(() -> Throttler.create(time.vertx(), "t", INTERVAL, action));
  }

  private Future<Integer> call(Throttler<Integer, Integer> throttler, int argument) {
    return onHome(() -> throttler.call(argument));
  }

  @Test
  void callsFasterThanTheInterval_runOncePerInterval_andTheLastIsKept() {
    Throttler<Integer, Integer> t = throttler(this::log);
    Future<Integer> first = call(t, 0);
    Future<Integer> last = first;
    for (int i = 1; i <= 25; i++) { // every 10 ms, until 250
      advance(10);
      last = call(t, i);
    }
    advance(1_000);
    assertEquals(List.of(0L, 100L, 200L, 300L), runs);
    // At 100 the run comes before the call of that instant.
    assertEquals(List.of(0, 9, 19, 25), arguments);
    assertEquals(0, first.result());
    assertEquals(-25, last.result());
    assertEquals(new Throttler.Stats(26, 4, 0, false, false), t.stats());
  }

  @Test
  void loneCalls_runAtOnce_butNotBeforeTheIntervalIsOver() {
    Throttler<Integer, Integer> t = throttler(this::log);
    call(t, 1);
    advance(99);
    call(t, 2);
    advance(101);
    call(t, 3); // 200: exactly an interval after the second, which ran at 100
    advance(500);
    call(t, 4);
    assertEquals(List.of(0L, 100L, 200L, 700L), runs);
  }

  @Test
  void slowRun_putsTheNextOff_andIntervalsCountFromBeginnings() {
    Throttler<Integer, Integer> t =
        throttler(n -> log(n).compose(r -> time.vertx().timer(250).map(r)));
    call(t, 1);
    advance(10);
    Future<Integer> second = call(t, 2);
    advance(239);
    assertEquals(List.of(0L), runs);
    advance(1);
    assertEquals(List.of(0L, 250L), runs);
    advance(250);
    assertEquals(-2, second.result());
  }

  @Test
  void flush_cancel_andClose_actOnWhatIsPending() {
    Throttler<Integer, Integer> t = throttler(this::log);
    call(t, 1);
    call(t, 2);
    assertTrue(onHome(t::flush).succeeded());
    assertEquals(List.of(0L, 0L), runs);
    Future<Integer> third = call(t, 3);
    assertTrue(t.cancel());
    time.settle();
    assertInstanceOf(CancellationException.class, third.cause());
    assertFalse(t.cancel());
    call(t, 4);
    onHome(t::close);
    assertEquals(List.of(1, 2, 4), arguments);
    assertInstanceOf(ClosedException.class, call(t, 5).cause());
  }

  @Test
  void intervalOutOfRange_saysTheValue() {
    assertEquals(
        "interval must be more than zero, was PT0S",
        assertThrows(
                IllegalArgumentException.class,
                () -> Throttler.create(time.vertx(), Duration.ZERO, this::log))
            .getMessage());
  }
}
