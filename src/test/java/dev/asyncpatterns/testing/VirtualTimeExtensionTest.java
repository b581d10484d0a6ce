package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

class VirtualTimeExtensionTest {
  @BeforeEach
  void forget() {
    ExtensionSamples.SEEN.clear();
  }

  @Test
  void testsGetAVertxOfTheirOwn_closedAfterEach() {
    run(ExtensionSamples.Alone.class).testEvents().assertStatistics(s -> s.succeeded(2).failed(0));
    assertEquals(4, ExtensionSamples.SEEN.size());
    assertSame(ExtensionSamples.SEEN.get(0), ExtensionSamples.SEEN.get(1));
    assertSame(ExtensionSamples.SEEN.get(2), ExtensionSamples.SEEN.get(3));
    assertNotSame(ExtensionSamples.SEEN.get(0), ExtensionSamples.SEEN.get(2));
    ExtensionSamples.SEEN.forEach(VirtualTimeExtensionTest::assertClosed);
  }

  private static void assertClosed(Vertx vertx) {
    assertTrue(((VertxInternal) vertx).nettyEventLoopGroup().isTerminated(), "closed");
  }

  @Test
  void vertxExtensionInjectsTheSameVertx_inEitherOrder() {
    for (Class<?> test :
        List.of(
            ExtensionSamples.After.class,
            ExtensionSamples.Before.class,
            ExtensionSamples.InField.class,
            ExtensionSamples.OtherInField.class,
            ExtensionSamples.SharedByTheClass.class)) {
      ExtensionSamples.SEEN.clear();
      EngineExecutionResults results = run(test);
      assertTrue(results.testEvents().succeeded().count() > 0, test.getSimpleName());
      assertEquals(List.of(), failures(results), test.getSimpleName());
      ExtensionSamples.SEEN.forEach(VirtualTimeExtensionTest::assertClosed);
    }
  }

  @Test
  void testFailsAtOnceAndSaysWhy_whenItsContextCannotComplete() {
    List<String> failures = failures(run(ExtensionSamples.Hopeless.class));
    assertEquals(2, failures.size(), failures.toString());
    String hopeless =
        failures.stream().filter(f -> f.contains("nothing left to run")).findFirst().orElse("");
    assertTrue(hopeless.contains("the VertxTestContext (unsatisfied checkpoints"), hopeless);
    assertTrue(hopeless.contains("neverFlagged"), hopeless);
    assertTrue(failures.stream().anyMatch(f -> f.contains("boom")), failures.toString());
  }

  @Test
  void conflictIsExplained_whenVertxExtensionMadeItsVertxFirst() {
    List<String> failures = failures(run(ExtensionSamples.RealTimeFirst.class));
    assertEquals(1, failures.size());
    assertTrue(
        failures.get(0).contains("VertxExtension holds a Vertx on real time already"),
        failures.toString());
  }

  private static EngineExecutionResults run(Class<?> test) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(test)).execute();
  }

  private static List<String> failures(EngineExecutionResults results) {
    return results.allEvents().failed().stream()
        .map(e -> e.getRequiredPayload(TestExecutionResult.class).getThrowable())
        .map(t -> t.map(VirtualTimeExtensionTest::chain).orElse("?"))
        .toList();
  }

  private static String chain(Throwable t) {
    return t + (t.getCause() == null ? "" : " < " + chain(t.getCause()));
  }
}
