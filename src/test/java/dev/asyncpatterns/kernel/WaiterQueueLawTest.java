package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** First come, first served, from hand to hand. */
class WaiterQueueLawTest {
  private final Lab lab = new Lab();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    lab.close();
  }

  private Permits<Integer> permits(int free) {
    return new Permits<>(lab.kernel, "p", free, n -> n);
  }

  private Future<Integer> wait(Permits<Integer> permits, int n, String name) {
    return permits.acquire(n, Permits.FOREVER).onSuccess(got -> log.add(name));
  }

  @Test
  void waiters_areServedInOrderOfArrival() {
    Permits<Integer> permits = permits(0);
    lab.run(() -> IntStream.range(0, 100).forEach(i -> wait(permits, 1, "w" + i)));
    lab.run(() -> IntStream.range(0, 100).forEach(i -> permits.release(1)));
    assertEquals(IntStream.range(0, 100).mapToObj(i -> "w" + i).toList(), log);
    assertEquals(0, permits.waiting());
    assertEquals(0, permits.available());
  }

  @Test
  void try_neverOvertakes_evenWhenEnoughIsFree() {
    Permits<Integer> permits = permits(1);
    lab.run(() -> wait(permits, 2, "big"));
    assertEquals(1, permits.available());
    assertFalse(permits.tryTake(1));
    lab.run(() -> permits.release(1));
    assertEquals(List.of("big"), log);
  }

  @Test
  void permit_betweenGrantAndDelivery_cannotBeSeenByATry() {
    Permits<Integer> permits = permits(0);
    lab.run(() -> wait(permits, 1, "w"));
    boolean taken =
        lab.run(() -> {
          permits.release(1);
          return permits.tryTake(1);
        });
    assertFalse(taken);
    assertEquals(List.of("w"), log);
  }

  @Test
  void headThatWantsMany_blocksThoseThatWantFew() {
    Permits<Integer> permits = permits(0);
    lab.run(() -> {
      wait(permits, 3, "three");
      wait(permits, 1, "one");
    });
    lab.run(() -> permits.release(2));
    assertEquals(List.of(), log);
    assertEquals(2, permits.available());
    lab.run(() -> permits.release(1));
    assertEquals(List.of("three"), log);
    lab.run(() -> permits.release(1));
    assertEquals(List.of("three", "one"), log);
  }

  @Test
  void headThatGivesUp_letsTheSmallerOnesGo() {
    Permits<Integer> permits = permits(2);
    ContextInternal context = lab.context();
    ProbeCall<Integer> big =
        lab.on(context, () -> ProbeCall.start(context, 0, () -> wait(permits, 3, "three")));
    lab.run(() -> wait(permits, 1, "one"));
    lab.run(() -> wait(permits, 1, "two"));
    lab.run(() -> big.cancel(new IllegalStateException("enough")));
    assertEquals(List.of("one", "two"), log);
    assertEquals(0, permits.available());
    assertEquals(0, permits.waiting());
  }

  @Test
  void release_runsTheReleasersNextStatementFirst() {
    Permits<Integer> permits = permits(0);
    lab.run(() -> wait(permits, 1, "waiter"));
    lab.run(() -> {
      permits.release(1);
      log.add("releaser");
    });
    assertEquals(List.of("releaser", "waiter"), log);
  }

  @Test
  void cancel_runsTheCancellersNextStatementFirst() {
    Permits<Integer> permits = permits(0);
    ContextInternal context = lab.context();
    ProbeCall<Integer> call =
        lab.on(
            context,
            () ->
                ProbeCall.start(
                    context, 0, () -> wait(permits, 1, "never").onFailure(e -> log.add("waiter"))));
    lab.on(
        context,
        () -> {
          call.cancel(new IllegalStateException("enough"));
          log.add("canceller");
          return null;
        });
    assertEquals(List.of("canceller", "waiter"), log);
  }

  @Test
  void close_runsTheClosersNextStatementFirst_andFailsEverybody() {
    Permits<Integer> permits = permits(2);
    lab.run(() -> {
      wait(permits, 5, "big").onFailure(e -> log.add("big " + e.getMessage()));
      wait(permits, 1, "small").onFailure(e -> log.add("small " + e.getMessage()));
    });
    lab.run(() -> {
      permits.close(new ClosedException("shut"));
      log.add("closer");
    });
    assertEquals(List.of("closer", "big shut", "small shut"), log);
    assertEquals(2, permits.available());
    assertEquals(0, permits.waiting());
    assertFalse(permits.tryTake(1));
    permits.release(1);
    assertEquals(3, permits.available());
  }

  @Test
  void closeWhilePermitsAreFree_givesNoneAway_andTakesThemBack() {
    Permits<Integer> permits = permits(2);
    assertTrue(permits.tryTake(1));
    permits.close(new ClosedException("shut"));
    assertFalse(permits.tryTake(1));
    assertEquals(1, permits.available());
    permits.release(1);
    assertEquals(2, permits.available());
    assertFalse(permits.tryTake(1));
  }

  @Test
  void waitingForNoneToBeFree_isThawed() {
    Permits<Integer> permits = permits(1);
    lab.run(() -> wait(permits, 1, "first"));
    lab.run(() -> wait(permits, 1, "second"));
    lab.run(() -> permits.release(1));
    permits.release(1);
    assertEquals(1, permits.available());
    assertTrue(permits.tryTake(1), "the fast way is open again");
  }

  @Test
  void callThatGrantsMany_grantsASliceOfThem_andTheRestInLaterTurns_inOrder() {
    int many = 10 * WaitQueue.SLICE + 1;
    Permits<Integer> permits = permits(0);
    lab.run(() -> IntStream.range(0, many).forEach(i -> wait(permits, 1, "w" + i)));
    int left =
        lab.run(() -> {
          permits.release(many + 1);
          assertFalse(permits.tryTake(1), "those still waiting are not overtaken");
          return permits.waiting();
        });
    assertEquals(many - WaitQueue.SLICE, left);
    assertEquals(IntStream.range(0, many).mapToObj(i -> "w" + i).toList(), log);
    assertEquals(1, permits.available());
    assertTrue(permits.tryTake(1));
  }

  @Test
  void callThatGrantsMany_fromAPlainThread_grantsAllOfThem() {
    int many = 2 * WaitQueue.SLICE + 1;
    Permits<Integer> permits = permits(0);
    lab.run(() -> IntStream.range(0, many).forEach(i -> wait(permits, 1, "w" + i)));
    permits.release(many);
    assertEquals(0, permits.waiting());
    lab.time.settle();
    assertEquals(many, log.size());
  }

  @Test
  void fewerPermitsThanAreHeld_isADebt_paidBeforeAnybodyIsGranted() {
    Permits<Integer> permits = permits(3);
    assertTrue(permits.tryTake(3));
    lab.run(() -> wait(permits, 1, "w"));
    lab.run(() -> permits.resize(-2, 1));
    lab.run(() -> permits.release(2));
    assertEquals(List.of(), log);
    assertEquals(0, permits.available());
    lab.run(() -> permits.release(1));
    assertEquals(List.of("w"), log);
    lab.run(() -> permits.release(1));
    assertTrue(permits.tryTake(1));
    assertFalse(permits.tryTake(1), "three, less two");
  }

  @Test
  void debtWithNobodyWaiting_isPaidBeforeATry() {
    Permits<Integer> permits = permits(2);
    assertTrue(permits.tryTake(2));
    permits.resize(-2, 1);
    permits.release(1);
    permits.release(1);
    assertFalse(permits.tryTake(1));
    permits.resize(2, 2);
    assertTrue(permits.tryTake(2));
  }

  @Test
  void morePermits_goToThoseWhoWait() {
    Permits<Integer> permits = permits(0);
    lab.run(() -> wait(permits, 2, "two"));
    lab.run(() -> wait(permits, 1, "one"));
    lab.run(() -> permits.resize(2, 4));
    assertEquals(List.of("two"), log);
    lab.run(() -> permits.resize(2, 4));
    assertEquals(List.of("two", "one"), log);
    assertEquals(1, permits.available());
  }

  @Test
  void queueThatIsFull_refusesOneMore_unlessItNeedNotWait() {
    Permits<Integer> permits =
        new Permits<>(lab.kernel, "p", 0, 1, IllegalStateException::new, n -> n);
    Future<Integer> first = lab.run(() -> wait(permits, 1, "first"));
    Future<Integer> second = lab.run(() -> wait(permits, 1, "second"));
    assertEquals(
        "p: 1 callers wait already, which is the most that may", second.cause().getMessage());
    lab.run(() -> permits.release(2));
    assertTrue(first.succeeded());
    assertEquals(1, permits.available());
    Permits<Integer> none =
        new Permits<>(lab.kernel, "none", 1, 0, IllegalStateException::new, n -> n);
    assertTrue(lab.run(() -> wait(none, 1, "at once")).succeeded());
    assertTrue(lab.run(() -> wait(none, 1, "never")).failed());
    assertEquals(0, none.waiting());
  }

  @Test
  void waiterForMoreThanThereAre_failsWhenTheyBecomeFewer_andLetsTheOthersGo() {
    Permits<Integer> permits = permits(1);
    Future<Integer> big = lab.run(() -> wait(permits, 3, "big"));
    Future<Integer> small = lab.run(() -> wait(permits, 1, "small"));
    lab.run(() -> permits.resize(0, 2));
    assertEquals("p: 3 permits were asked for, and there are 2", big.cause().getMessage());
    assertTrue(small.succeeded());
    assertTrue(lab.run(() -> wait(permits, 3, "later")).failed());
    assertEquals(0, permits.waiting());
  }
}
