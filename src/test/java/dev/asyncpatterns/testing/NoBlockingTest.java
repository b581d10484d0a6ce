package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

class NoBlockingTest {
  private static EngineExecutionResults run(Class<?> tests) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(tests)).execute();
  }

  /** By name, why tests and classes failed. */
  private static Map<String, Throwable> failures(EngineExecutionResults results) {
    Map<String, Throwable> failures = new TreeMap<>();
    for (Event event : results.allEvents().failed().list()) {
      failures.put(
          event.getTestDescriptor().getDisplayName(),
          event.getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow());
    }
    return failures;
  }

  private static List<String> names(EngineExecutionResults results) {
    return failures(results).keySet().stream()
        .map(name -> name.substring(0, name.contains("(") ? name.indexOf('(') : name.length()))
        .toList();
  }

  @Test
  void testThatBlocksALoop_fails_andNoOther() {
    EngineExecutionResults results = run(NoBlockingSamples.Mixed.class);
    assertEquals(List.of("blocks", "computes"), names(results), failures(results)::toString);
    assertEquals(4, results.testEvents().succeeded().count());
  }

  @Test
  void failure_saysRuleAndLine_andHasTheStackOfTheCall() {
    Map<String, Throwable> failures = failures(run(NoBlockingSamples.Mixed.class));
    Throwable failure = failures.get("blocks(Vertx, VertxTestContext)");
    String message = failure.getMessage();
    assertTrue(message.contains("EL102 java.util.concurrent.locks.LockSupport.parkNanos"), message);
    assertTrue(message.contains("NoBlockingSamples.pause(NoBlockingSamples.java:"), message);
    assertTrue(message.contains("vert.x-eventloop-thread"), message);
    assertTrue(
        List.of(failure.getStackTrace()).stream()
            .anyMatch(frame -> frame.getMethodName().contains("blocks")),
        () -> List.of(failure.getStackTrace()).toString());
    message = failures.get("computes(Vertx, VertxTestContext)").getMessage();
    assertTrue(message.contains("EL401"), message);
  }

  @Test
  void ofTestsThatShareALoop_theOneThatRanFails() {
    EngineExecutionResults results = run(NoBlockingSamples.Shared.class);
    assertEquals(List.of("b_blocks"), names(results), failures(results)::toString);
    String message = failures(results).values().iterator().next().getMessage();
    assertTrue(message.contains("vert.x-eventloop-thread-0 of a_clean()"), message);
  }

  @Test
  void loopThatBlocksAfterItsTest_failsTheClass() {
    EngineExecutionResults results = run(NoBlockingSamples.Late.class);
    assertEquals(List.of("NoBlockingSamples$Late"), names(results), failures(results)::toString);
  }

  @Test
  void limitBelowOne_isAnError() {
    Throwable failure = failures(run(NoBlockingSamples.Wrong.class)).values().iterator().next();
    assertEquals("maxLoopMillis must be at least 1, was 0", failure.getMessage());
  }

  @Test
  void fiveHundredCleanTests_pass() {
    EngineExecutionResults results = run(NoBlockingSamples.Clean.class);
    assertEquals(Map.of(), failures(results));
    assertEquals(500, results.testEvents().succeeded().count());
  }
}
