package dev.asyncpatterns.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KeyedDebouncerTest {
  private static final Duration QUIET = Duration.ofMillis(100);

  private final VirtualTime time = VirtualTime.create();
  private final Context home = time.vertx().getOrCreateContext();
  private final List<String> runs = new ArrayList<>();
  private final KeyedDebouncer<String, Integer, String> keyed =
      onHome(() -> KeyedDebouncer.create(time.vertx(), QUIET, this::log));

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

  private Future<String> log(String key, Integer argument) {
    runs.add(time.now().toMillis() + key + argument);
    return Future.succeededFuture(key + argument);
  }

  private Future<String> call(String key, int argument) {
    return onHome(() -> keyed.call(key, argument));
  }

  private void advance(long millis) {
    time.advance(Duration.ofMillis(millis));
  }

  @Test
  void burstsOfDifferentKeys_doNotPutEachOtherOff() {
    Future<String> a = call("a", 1);
    advance(60);
    call("b", 1);
    Future<String> last = call("b", 2);
    advance(200);
    assertEquals(List.of("100a1", "160b2"), runs);
    assertEquals("a1", a.result());
    assertEquals("b2", last.result());
  }

  @Test
  void keyWhoseWindowHasClosed_isForgotten() {
    for (int i = 0; i < 1_000; i++) {
      call("k" + i, i);
    }
    assertEquals(new KeyedDebouncer.Stats(1_000, 1_000, 0), keyed.stats());
    advance(200);
    assertEquals(new KeyedDebouncer.Stats(0, 0, 0), keyed.stats());
    call("k1", 7);
    advance(100);
    assertEquals("300k17", runs.get(1_000));
  }

  @Test
  void flushAndClose_runWhatIsPendingForAnyKey() {
    call("a", 1);
    call("b", 1);
    assertTrue(onHome(keyed::flush).succeeded());
    assertEquals(2, runs.size());
    call("a", 2);
    assertTrue(onHome(keyed::close).succeeded());
    assertEquals("0a2", runs.get(2));
    assertInstanceOf(ClosedException.class, call("a", 3).cause());
    assertThrows(NullPointerException.class, () -> keyed.call(null, 1));
  }

  /** A call may meet the window of its key just as that closes and is forgotten. */
  @Test
  @Tag("stress")
  void callsOfManyThreads_areNeverLost_whileKeysComeAndGo() {
    int keys = 3;
    Schedules.create("keyed debouncer")
        .run(vertx -> {
          AtomicIntegerArray inside = new AtomicIntegerArray(keys);
          KeyedDebouncer<Integer, Integer, Integer> debouncer =
              KeyedDebouncer.create(
                  vertx,
                  Duration.ofNanos(1),
                  (key, n) -> {
                    assertEquals(1, inside.incrementAndGet(key), "runs of a key at once");
                    inside.decrementAndGet(key);
                    return Future.succeededFuture(n);
                  });
          return SchedulePlan.create()
              .action("call", actor -> debouncer.call(actor.random().nextInt(keys), 1))
              .atRest("all keys are forgotten", () -> settled(debouncer));
        });
  }

  /** The window closes a turn after its run has told the callers. */
  private static boolean settled(KeyedDebouncer<?, ?, ?> debouncer) {
    long until = System.nanoTime() + 5_000_000_000L;
    while (debouncer.stats().keys() > 0 && System.nanoTime() - until < 0) {
      Thread.onSpinWait();
    }
    return debouncer.stats().keys() == 0;
  }
}
