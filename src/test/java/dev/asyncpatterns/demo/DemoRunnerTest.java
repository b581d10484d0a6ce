package dev.asyncpatterns.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.demo.Demo.Verdict;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoRunnerTest {
  private static final ByteArrayOutputStream TOLD = new ByteArrayOutputStream();
  private static DemoSettings patient;
  private static DemoRunner runner;

  @BeforeAll
  static void create(@TempDir Path conf) throws IOException {
    // A limit that a busy machine does not reach by itself: these tests are about the harness.
    Files.writeString(
        conf.resolve("vertx-options.json"),
        """
        {"blockedThreadCheckInterval": 10, "blockedThreadCheckIntervalUnit": "MILLISECONDS",
         "maxEventLoopExecuteTime": 400, "maxEventLoopExecuteTimeUnit": "MILLISECONDS"}
        """);
    patient = DemoSettings.load(conf);
    runner = DemoRunner.create(patient, terminal());
  }

  @AfterAll
  static void close() {
    runner.close();
  }

  @BeforeEach
  void forget() {
    TOLD.reset();
    Fakes.SEEN.clear();
    Fakes.RAN_ON.clear();
  }

  private static Terminal terminal() {
    return Terminal.plain(new PrintStream(TOLD, true, StandardCharsets.UTF_8));
  }

  private static String told() {
    return TOLD.toString(StandardCharsets.UTF_8);
  }

  private static Demo.Result run(Class<? extends Demo<?>> demo) {
    return runner.run(demo.getName(), new JsonObject(), false);
  }

  private static void assertFails(String reason, Class<? extends Demo<?>> demo) {
    Demo.Result result = run(demo);
    assertEquals(Verdict.FAIL, result.verdict(), result.toString());
    assertEquals(reason, result.reason());
    assertTrue(told().contains("Because  " + reason), told());
  }

  @Test
  void honestDemo_passes_andTellsItsStory() {
    Demo.Result result = run(Fakes.Honest.class);
    assertEquals(Verdict.PASS, result.verdict(), result.toString());
    assertEquals("1 check held", result.reason());
    assertEquals(Map.of("value", 1), result.measured());
    assertEquals(new Demo.BlockedWarnings(0, 0), result.blockedWarnings());
    List<String> lines = told().lines().toList();
    assertEquals(4, lines.size(), told());
    assertEquals("Honest", lines.get(0));
    assertTrue(lines.get(1).matches("\\+\\d{4} ms \\[eventloop-\\d+] Problem  it is 2"), told());
    assertTrue(lines.get(2).matches("\\+\\d{4} ms \\[eventloop-\\d+] Fix      it is 1"), told());
    assertTrue(
        lines.get(3).matches("PASS Honest  \\d\\.\\d s  blocked warnings: problem 0, fix 0"),
        told());
  }

  @Test
  void honestDemo_failsItsCheckUnderSabotage() {
    Demo.Result result = runner.run(Fakes.Honest.class.getName(), new JsonObject(), true);
    assertEquals(Verdict.FAIL, result.verdict(), result.toString());
    assertEquals(List.of("it is 1, was 2"), result.failedChecks());
    assertTrue(told().contains("Check    FAILED: it is 1, was 2"), told());
  }

  @Test
  void demoThatCannotFail_passesUnderSabotage_soThatItIsFound() {
    Demo.Result result = runner.run(Fakes.CannotFail.class.getName(), new JsonObject(), true);
    assertEquals(Verdict.PASS, result.verdict(), result.toString());
  }

  @Test
  void failingCheck_fails() {
    assertFails("check failed: it is 1, was 3", Fakes.FailingCheck.class);
  }

  @Test
  void noCheck_fails() {
    assertFails("not one check was made on the fix", Fakes.NoCheck.class);
  }

  @Test
  void checkOnTheProblem_fails() {
    assertFails(
        "the problem failed with java.lang.IllegalStateException:"
            + " Checks are about the fix, not the problem: it is 2",
        Fakes.ChecksTheProblem.class);
  }

  @Test
  void throwInTheFix_fails() {
    assertFails(
        "the fix failed with java.lang.IllegalStateException: thrown in the fix",
        Fakes.Throws.class);
  }

  @Test
  void failedFutureInTheProblem_fails() {
    assertFails(
        "the wrong way failed with java.lang.IllegalStateException: failed in the problem",
        Fakes.FailsInProblem.class);
  }

  @Test
  void nullFuture_fails() {
    assertFails(
        "the fix failed with java.lang.NullPointerException:"
            + " it returned null in place of a future",
        Fakes.NullFuture.class);
  }

  @Test
  void fixThatBlocksTheLoop_fails() {
    Demo.Result result = run(Fakes.BlocksFix.class);
    assertEquals(Verdict.FAIL, result.verdict(), result.toString());
    assertTrue(result.reason().startsWith("the fix blocked a thread: "), result.reason());
    assertTrue(result.blockedWarnings().fix() >= 1, result.toString());
    assertEquals(0, result.blockedWarnings().problem());
  }

  @Test
  void problemThatBlocksTheLoop_passes_andIsCounted() {
    Demo.Result result = run(Fakes.BlocksProblem.class);
    assertEquals(Verdict.PASS, result.verdict(), result.toString());
    assertTrue(result.blockedWarnings().problem() >= 1, result.toString());
    assertFalse(result.reason().contains("NOT REPRODUCED"), result.reason());
  }

  @Test
  void problemThatBlocksNoMore_saysNotReproduced_andPasses() {
    Demo.Result result = run(Fakes.BlocksNoMore.class);
    assertEquals(Verdict.PASS, result.verdict(), result.toString());
    assertTrue(result.reason().contains("problem NOT REPRODUCED"), result.reason());
    assertTrue(told().contains("Problem  NOT REPRODUCED: "), told());
  }

  @Test
  void demoWithoutWhatItNeeds_isSkipped() {
    Demo.Result result = run(Fakes.Skips.class);
    assertEquals(Verdict.SKIP, result.verdict(), result.toString());
    assertEquals("needs Java 99", result.reason());
  }

  @Test
  void demoThatFails_isClosed_andAFailedCloseIsTold() {
    Demo.Result result = run(Fakes.Closing.class);
    assertEquals(List.of("open", "right", "close"), Fakes.SEEN);
    assertTrue(result.reason().contains("the fix failed with"), result.reason());
    assertTrue(result.reason().contains("close failed with"), result.reason());
  }

  @Test
  void demoThatCannotBeCreated_fails() {
    Demo.Result result = run(Fakes.NotCreatable.class);
    assertEquals(Verdict.FAIL, result.verdict());
    assertTrue(result.reason().startsWith("the demo cannot be created: "), result.reason());
  }

  @Test
  void demoThatHangs_failsAtTheLimit_andTheNextOneRunsOnAnotherVertx() {
    Duration limit = Duration.ofSeconds(2);
    try (DemoRunner strict = DemoRunner.create(patient, terminal(), limit)) {
      Demo.Result hung = strict.run(Fakes.Hangs.class.getName(), new JsonObject(), false);
      assertEquals(Verdict.FAIL, hung.verdict());
      assertEquals(
          "still running after 2000 ms; last line: Fix waiting for nothing", hung.reason());
      assertTrue(told().contains("FAIL Hangs"), told());
      Demo.Result next = strict.run(Fakes.Honest.class.getName(), new JsonObject(), false);
      assertEquals(Verdict.PASS, next.verdict(), next.toString());
      assertEquals(2, Fakes.RAN_ON.size());
      strict.run(Fakes.Honest.class.getName(), new JsonObject(), false);
      assertEquals(2, Fakes.RAN_ON.size(), "what works is kept");
    }
  }

  @Test
  void limitOfZero_isRefused() {
    Exception refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> DemoRunner.create(patient, terminal(), Duration.ZERO));
    assertEquals("limit must be more than zero, was PT0S", refused.getMessage());
  }

  @Test
  void closedRunner_refusesToRun() {
    DemoRunner closed = DemoRunner.create(patient, terminal());
    closed.close();
    Exception refused =
        assertThrows(
            IllegalStateException.class,
            () -> closed.run(Fakes.Honest.class.getName(), new JsonObject(), false));
    assertEquals("This runner is closed", refused.getMessage());
  }
}
