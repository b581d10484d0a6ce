package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.gather.MapConcurrent;
import dev.asyncpatterns.gather.Race;
import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.ContextLaws.Operator;
import dev.asyncpatterns.testing.ContextLaws.Report;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ContextLawsTest {

  @TestFactory
  List<DynamicTest> operatorsOfThisLibraryObey() {
    return List.of(
        obeys("Gather.all", (vertx, work) -> Gather.all(List.of(work, work))),
        obeys("Race.firstSuccess", (vertx, work) -> Race.firstSuccess(work, work)),
        obeys("Race.firstCompleted", (vertx, work) -> Race.firstCompleted(List.of(work))),
        DynamicTest.dynamicTest(
            "Gather.settled",
            () ->
                check(
                    ContextLaws.operator(
                            "Gather.settled", (vertx, work) -> Gather.settled(List.of(work, work)))
                        .absorbsFailures(),
                    15)),
        obeys(
            "MapConcurrent.map",
            (vertx, work) -> MapConcurrent.map(2, List.of(1, 2, 3), i -> work.get())),
        obeys("Loops.repeat", (vertx, work) -> Loops.repeat(3, i -> work.get())),
        obeys("Timeouts.within", (vertx, work) -> Timeouts.within(Duration.ofHours(1), work)),
        obeys("CancelScope.run", (vertx, work) -> CancelScope.run(scope -> work.get())),
        obeys("TaskScope.run", (vertx, work) -> TaskScope.run(scope -> scope.fork(work).future())),
        obeys(
            "CancelScope.on",
            (vertx, work) -> CancelScope.on(vertx, () -> CancelScope.run(s -> work.get()))));
  }

  private static DynamicTest obeys(String name, Operator operator) {
    return DynamicTest.dynamicTest(name, () -> check(ContextLaws.operator(name, operator), 15));
  }

  @TestFactory
  List<DynamicTest> operationsOfThisLibraryObey() {
    return List.of(
        waits(
            "AsyncSemaphore.acquire, taken",
            vertx -> {
              AsyncSemaphore semaphore = AsyncSemaphore.create(vertx, 1);
              Permit held = semaphore.tryAcquire().orElseThrow();
              vertx.setTimer(200, id -> held.release());
              return semaphore::acquire;
            }),
        waits("Delay.of", vertx -> () -> Delay.of(Duration.ofHours(1))),
        waits(
            "Suspend.on",
            vertx ->
                () ->
                    Suspend.<String>on(
                        vertx,
                        (resume, onCancel) -> {
                          long timer = vertx.setTimer(60_000, id -> resume.succeed("x"));
                          onCancel.accept(() -> vertx.cancelTimer(timer));
                        })));
  }

  private static DynamicTest waits(String name, Function<Vertx, Supplier<Future<?>>> operation) {
    return DynamicTest.dynamicTest(name, () -> check(ContextLaws.operation(name, operation), 8));
  }

  @Test
  void operationThatNeedNotWaitIsNotAskedToStop() {
    check(
        ContextLaws.operation("free", vertx -> AsyncSemaphore.create(vertx, 1)::acquire),
        8,
        "it did not wait");
  }

  private static void check(ContextLaws laws, int expected, String... also) {
    Report report = laws.check();
    assertEquals(expected, report.held().size() + report.skipped().size(), report.toString());
    String needed = "needs JDK 21, this is " + Runtime.version().feature();
    boolean old = Runtime.version().feature() < 21;
    Set<String> reasons = new TreeSet<>(old ? Set.of(needed) : Set.of());
    reasons.addAll(List.of(also));
    assertEquals(
        reasons,
        report.skipped().stream()
            .map(s -> s.split(": ")[1])
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static List<String> violations(Operator operator) {
    return violations(ContextLaws.operator("toy", operator));
  }

  private static List<String> violations(ContextLaws laws) {
    String message = assertThrows(AssertionError.class, laws::check).getMessage();
    assertTrue(message.startsWith("toy violates "), message);
    return message.lines().skip(1).map(String::trim).toList();
  }

  private static void assertContains(List<String> violations, String law) {
    assertTrue(violations.contains(law), () -> law + " not in " + violations);
  }

  @Test
  void foreignFutureIsFound_whenItIsHandedOnAsItIs() {
    List<String> found = violations((vertx, work) -> work.get());
    assertContains(
        found,
        "caller's context, duplicated context, work completed on another thread: it called back on"
            + " no context, not on its caller's");
    assertContains(
        found, "no context: it called back on no context, on the thread that completed the work");
    assertContains(found, "cancellation: its future never completed after its scope was cancelled");
    assertContains(
        found,
        "closed Vertx, called before: its future neither failed nor succeeded when the Vertx"
            + " closed");
    assertContains(found, "closed Vertx, called after: its future succeeded after the close");
    assertContains(
        found,
        "work that throws: it threw java.lang.IllegalArgumentException: the work throws instead of"
            + " returning a future");
    assertContains(
        found,
        "work that returns null: it threw java.lang.NullPointerException: returned null instead of"
            + " returning a future");
    assertTrue(found.stream().noneMatch(v -> v.startsWith("locals")), found.toString());
  }

  @Test
  void anotherContextIsFound_whenTheFutureBelongsToIt() {
    List<String> found =
        violations((vertx, work) -> {
          Promise<String> promise = ((VertxInternal) vertx).createEventLoopContext().promise();
          CancelScope.on(vertx, () -> CancelScope.run(scope -> work.get())).onComplete(promise);
          return promise.future();
        });
    assertContains(
        found,
        "caller's context, worker: it called back on another event_loop context, not on its"
            + " caller's");
  }

  @Test
  void lostLocalsAreFound_whenTheWorkRunsOnAFreshContext() {
    List<String> found =
        violations((vertx, work) ->
            CancelScope.on(
                vertx,
                () ->
                    CancelScope.run(scope -> {
                      Promise<String> promise = Promise.promise();
                      ContextInternal current = ContextInternal.current();
                      ContextInternal fresh = current.unwrap().duplicate();
                      fresh.runOnContext(v -> run(work).onComplete(promise));
                      return promise.future();
                    })));
    assertEquals(
        List.of(
            "locals and spans reach the work: the work found [no span] where its caller's local"
                + " should be"),
        found);
  }

  private static Future<String> run(Supplier<Future<String>> work) {
    try {
      Future<String> future = work.get();
      return future != null ? future : Future.failedFuture("null");
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  @Test
  void failureThatIsSwallowedIsFound_unlessItIsMeant() {
    Operator settled =
        (vertx, work) ->
            CancelScope.on(vertx, () -> CancelScope.run(s -> run(work)).otherwise(e -> keep(e)));
    assertContains(violations(settled), "work that throws: its future succeeded");
    List<String> meant = violations(ContextLaws.operator("toy", settled).absorbsFailures());
    assertTrue(meant.stream().noneMatch(v -> v.startsWith("work that")), meant.toString());
  }

  private static String keep(Throwable failure) {
    return failure.toString();
  }

  @Test
  void operationThatNeverEndsIsFound() {
    List<String> found =
        violations(ContextLaws.operation("toy", vertx -> () -> Promise.promise().future()));
    assertTrue(
        found.get(0).startsWith("caller's context, event loop: its future never completed"),
        found.toString());
  }
}
