package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.task.BackgroundTasks.Options;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** asyncio's set of tasks with a discard callback, and tokio's TaskTracker, are the peers. */
class BackgroundTasksTest extends VirtualFixture {
  private final IOException boom = new IOException("boom");
  private final Options reporting =
      Options.defaults().withOnFailure((what, why) -> log.add(what + ": " + why.getMessage()));

  private BackgroundTasks tasks(Options options) {
    return turn(() -> BackgroundTasks.create(vertx, "bg", options));
  }

  private Future<String> after(long millis, String value) {
    return Delay.of(Duration.ofMillis(millis)).map(v -> value).onSuccess(log::add);
  }

  @Test
  void failureNobodyLooksAt_isReported() {
    BackgroundTasks tasks = tasks(reporting);
    turn(() -> tasks.run("mail", () -> Future.failedFuture(boom)));
    turn(() ->
        tasks.run(
            "throws",
            () -> {
              throw new IllegalStateException("thrown");
            }));
    assertEquals(List.of("mail: boom", "throws: thrown"), log);
    assertEquals(2, tasks.stats().failures());
  }

  @Test
  void cancelledCaller_leaves_theTaskGoesOn() {
    BackgroundTasks tasks = tasks(reporting);
    Cancellable<String> call = cancellable(() -> tasks.run("mail", () -> after(50, "sent")));
    call.scope().cancel("go");
    time.settle();
    assertFails(CancellationException.class, call.future());
    advance(50);
    assertEquals(List.of("sent"), log);
  }

  @Test
  void outcome_comesToTheCallersContext() {
    BackgroundTasks tasks = tasks(reporting);
    AtomicReference<Object> context = new AtomicReference<>();
    AtomicReference<Object> inside = new AtomicReference<>();
    AtomicReference<Object> caller = new AtomicReference<>();
    String value =
        time.call(() -> {
          caller.set(Vertx.currentContext());
          return tasks
              .run(
                  "mail",
                  () -> {
                    inside.set(CancelScope.current().isPresent());
                    return after(1, "sent");
                  })
              .onComplete(v -> context.set(Vertx.currentContext()));
        });
    assertEquals("sent", value);
    assertSame(caller.get(), context.get());
    assertEquals(true, inside.get());
  }

  @Test
  void task_runsOnAContextOfTheCreatorsVerticle_notOfTheCaller() {
    BackgroundTasks tasks = tasks(reporting);
    AtomicReference<String> deployed = new AtomicReference<>();
    AtomicReference<String> inside = new AtomicReference<>();
    VerticleBase caller =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            deployed.set(context.deploymentID());
            return tasks.run(
                "who",
                () -> {
                  inside.set("deployment " + Vertx.currentContext().deploymentID());
                  return Future.succeededFuture();
                });
          }
        };
    time.await(vertx.deployVerticle(caller));
    assertNotNull(deployed.get());
    assertEquals("deployment null", inside.get());
  }

  @Test
  void drain_waitsForThoseThatRun_andLetsNobodyElseIn() {
    BackgroundTasks tasks = tasks(reporting);
    turn(() -> tasks.run("a", () -> after(30, "a")));
    Future<Integer> drained = turn(() -> tasks.drain(Duration.ofSeconds(1)));
    Future<String> late = turn(() -> tasks.run("b", () -> after(1, "b")));
    assertFails(ClosedException.class, late);
    advance(29);
    assertWaits(drained);
    advance(1);
    assertEquals(0, drained.result());
    assertEquals(List.of("a"), log);
  }

  @Test
  void drain_whenItsTimeIsOver_cancelsTheRest_andWaitsForTheirCleanup() {
    BackgroundTasks tasks = tasks(reporting);
    turn(() ->
        tasks.run(
            "slow",
            () ->
                Suspend.<String>on(vertx, (resume, onCancel) -> {})
                    .eventually(() -> vertx.timer(20).onSuccess(v -> log.add("cleaned")))));
    turn(() -> tasks.run("quick", () -> after(10, "quick")));
    Future<Integer> drained = turn(() -> tasks.drain(Duration.ofMillis(100)));
    advance(119);
    assertWaits(drained);
    advance(1);
    assertEquals(1, drained.result());
    assertEquals(List.of("quick", "cleaned"), log); // and no report: it was asked to stop
    assertEquals(1, tasks.stats().cancelled());
    assertEquals(0, tasks.stats().running());
  }

  @Test
  void drain_ofNothing_isDoneAtOnce_alsoAgain() {
    BackgroundTasks tasks = tasks(reporting);
    assertEquals(0, turn(() -> tasks.drain(Duration.ZERO)).result());
    assertEquals(0, turn(() -> tasks.drain(Duration.ofDays(1))).result());
  }

  @Test
  void drain_cancelledItself_leavesTheTasksRunning() {
    BackgroundTasks tasks = tasks(reporting);
    turn(() -> tasks.run("a", () -> after(30, "a")));
    Cancellable<Integer> drained = cancellable(() -> tasks.drain(Duration.ofSeconds(1)));
    drained.scope().cancel("go");
    time.settle();
    assertFails(CancellationException.class, drained.future());
    advance(30);
    assertEquals(List.of("a"), log);
  }

  @Test
  void oneTooMany_isRefused_andNotStarted() {
    BackgroundTasks tasks = tasks(reporting.withMaxRunning(1));
    turn(() -> tasks.run("a", () -> after(10, "a")));
    Future<String> refused = turn(() -> tasks.run("b", () -> after(1, "b")));
    assertFails(RejectedExecutionException.class, refused);
    assertEquals(
        "bg runs 1 tasks, which is its maxRunning: start fewer, or await some",
        refused.cause().getMessage());
    advance(20);
    assertEquals(List.of("a"), log);
    assertDone(turn(() -> tasks.run("c", Future::succeededFuture)));
  }

  @Test
  void verticleThatStops_drainsItFirst() {
    AtomicReference<BackgroundTasks> tasks = new AtomicReference<>();
    String id =
        time.await(
            vertx.deployVerticle(
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    tasks.set(BackgroundTasks.create(vertx, "bg", reporting));
                    return Future.succeededFuture();
                  }
                }));
    turn(() -> tasks.get().run("a", () -> after(30, "a")));
    time.await(vertx.undeploy(id).onSuccess(v -> log.add("undeployed")));
    assertEquals(List.of("a", "undeployed"), log);
  }

  @Test
  void taskThatListensToNothing_isAbandonedByTheDrain() {
    BackgroundTasks tasks = tasks(reporting);
    turn(() -> tasks.run("deaf", () -> Promise.<String>promise().future()));
    Future<Integer> drained = turn(() -> tasks.drain(Duration.ofMillis(10)));
    advance(10);
    assertEquals(1, drained.result());
    assertEquals(List.of(), log);
  }

  @Test
  void withoutAContext_itWorksToo() {
    BackgroundTasks tasks = BackgroundTasks.create(vertx, "bg", reporting);
    assertEquals("a", time.await(tasks.run("a", () -> after(1, "a"))));
    assertEquals(0, time.await(tasks.drain(Duration.ZERO)));
    assertNull(tasks.run("b", () -> after(1, "b")).result());
  }

  @Test
  void settingsOutOfRange_sayTheValueAndTheRange() {
    assertSays(
        IllegalArgumentException.class,
        "maxRunning must be at least 1, was 0",
        () -> reporting.withMaxRunning(0));
    assertSays(
        IllegalArgumentException.class,
        "closeWithin must be zero or more, was PT-1S",
        () -> reporting.withCloseWithin(Duration.ofSeconds(-1)));
  }
}
