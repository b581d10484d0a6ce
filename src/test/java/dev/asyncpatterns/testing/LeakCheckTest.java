package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

@ExtendWith(VirtualTimeExtension.class)
class LeakCheckTest {

  private static String left(VirtualTime time) {
    return assertThrows(AssertionError.class, () -> LeakCheck.assertNothingLeft(time)).getMessage();
  }

  private static void assertClean(VirtualTime time) {
    assertDoesNotThrow(() -> LeakCheck.assertNothingLeft(time));
  }

  @Test
  void nothingIsLeft_onAnUnusedVertx(VirtualTime time) {
    assertClean(time);
  }

  @Test
  void timerIsLeft_untilItHasFired(VirtualTime time) {
    time.vertx().setTimer(3_600_000, id -> {});
    time.advance(Duration.ofMinutes(10));
    assertEquals("left behind: a timer due in PT50M", left(time));
    time.runUntilIdle();
    assertClean(time);
  }

  @Test
  void delayIsLeft_untilItIsOver(VirtualTime time) {
    time.call(() -> {
      Delay.of(Duration.ofHours(1));
      return Future.succeededFuture();
    });
    assertEquals("left behind: 1 wait, 1 deadline, a timer due in PT1H", left(time));
    time.runUntilIdle();
    assertClean(time);
  }

  @Test
  void permitAndWaiterAreLeft_untilGivenBack(VirtualTime time) {
    AsyncSemaphore semaphore = AsyncSemaphore.create(time.vertx(), "db", 3);
    Permit one = semaphore.tryAcquire().orElseThrow();
    assertEquals("left behind: AsyncSemaphore db (available 2 of 3 permits)", left(time));
    Permit two = time.await(semaphore.acquire(2));
    Future<Permit> waiting = semaphore.acquire();
    assertEquals(
        "left behind: 1 wait, AsyncSemaphore db (waiting 1, available 0 of 3 permits)", left(time));
    one.release();
    time.await(waiting).release();
    two.release();
    assertClean(time);
  }

  @Test
  void scopeIsLeft_untilItHasSettled(VirtualTime time) {
    AtomicReference<CancelScope> scope = new AtomicReference<>();
    time.call(() -> {
      CancelScope.run(s -> {
        scope.set(s);
        return Promise.promise().future();
      });
      return Future.succeededFuture();
    });
    assertEquals("left behind: 1 scope", left(time));
    time.call(() -> {
      scope.get().cancel("over");
      return Future.succeededFuture();
    });
    assertClean(time);
  }

  @Test
  void extensionFailsTheTestThatLeaks_andNoOther() {
    assertEquals(
        Map.of(
            "clean", "ok",
            "leavesATimer", "java.lang.AssertionError: left behind: a timer due in PT1H",
            "failsByItself", "java.lang.IllegalStateException: its own failure"),
        outcomes(ExtensionSamples.Leaking.class));
    assertEquals(
        Map.of(
            "endsAWhileLater",
            "ok",
            "leavesAPermit",
            "java.lang.AssertionError: left behind: AsyncSemaphore db (available 0 of 1"
                + " permits)"),
        outcomes(ExtensionSamples.LeakingOnRealTime.class));
    ExtensionSamples.KEPT.clear();
  }

  private static Map<String, String> outcomes(Class<?> test) {
    Map<String, String> outcomes = new TreeMap<>();
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(test))
        .execute()
        .testEvents()
        .finished()
        .stream()
        .forEach(e -> outcomes.put(name(e), outcome(e)));
    return outcomes;
  }

  private static String name(Event event) {
    return event.getTestDescriptor().getDisplayName().replaceAll("\\(.*", "");
  }

  private static String outcome(Event event) {
    TestExecutionResult result = event.getRequiredPayload(TestExecutionResult.class);
    Throwable failure = result.getThrowable().orElse(null);
    if (failure == null) {
      return "ok";
    }
    assertEquals(0, failure.getSuppressed().length, "nothing on top of the failure");
    return failure.toString();
  }

  @Test
  void statsOfAnyRecordAreRead_byTheirNames() {
    record Busy(long waiting, int running, int inFlight, int done) {}
    record Flag(boolean running) {}
    assertEquals("inFlight 3, waiting 1", LeakStats.open(new Busy(1, 0, 3, 9)));
    assertEquals("", LeakStats.open(new Busy(0, 0, 0, 9)));
    assertEquals("running true", LeakStats.open(new Flag(true)));
    assertTrue(LeakStats.open(new Flag(false)).isEmpty());
  }
}
