package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.Schedules.Actor;
import dev.asyncpatterns.testing.Schedules.Options;
import dev.asyncpatterns.testing.Schedules.Report;
import dev.asyncpatterns.testing.ToySemaphore.Defect;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SchedulesTest {
  private static final int PERMITS = 3;
  private static final Options SHORT =
      Options.defaults()
          .withDuration(Duration.ofMillis(300))
          .withSettleWithin(Duration.ofSeconds(2));

  private static SchedulePlan toy(Vertx vertx, Defect defect) {
    ToySemaphore semaphore = new ToySemaphore((VertxInternal) vertx, PERMITS, defect);
    AtomicInteger holders = new AtomicInteger();
    return SchedulePlan.create()
        .action(
            "hold",
            3,
            actor ->
                semaphore
                    .acquire()
                    .future()
                    .compose(v -> hold(actor, holders))
                    .onSuccess(v -> {
                      holders.decrementAndGet();
                      semaphore.release();
                    }))
        .action(
            "give up",
            actor -> {
              Promise<Void> waiter = semaphore.acquire();
              waiter.future().onSuccess(v -> semaphore.release());
              return ToySemaphore.giveUp(waiter);
            })
        .atRest("all permits are back", () -> semaphore.free() == PERMITS);
  }

  private static Future<Void> hold(Actor actor, AtomicInteger holders) {
    if (holders.incrementAndGet() > PERMITS) {
      throw new AssertionError("more than " + PERMITS + " holders");
    }
    return actor.aWhile();
  }

  private static String caught(Defect defect) {
    return assertThrows(
            AssertionError.class,
            () -> Schedules.create("toy", SHORT.withSeed(42)).run(v -> toy(v, defect)),
            defect.name())
        .getMessage();
  }

  @Test
  void rightSemaphorePasses_roundAfterRound() {
    Report report = Schedules.create("toy", SHORT).run(v -> toy(v, Defect.NONE));
    assertTrue(report.rounds() >= 1, report.toString());
    assertEquals(300L * report.rounds(), report.steps());
  }

  @Test
  void wrongSemaphoreIsCaught_withTheSeedInTheMessage() {
    for (Defect defect : Defect.values()) {
      if (defect != Defect.NONE) {
        String message = caught(defect);
        assertTrue(message.contains("stress toy found"), message);
        assertTrue(message.contains("-Dstress.seed=42"), message);
      }
    }
  }

  @Test
  void messageSaysWhatIsWrong_perDefect() {
    String lost = caught(Defect.LOSES_THE_PERMIT_OF_A_LEAVER);
    assertTrue(lost.contains("did not settle") || lost.contains("all permits are back"), lost);
    assertTrue(caught(Defect.GRANTS_TOO_MANY).contains("more than 3 holders"));
    assertTrue(caught(Defect.CALLS_BACK_ANYWHERE).contains("its future called back on"));
    assertTrue(caught(Defect.THROWS_WHEN_EMPTY).contains("threw java.lang.IllegalState"));
  }

  @Test
  void falseCheckIsNamed_whenAllIsAtRest() {
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () ->
                Schedules.create("x", SHORT)
                    .run(v ->
                        SchedulePlan.create()
                            .action("a", Actor::aWhile)
                            .atRest("one is one", () -> true)
                            .atRest("one is two", () -> false)));
    assertTrue(e.getMessage().contains("found 1 violations"), e.getMessage());
    assertTrue(e.getMessage().endsWith("\n  at rest: one is two"), e.getMessage());
  }

  @Test
  void futureThatNeverSettlesIsNamed() {
    Options options = SHORT.withSettleWithin(Duration.ofMillis(100)).withSteps(1);
    AssertionError e =
        assertThrows(
            AssertionError.class,
            () ->
                Schedules.create("x", options)
                    .run(v ->
                        SchedulePlan.create().action("hang", a -> Promise.promise().future())));
    assertTrue(
        e.getMessage().contains("1 steps did not settle within PT0.1S: step 1 'hang' on"),
        e.getMessage());
  }

  @Test
  void planIsTheSame_forTheSameSeed() {
    assertEquals(drawn(7), drawn(7));
    assertTrue(!drawn(7).equals(drawn(8)), "another seed, another plan");
  }

  private static List<String> drawn(long seed) {
    List<String> drawn = Collections.synchronizedList(new ArrayList<>());
    Options once = SHORT.withSeed(seed).withDuration(Duration.ofNanos(1)).withSteps(50);
    Schedules.create("plan", once)
        .run(v ->
            SchedulePlan.create()
                .action("a", actor -> note(drawn, "a", actor))
                .action("b", actor -> note(drawn, "b", actor)));
    return drawn.stream().sorted().toList();
  }

  private static Future<Void> note(List<String> drawn, String action, Actor actor) {
    drawn.add(actor.name() + " " + action + " " + actor.random().nextInt());
    return Future.succeededFuture();
  }

  @Test
  void everyActorTakesPart() {
    Set<String> actors = ConcurrentHashMap.newKeySet();
    Schedules.create("who", SHORT.withDuration(Duration.ofNanos(1)))
        .run(v ->
            SchedulePlan.create()
                .action(
                    "x",
                    actor -> {
                      actors.add(
                          actor.name()
                              + " on "
                              + Thread.currentThread().getName().replaceAll("\\d", "N"));
                      return actor.aWhile();
                    }));
    assertEquals(
        Set.of(
            "loop-1 on vert.x-eventloop-thread-N",
            "loop-2 on vert.x-eventloop-thread-N",
            "worker on vert.x-worker-thread-N",
            "thread on stress-plain-thread"),
        actors);
  }

  @Test
  void badOptionsAreRefused_withTheValue() {
    assertEquals(
        "steps must be at least 1, was 0",
        assertThrows(IllegalArgumentException.class, () -> SHORT.withSteps(0)).getMessage());
    assertEquals(
        "duration must be more than zero, was PT0S",
        assertThrows(IllegalArgumentException.class, () -> SHORT.withDuration(Duration.ZERO))
            .getMessage());
    assertEquals(
        "weight must be at least 1, was 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> SchedulePlan.create().action("x", 0, a -> null))
            .getMessage());
    assertThrows(
        IllegalStateException.class,
        () -> Schedules.create("x", SHORT).run(v -> SchedulePlan.create()));
  }
}
