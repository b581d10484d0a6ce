package dev.asyncpatterns.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.flow.Broadcast.Subscription;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Peers: tokio's broadcast (Lagged) and watch, Kotlin's SharedFlow. */
class BroadcastTest extends VirtualFixture {
  private final Broadcast<Integer> all = Broadcast.create(vertx, "all");

  private static <T> List<T> drain(Subscription<T> subscription) {
    List<T> got = new ArrayList<>();
    for (Optional<T> item; (item = subscription.tryReceive()).isPresent(); ) {
      got.add(item.get());
    }
    return got;
  }

  private void send(int from, int to) {
    turn(() -> {
      for (int i = from; i <= to; i++) {
        assertTrue(all.trySend(i), "no room for " + i);
      }
    });
  }

  @Test
  void everySubscriber_getsEveryItem_fromItsSubscriptionOn() {
    Subscription<Integer> first = all.subscribe(10);
    send(1, 2);
    Subscription<Integer> second = all.subscribe(10);
    send(3, 4);
    assertEquals(List.of(1, 2, 3, 4), drain(first));
    assertEquals(List.of(3, 4), drain(second));
    assertEquals(new Broadcast.Stats(2, 0, 4, false), all.stats());
  }

  @Test
  void slowSubscriberThatSuspends_holdsTheSenderUp_andNobodyGetsTheItemBefore() {
    Subscription<Integer> slow = all.subscribe(1);
    Subscription<Integer> quick = all.subscribe(10);
    Future<Void> one = turn(() -> all.send(1));
    Future<Void> two = turn(() -> all.send(2));
    assertDone(one);
    assertWaits(two);
    assertEquals(List.of(1), drain(quick));
    assertEquals(Optional.of(1), turn(() -> slow.tryReceive()));
    assertDone(two);
    assertEquals(List.of(2), drain(quick));
  }

  /** tokio counts what a receiver has missed; here it is exact, whatever the policy of others. */
  @Test
  void subscriberThatDrops_isNeverWaitedFor_andItsLossIsExact() {
    Subscription<Integer> oldest = all.subscribe(3, Overflow.DROP_OLDEST);
    Subscription<Integer> latest = all.subscribe(3, Overflow.DROP_LATEST);
    Subscription<Integer> watch = all.subscribe(1, Overflow.DROP_OLDEST);
    send(1, 10);
    assertEquals(7, oldest.lost());
    assertEquals(7, latest.lost());
    assertEquals(9, watch.lost());
    assertEquals(List.of(8, 9, 10), drain(oldest));
    assertEquals(List.of(1, 2, 3), drain(latest));
    assertEquals(List.of(10), drain(watch));
    send(11, 11);
    assertEquals(7, oldest.lost());
    assertEquals(1, oldest.unread());
  }

