package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.task.Supervisor.Options;
import dev.asyncpatterns.task.Supervisor.State;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Erlang's supervisors are the model of the restarts. */
class SupervisorTest extends VirtualFixture {
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final IOException boom = new IOException("boom");
  private final List<Long> begun = new ArrayList<>();
  private final Options options =
      Options.defaults()
          .withBackoff(
              Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(1))
                  .withJitter(Backoff.Jitter.NONE))
          .withMaxRestarts(3, WINDOW)
          .withOnGivenUp((what, why) -> log.add(what + " given up: " + why.getMessage()));

  private Supervisor supervisor() {
    return turn(() -> Supervisor.create(vertx, "sup", options));
  }

  private Future<?> failing(long afterMillis) {
    begun.add(time.now().toMillis());
    return Delay.of(Duration.ofMillis(afterMillis)).compose(v -> Future.failedFuture(boom));
  }

  private Future<?> following() {
    begun.add(time.now().toMillis());
    return Suspend.<String>on(vertx, (resume, onCancel) -> {})
        .eventually(() -> vertx.timer(5).onSuccess(v -> log.add("cleaned")));
  }

  @Test
  void taskThatFails_isStartedAgain_withGrowingPauses_andGivenUpWhenTooOften() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", () -> failing(1)));
    assertEquals(State.RUNNING, sup.status().get("a").state());
    advance(1);
    assertEquals(State.PAUSING, sup.status().get("a").state());
    assertSame(boom, sup.status().get("a").lastFailure());
    advance(WINDOW.toMillis());
    assertEquals(List.of(0L, 101L, 302L, 703L), begun);
    assertEquals(State.GIVEN_UP, sup.status().get("a").state());
    assertEquals(3, sup.status().get("a").restarts());
    assertEquals(List.of("a given up: boom"), log);
  }

  @Test
  void runThatLastedTheWindow_beginsThePausesAnew() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", () -> failing(begun.size() == 2 ? 60_000 : 10)));
    advance(120_000);
    // the third run lasted: its failure is the first in a row again, the earlier are forgotten
    assertEquals(List.of(0L, 110L, 320L, 60_420L, 60_630L, 61_040L), begun.subList(0, 6));
  }

  @Test
  void throwAndNull_areFailures() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("null", () -> null));
    turn(() ->
        sup.start(
            "throws",
            () -> {
              throw new IllegalStateException("thrown");
            }));
    time.settle();
    assertEquals(NullPointerException.class, sup.status().get("null").lastFailure().getClass());
    assertEquals(IllegalStateException.class, sup.status().get("throws").lastFailure().getClass());
  }

  @Test
  void nameInUse_isRefused_andTheFirstGoesOn() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", this::following));
    assertSays(
        IllegalStateException.class,
        "sup runs a already: stop it first, or take another name",
        () -> turn(() -> sup.start("a", this::following)));
    assertEquals(1, begun.size());
    assertEquals(List.of(), log);
  }

  @Test
  void stop_waitsForTheCleanup_andFreesTheName() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", this::following));
    Future<Void> stopped = turn(() -> sup.stop("a"));
    advance(4);
    assertWaits(stopped);
    advance(1);
    assertDone(stopped);
    assertEquals(Map.of(), sup.status());
    turn(() -> sup.start("a", this::following));
    assertEquals(2, begun.size());
  }

  /** What it fails with because it was stopped is not one failure too many. */
  @Test
  void stop_ofOneThatMayFailNoMore_doesNotGiveItUp() {
    Supervisor sup =
        turn(() -> Supervisor.create(vertx, "strict", options.withMaxRestarts(0, WINDOW)));
    turn(() -> sup.start("a", this::following));
    Future<Void> stopped = turn(() -> sup.stop("a"));
    advance(5);
    assertDone(stopped);
    assertEquals(List.of("cleaned"), log);
  }

  @Test
  void stop_whileItPauses_startsItNoMore() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", () -> failing(1)));
    advance(50);
    assertDone(turn(() -> sup.stop("a")));
    advance(60_000);
    assertEquals(List.of(0L), begun);
  }

  @Test
  void stop_inTheTurnOfTheStart_stopsIt() {
    Supervisor sup = supervisor();
    AtomicReference<Future<Void>> stopped = new AtomicReference<>();
    sup.start("a", this::following); // from the test's thread: it has not begun yet
    stopped.set(sup.stop("a"));
    time.runUntilIdle();
    assertDone(stopped.get());
    assertEquals(Map.of(), sup.status());
  }

  @Test
  void stop_ofOneGivenUp_freesTheName_andStartAlsoDoes() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", () -> failing(0)));
    advance(10_000);
    assertEquals(State.GIVEN_UP, sup.status().get("a").state());
    turn(() -> sup.start("a", this::following));
    assertEquals(State.RUNNING, sup.status().get("a").state());
    turn(() -> sup.stop("a"));
    advance(10);
    assertEquals(Map.of(), sup.status());
  }

  @Test
  void stop_ofNobody_saysWhoRuns() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", this::following));
    assertSays(
        IllegalStateException.class,
        "sup does not run b, but [a]",
        () -> turn(() -> sup.stop("b")));
  }

  @Test
  void taskThatSucceeds_isDone_andTheOthersGoOn() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("once", () -> Delay.of(Duration.ofMillis(10))));
    turn(() -> sup.start("a", this::following));
    advance(10);
    assertEquals(List.of("a"), new ArrayList<>(sup.status().keySet()));
  }

  @Test
  void close_stopsAll_andStartsNoMore() {
    Supervisor sup = supervisor();
    turn(() -> sup.start("a", this::following));
    turn(() -> sup.start("b", () -> failing(1)));
    advance(50);
    Future<Void> closed = turn(sup::close);
    advance(5);
    assertDone(closed);
    assertEquals(List.of("cleaned"), log);
    assertThrows(ClosedException.class, () -> turn(() -> sup.start("c", this::following)));
    advance(60_000);
    assertEquals(2, begun.size());
  }

  @Test
  void verticleThatStops_stopsAll() {
    AtomicReference<Supervisor> sup = new AtomicReference<>();
    String id =
        time.await(
            vertx.deployVerticle(
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    sup.set(Supervisor.create(vertx, "sup", options));
                    sup.get().start("a", SupervisorTest.this::following);
                    return Future.succeededFuture();
                  }
                }));
    time.settle();
    assertEquals(1, begun.size());
    time.await(vertx.undeploy(id));
    assertEquals(List.of("cleaned"), log);
    assertThrows(ClosedException.class, () -> turn(() -> sup.get().start("b", this::following)));
    assertTrue(sup.get().status().isEmpty());
  }

  @Test
  void manyRestarts_keepNothing() {
    Supervisor sup =
        turn(() ->
            Supervisor.create(
                vertx,
                "sup",
                options
                    .withBackoff(Backoff.constant(Duration.ofMillis(1)))
                    .withMaxRestarts(1_000_000, Duration.ofMillis(1))));
    turn(() -> sup.start("a", () -> failing(0)));
    advance(20_000);
    assertTrue(begun.size() > 15_000, () -> "runs: " + begun.size());
    assertEquals(State.PAUSING, sup.status().get("a").state());
  }

  @Test
  void settingsOutOfRange_sayTheValueAndTheRange() {
    assertSays(
        IllegalArgumentException.class,
        "maxRestarts must be 0 or more, was -1",
        () -> options.withMaxRestarts(-1, WINDOW));
    assertSays(
        IllegalArgumentException.class,
        "window must be more than zero, was PT0S",
        () -> options.withMaxRestarts(1, Duration.ZERO));
  }
}
