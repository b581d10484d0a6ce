package dev.asyncpatterns.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.sync.AsyncBarrier.BrokenException;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers: asyncio's Barrier, java.util.concurrent's CyclicBarrier, Tokio's Barrier. */
class AsyncBarrierTest extends VirtualFixture {
  private final AsyncBarrier barrier = AsyncBarrier.create(vertx, "round", 3);

  private Future<Integer> come() {
    return turn(() -> barrier.await());
  }

  @Test
  void nobodyGoesOn_beforeAllHaveCome_andPlacesAreGivenInArrivalOrder() {
    Future<Integer> a = come();
    Future<Integer> b = come();
    assertWaits(a);
    assertEquals(new AsyncBarrier.Stats(3, 2, 0, false), barrier.stats());
    Future<Integer> c = come();
    assertEquals(List.of(0, 1, 2), List.of(a.result(), b.result(), c.result()));
    assertEquals(new AsyncBarrier.Stats(3, 0, 1, false), barrier.stats());
  }

  /** asyncio test_barrier: it is filled again and again, and generations do not mix. */
  @Test
  void generationsFollowEachOther_alsoWhenAllCallsAreMadeInOneTurn() {
    List<Future<Integer>> all = new ArrayList<>();
    turn(() -> IntStream.range(0, 3_000).forEach(i -> all.add(barrier.await())));
    for (int i = 0; i < 3_000; i++) {
      assertEquals(i % 3, all.get(i).result());
    }
    assertEquals(1_000, barrier.stats().generations());
    Future<Integer> next = come();
    assertWaits(next);
  }

  /** Unlike CyclicBarrier: others are not failed, a substitute comes. */
  @Test
  void partyThatGivesUp_leavesTheCount() {
    Cancellable<Integer> gone = cancellable(() -> barrier.await());
    Future<Integer> b = come();
    turn(() -> gone.scope().cancel("enough"));
    assertFails(CancellationException.class, gone.future());
    Future<Integer> timed = turn(() -> barrier.await(Duration.ofMillis(10)));
    advance(10);
    assertFails(TimeoutException.class, timed);
    Future<Integer> c = come();
    assertWaits(b);
    assertWaits(c);
    Future<Integer> d = come();
    assertEquals(List.of(0, 1, 2), List.of(b.result(), c.result(), d.result()));
  }

  @Test
  void partyThatGivesUpAfterTheLastHasCome_hasTakenPart() {
    Cancellable<Integer> gone = cancellable(() -> barrier.await());
    Future<Integer> b = come();
    Future<Integer> c =
        turn(() -> {
          Future<Integer> last = barrier.await();
          gone.scope().cancel("too late");
          return last;
        });
    assertFails(CancellationException.class, gone.future());
    assertEquals(List.of(1, 2), List.of(b.result(), c.result()));
    assertEquals(0, barrier.stats().arrived());
  }

  /** asyncio test_reset_barrier. */
  @Test
  void reset_failsThoseWhoWait_andANewGenerationBegins() {
    Future<Integer> a = come();
    Future<Integer> b =
        turn(() -> {
          Future<Integer> second = barrier.await();
          barrier.reset();
          return second;
        });
    assertFails(BrokenException.class, a);
    assertEquals("round was reset", b.cause().getMessage());
    List<Future<Integer>> next = List.of(come(), come(), come());
    next.forEach(VirtualFixture::assertDone);
  }

  /** asyncio test_abort_barrier: broken until it is reset. */
  @Test
  void abort_failsThoseWhoWait_andWhoeverComes_untilAReset() {
    Future<Integer> a = come();
    turn(barrier::abort);
    assertFails(BrokenException.class, a);
    Future<Integer> b = come();
    assertEquals("round was aborted: reset it, or give up", b.cause().getMessage());
    assertTrue(barrier.stats().isAborted());
    turn(barrier::reset);
    List<Future<Integer>> next = List.of(come(), come(), come());
    next.forEach(VirtualFixture::assertDone);
  }

  /** More than one slice: a generation that has met goes on whatever is reset after it. */
  @Test
  void reset_afterTheLastHasCome_touchesNobodyOfThatGeneration() {
    AsyncBarrier crowd = AsyncBarrier.create(vertx, 2_000);
    List<Future<Integer>> all = new ArrayList<>();
    turn(() -> IntStream.range(0, 1_999).forEach(i -> all.add(crowd.await())));
    turn(() -> {
      all.add(crowd.await());
      all.add(crowd.await());
      crowd.reset();
    });
    all.subList(0, 2_000).forEach(VirtualFixture::assertDone);
    assertFails(BrokenException.class, all.get(2_000));
    assertEquals(2_000, all.subList(0, 2_000).stream().map(Future::result).distinct().count());
  }

  @Test
  void partyOfNoTime_failsUnlessItIsTheLast() {
    assertFails(TimeoutException.class, turn(() -> barrier.await(Duration.ZERO)));
    come();
    come();
    assertEquals(2, turn(() -> barrier.await(Duration.ZERO)).result());
  }

  @Test
  void partiesOutOfRange_saysSo() {
    assertSays(
        IllegalArgumentException.class,
        "parties must be 1 or more, was 0",
        () -> AsyncBarrier.create(vertx, 0));
    assertEquals(0, turn(() -> AsyncBarrier.create(vertx, 1).await()).result());
  }

  @Test
  @Tag("stress")
  void generationsOfManyThreads_haveOneLeaderEach() {
    Schedules.create("barrier")
        .run(vertx -> {
          AsyncBarrier stressed = AsyncBarrier.create(vertx, 3);
          AtomicInteger leaders = new AtomicInteger();
          AtomicInteger others = new AtomicInteger();
          return SchedulePlan.create()
              .action(
                  "await",
                  4,
                  actor -> {
                    Future<Integer> place = stressed.await(Duration.ofMillis(20));
                    return place.onSuccess(n -> (n == 0 ? leaders : others).incrementAndGet());
                  })
              .action(
                  "reset",
                  actor -> {
                    stressed.reset();
                    return Future.succeededFuture();
                  })
              .atRest(
                  "nobody goes on alone, and one of three leads",
                  () -> {
                    // A party whose time ends just as the last one comes has taken part untold.
                    long told = leaders.get() + others.get();
                    long met = stressed.stats().generations();
                    return leaders.get() <= met
                        && told <= 3 * met
                        && stressed.stats().arrived() == 0;
                  });
        });
  }
}