  @Test
  void sendersThatWait_areServedInOrder() {
    Subscription<Integer> slow = all.subscribe(1);
    send(1, 1);
    for (int i = 2; i <= 4; i++) {
      int n = i;
      turn(() -> logged("sent " + n, all.send(n)));
    }
    assertFalse(turn(() -> all.trySend(9)), "it would overtake");
    List<Integer> got = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      got.add(turn(() -> slow.receive()).result());
    }
    assertEquals(List.of(1, 2, 3, 4), got);
    assertEquals(List.of("sent 2", "sent 3", "sent 4"), log);
  }

  @Test
  void receiverThatWaits_getsTheNextItem() {
    Subscription<Integer> one = all.subscribe(1);
    Subscription<Integer> two = all.subscribe(1);
    Future<Integer> a = turn(() -> one.receive());
    Future<Integer> b = turn(() -> two.receive());
    send(1, 1);
    assertEquals(1, a.result());
    assertEquals(1, b.result());
  }

  @Test
  void receiverThatGivesUpAsItIsHandedAnItem_leavesItToTheNext() {
    Subscription<Integer> sub = all.subscribe(4);
    Cancellable<Integer> gone = cancellable(sub::receive);
    Future<Integer> next = turn(() -> sub.receive());
    turn(() -> {
      all.trySend(1);
      gone.scope().cancel("gone");
    });
    assertFails(CancellationException.class, gone.future());
    assertEquals(1, next.result());
    assertEquals(0, sub.lost());
  }

  @Test
  void senderThatGivesUp_hasReachedNobody_andLetsTheNextThrough() {
    Subscription<Integer> slow = all.subscribe(1);
    Subscription<Integer> quick = all.subscribe(9);
    send(1, 1);
    Cancellable<Void> gone = cancellable(() -> all.send(2));
    Future<Void> late = turn(() -> all.send(3, Duration.ofMillis(10)));
    Future<Void> next = turn(() -> all.send(4));
    turn(() -> gone.scope().cancel("gone"));
    advance(10);
    assertFails(CancellationException.class, gone.future());
    assertFails(TimeoutException.class, late);
    assertEquals("all: not everybody had room in time", late.cause().getMessage());
    assertWaits(next);
    turn(() -> slow.receive());
    assertDone(next);
    assertEquals(List.of(1, 4), drain(quick));
  }

  @Test
  void subscriberThatLeaves_holdsNobodyUp() {
    Subscription<Integer> slow = all.subscribe(1);
    Subscription<Integer> quick = all.subscribe(9);
    send(1, 1);
    Future<Void> waiting = turn(() -> all.send(2));
    turn(() -> slow.close());
    assertDone(waiting);
    assertEquals(List.of(1, 2), drain(quick));
    assertFails(ClosedException.class, turn(() -> slow.receive()));
    assertEquals(1, all.stats().subscribers());
  }

  @Test
  void close_letsReadersFinish_andFailsSenders() {
    Subscription<Integer> sub = all.subscribe(1);
    Subscription<Integer> watch = all.subscribe(1, Overflow.DROP_OLDEST);
    send(1, 1);
    Future<Void> waiting = turn(() -> all.send(2));
    turn(() -> all.close());
    assertFails(ClosedException.class, waiting);
    assertFails(ClosedException.class, turn(() -> all.send(3)));
    assertEquals(1, turn(() -> sub.receive()).result());
    assertFails(ClosedException.class, turn(() -> sub.receive()));
    assertEquals(List.of(1), drain(watch), "closing does not take the last value away");
    assertThrows(ClosedException.class, () -> all.subscribe(1));
  }

  @Test
  void withoutSubscribers_anItemIsNobodys() {
    assertDone(turn(() -> all.send(1)));
    Subscription<Integer> late = all.subscribe(1);
    assertEquals(Optional.empty(), late.tryReceive());
  }

  @Test
  void forEach_readsToTheEnd() {
    Subscription<Integer> sub = all.subscribe(2);
    List<Integer> got = new ArrayList<>();
    Future<Void> read =
        turn(() ->
            sub.forEach(item -> {
              got.add(item);
              return vertx.timer(1);
            }));
    Future<Void> sent =
        turn(() ->
            all.send(1)
                .compose(v -> all.send(2))
                .compose(v -> all.send(3))
                .compose(v -> all.send(4))
                .compose(v -> all.send(5)));
    advance(10);
    assertDone(sent);
    turn(() -> all.close());
    assertDone(read);
    assertEquals(List.of(1, 2, 3, 4, 5), got);
  }

  @Test
  void vertxThatCloses_failsWhoWaits() {
    Subscription<Integer> sub = all.subscribe(1);
    send(1, 1);
    Future<Void> sender = turn(() -> all.send(2));
    Subscription<Integer> empty = all.subscribe(1);
    Future<Integer> reader = turn(() -> empty.receive());
    time.await(vertx.close());
    assertFails(ClosedException.class, sender);
    assertFails(ClosedException.class, reader);
    assertEquals(1, sub.unread());
  }

  @Test
  void badInput_saysTheValueAndTheRange() {
    assertSays(
        IllegalArgumentException.class,
        "capacity must be 1 or more, was 0",
        () -> all.subscribe(0));
    assertThrows(NullPointerException.class, () -> all.send(null));
    assertThrows(NullPointerException.class, () -> all.trySend(null));
  }
}
