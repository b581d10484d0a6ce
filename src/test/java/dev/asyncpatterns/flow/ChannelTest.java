package dev.asyncpatterns.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.flow.Channel.Options;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.flow.Channel.Slot;
import dev.asyncpatterns.kernel.Registry;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.ContextLaws;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Peers: asyncio's Queue, Trio's memory channel, kotlinx Channel, Tokio's mpsc. */
class ChannelTest extends VirtualFixture {
  private final List<Integer> undelivered = new ArrayList<>();
  private final Channel<Integer> channel =
      Channel.create(
          vertx, "orders", Options.<Integer>capacity(2).withOnUndelivered(undelivered::add));

  private Future<Void> send(int item) {
    return turn(() -> channel.send(item));
  }

  private Future<Integer> receive() {
    return turn(() -> channel.receive());
  }

  private void nothingIsLeft() {
    assertEquals(new Registry.Census(0, 0, 0), VertxKernel.of(vertx).registry().census().join());
  }

  /** asyncio test_order: senders wait for room, and all comes out in order. */
  @Test
  void bounded_suspendsSenders_andKeepsTheOrder() {
    List<Future<Void>> sent = new ArrayList<>();
    IntStream.range(0, 5).forEach(i -> sent.add(send(i)));
    assertEquals(
        List.of(true, true, false, false, false), sent.stream().map(Future::isComplete).toList());
    assertEquals(2, channel.stats().kept());
    assertEquals(3, channel.stats().senders());
    for (int i = 0; i < 5; i++) {
      assertEquals(i, receive().result());
    }
    sent.forEach(VirtualFixture::assertDone);
    assertWaits(receive());
  }

  @Test
  void receivers_areServedInOrder_afterTheSendersNextStatement() {
    turn(() -> IntStream.range(0, 3).forEach(i -> logged("r" + i, channel.receive())));
    turn(() -> {
      IntStream.range(0, 3).forEach(channel::trySend);
      log.add("sender");
    });
    assertEquals(List.of("sender", "r0", "r1", "r2"), log);
  }

  /** kotlinx: a waiting receiver owns the next item; a try cannot steal it. */
  @Test
  void tryReceive_cannotTakeWhatAWaiterOwns_norTrySendOvertake() {
    Future<Integer> waiter = receive();
    Optional<Integer> stolen =
        turn(() -> {
          channel.trySend(1);
          return channel.tryReceive();
        });
    assertEquals(Optional.empty(), stolen);
    assertEquals(1, waiter.result());
    IntStream.range(0, 3).forEach(this::send);
    boolean overtook =
        turn(() -> {
          boolean full = channel.trySend(8);
          channel.tryReceive();
          return full || channel.trySend(9);
        });
    assertFalse(overtook, "the room belongs to the sender that waits");
    assertEquals(List.of(1, 2), List.of(receive().result(), receive().result()));
  }

  /** Trio test_memory_channel_cancel: the item of a receiver that leaves goes to the next. */
  @Test
  void itemOfAReceiverThatIsCancelledJustThen_goesToTheNext() {
    Cancellable<Integer> gone = cancellable(() -> channel.receive());
    Future<Integer> next = receive();
    turn(() -> {
      channel.trySend(1);
      gone.scope().cancel("enough");
    });
    assertFails(CancellationException.class, gone.future());
    assertEquals(1, next.result());
    assertEquals(1, channel.stats().unfinished());
  }

  @Test
  void itemOfAReceiverThatIsCancelledJustThen_isInFrontAgain_whenNobodyWaits() {
    Cancellable<Integer> gone = cancellable(() -> channel.receive());
    turn(() -> {
      channel.trySend(1);
      channel.trySend(2);
      gone.scope().cancel("enough");
    });
    assertEquals(List.of(1, 2), List.of(receive().result(), receive().result()));
    assertEquals(List.of(), undelivered);
  }

  @Test
  void receiverCancelledInTheCallbackOfAnothers_losesNothing() {
    AtomicReference<Cancellable<Integer>> second = new AtomicReference<>();
    Future<Integer> first =
        turn(() -> channel.receive().onSuccess(i -> second.get().scope().cancel("enough")));
    second.set(cancellable(() -> channel.receive()));
    Future<Integer> third = receive();
    turn(() -> {
      channel.trySend(1);
      channel.trySend(2);
    });
    assertEquals(1, first.result());
    assertFails(CancellationException.class, second.get().future());
    assertEquals(2, third.result());
  }

  @Test
  void senderThatGivesUp_hasNotSent_andLetsTheNextIn() {
    send(1);
    send(2);
    Cancellable<Void> gone = cancellable(() -> channel.send(3));
    Future<Void> timed = turn(() -> channel.send(4, Duration.ofMillis(10)));
    Future<Void> next = send(5);
    turn(() -> gone.scope().cancel("enough"));
    advance(10);
    assertFails(CancellationException.class, gone.future());
    assertFails(TimeoutException.class, timed);
    assertEquals(List.of(1, 2), List.of(receive().result(), receive().result()));
    assertDone(next);
    assertEquals(5, receive().result());
    assertEquals(List.of(), undelivered);
    nothingIsLeft();
  }

  /** Tokio: a send that failed has not sent, and one whose item is in does not fail. */
  @Test
  void senderCancelledJustAfterItsItemIsIn_hasSent() {
    send(1);
    send(2);
    Cancellable<Void> late = cancellable(() -> channel.send(3));
    Future<Integer> third =
        turn(() -> {
          channel.tryReceive();
          late.scope().cancel("too late");
          channel.tryReceive();
          return channel.receive();
        });
    assertDone(late.future());
    assertEquals(3, third.result());
  }

  @Test
  void timedReceive_isToldApartFromAnOuterLimit() {
    Future<Integer> own = turn(() -> channel.receive(Duration.ofMillis(20)));
    AtomicReference<Throwable> inner = new AtomicReference<>();
    Future<Integer> outer =
        turn(() ->
            Timeouts.within(Duration.ofMillis(10), () -> channel.receive().onFailure(inner::set)));
    advance(20);
    assertFails(TimeoutException.class, own);
    assertFails(TimeoutException.class, outer);
    assertEquals(CancellationException.class, inner.get().getClass());
    assertFails(TimeoutException.class, turn(() -> channel.receive(Duration.ZERO)));
    nothingIsLeft();
  }

  /** Tokio test: senders fail at once; receivers get what is left, then every one the end. */
  @Test
  void close_refusesSenders_waitingOnesToo_andDrains() {
    send(1);
    send(2);
    Future<Void> waiting = send(3);
    turn(channel::close);
    assertFails(ClosedException.class, waiting);
    assertFails(ClosedException.class, send(4));
    assertFalse(channel.trySend(4));
    assertEquals(List.of(1, 2), List.of(receive().result(), receive().result()));
    for (int i = 0; i < 3; i++) { // the classic mistake: one sentinel, three consumers
      assertFails(ClosedException.class, receive());
    }
    assertEquals(List.of(), undelivered);
    channel.close();
    assertTrue(channel.isClosed());
  }

  @Test
  void close_tellsEveryReceiverThatWaits() {
    List<Future<Integer>> all = new ArrayList<>();
    turn(() -> IntStream.range(0, 1_000).forEach(i -> all.add(channel.receive())));
    turn(channel::close);
    all.forEach(f -> assertFails(ClosedException.class, f));
    assertEquals("orders was closed, and nothing is left in it", all.get(0).cause().getMessage());
  }

  /** asyncio test_shutdown_immediate. */
  @Test
  void shutdownNow_dropsWhatIsKept_toTheHook_andEndsTheJoin() {
    send(1);
    send(2);
    Future<Void> waiting = send(3);
    Future<Void> joined = turn(() -> channel.join());
    assertWaits(joined);
    turn(channel::shutdownNow);
    assertEquals(List.of(1, 2), undelivered);
    assertFails(ClosedException.class, waiting);
    assertFails(ClosedException.class, receive());
    assertDone(joined);
    channel.shutdownNow();
    assertEquals(2, undelivered.size());
  }

  @Test
  void itemGivenBackAfterShutdownNow_isUndelivered_once() {
    Cancellable<Integer> gone = cancellable(() -> channel.receive());
    turn(() -> {
      channel.trySend(1);
      channel.shutdownNow();
      gone.scope().cancel("enough");
    });
    assertFails(CancellationException.class, gone.future());
    assertEquals(List.of(1), undelivered);
    assertEquals(0, channel.stats().unfinished());
  }

  @Test
  void hookThatThrows_isLogged_andTheOthersGoOn() {
    List<Integer> seen = new ArrayList<>();
    Channel<Integer> c =
        Channel.create(
            vertx,
            "c",
            Options.<Integer>capacity(3)
                .withOnUndelivered(i -> {
                  seen.add(i);
                  throw new IllegalStateException("on purpose");
                }));
    IntStream.range(0, 3).forEach(c::trySend);
    c.shutdownNow();
    assertEquals(List.of(0, 1, 2), seen);
  }

  /** asyncio test_task_done, test_join_empty_queue. */
  @Test
  void join_waitsForTaskDone_ofEveryItem() {
    assertDone(turn(() -> channel.join()));
    send(1);
    send(2);
    Future<Void> joined = turn(() -> channel.join());
    receive();
    receive();
    assertWaits(joined);
    channel.taskDone();
    time.settle();
    assertWaits(joined);
    channel.taskDone();
    time.settle();
    assertDone(joined);
    assertSays(
        IllegalStateException.class,
        "orders: taskDone must be called once for each received item, was called once more",
        channel::taskDone);
  }

  @Test
  void reservedSlot_countsAsRoom_andIsUsedOrGivenBack_once() {
    Slot<Integer> a = turn(() -> channel.reserve()).result();
    Slot<Integer> b = turn(() -> channel.reserve()).result();
    Future<Void> waiting = send(3);
    assertWaits(waiting);
    assertTrue(a.send(1));
    assertFalse(a.send(9));
    a.close();
    assertEquals(1, receive().result());
    assertDone(waiting);
    b.close();
    b.close();
    assertTrue(turn(() -> channel.trySend(4)));
    assertEquals(List.of(3, 4), List.of(receive().result(), receive().result()));
    assertEquals(0, channel.stats().slots());
  }

  /** Tokio: slots that are out when the channel closes still send; the end comes after them. */
  @Test
  void closeWithReservedSlots_endsWhenTheyAreUsedOrGivenBack() {
    Slot<Integer> a = turn(() -> channel.reserve()).result();
    Slot<Integer> b = turn(() -> channel.reserve()).result();
    Future<Integer> first = receive();
    Future<Integer> second = receive();
    turn(channel::close);
    assertWaits(first);
    assertTrue(turn(() -> a.send(1)));
    assertEquals(1, first.result());
    assertWaits(second);
    turn(b::close);
    assertFails(ClosedException.class, second);
  }

  @Test
  void slotUsedAfterShutdownNow_sendsNothing() {
    Slot<Integer> slot = turn(() -> channel.reserve()).result();
    turn(channel::shutdownNow);
    assertFalse(slot.send(1));
    assertFails(ClosedException.class, receive());
    assertEquals(List.of(), undelivered);
  }

  @Test
  void slotOfSomebodyWhoGivesUpJustThen_isRoomAgain() {
    send(1);
    send(2);
    Cancellable<Slot<Integer>> gone = cancellable(() -> channel.reserve());
    Future<Void> next = send(3);
    turn(() -> {
      channel.tryReceive();
      gone.scope().cancel("enough");
    });
    assertFails(CancellationException.class, gone.future());
    assertDone(next);
    assertEquals(0, channel.stats().slots());
  }

  @Test
  void rendezvous_keepsNothing() {
    Channel<Integer> meet = Channel.rendezvous(vertx);
    assertFalse(meet.trySend(1));
    Future<Void> sent = turn(() -> meet.send(1));
    assertWaits(sent);
    assertEquals(1, turn(() -> meet.receive()).result());
    assertDone(sent);
    Future<Integer> waiting = turn(() -> meet.receive());
    assertTrue(turn(() -> meet.trySend(2)));
    assertEquals(2, waiting.result());
    assertEquals(0, meet.stats().kept());
    Future<Void> heldOut = turn(() -> meet.send(3));
    assertEquals(Optional.of(3), turn(meet::tryReceive));
    assertDone(heldOut);
  }

  @Test
  void conflated_keepsTheLatest_andDropOldestAndDropLatestSayWhatTheyDropped() {
    Channel<Integer> latest = Channel.conflated(vertx);
    IntStream.range(0, 10).forEach(i -> assertTrue(latest.trySend(i)));
    assertEquals(Optional.of(9), latest.tryReceive());
    assertEquals(9, latest.stats().dropped());
    Options<Integer> two = Options.<Integer>capacity(2).withOnUndelivered(undelivered::add);
    Channel<Integer> oldest = Channel.create(vertx, "o", two.withOverflow(Overflow.DROP_OLDEST));
    IntStream.range(0, 4).forEach(i -> assertDone(turn(() -> oldest.send(i))));
    assertEquals(List.of(0, 1), undelivered);
    assertEquals(2, oldest.stats().unfinished());
    undelivered.clear();
    Channel<Integer> dropLatest =
        Channel.create(vertx, "l", two.withOverflow(Overflow.DROP_LATEST));
    IntStream.range(0, 4).forEach(i -> assertDone(turn(() -> dropLatest.send(i))));
    assertEquals(List.of(2, 3), undelivered);
    assertEquals(Optional.of(0), dropLatest.tryReceive());
    assertEquals(2, dropLatest.stats().dropped());
  }

  @Test
  void receiveBatch_waitsForOne_andTakesWhatIsKept() {
    Channel<Integer> wide = Channel.unbounded(vertx);
    Future<List<Integer>> batch = turn(() -> wide.receiveBatch(3));
    assertWaits(batch);
    turn(() -> IntStream.range(0, 5).forEach(wide::trySend));
    assertEquals(List.of(0, 1, 2), batch.result());
    assertEquals(List.of(3, 4), turn(() -> wide.receiveBatch(10)).result());
    assertThrows(IllegalArgumentException.class, () -> wide.receiveBatch(0));
  }

  /** As asyncio's task_done in a finally. */
  @Test
  void forEach_whoseBodyFailsOrIsCancelled_saysThatItsItemIsDone() {
    Channel<Integer> wide = Channel.unbounded(vertx);
    IOException boom = new IOException("boom");
    turn(() -> IntStream.range(0, 3).forEach(wide::trySend));
    Future<Void> all =
        turn(
            () -> wide.forEach(i -> i == 0 ? Future.succeededFuture() : Future.failedFuture(boom)));
    assertSame(boom, all.cause());
    assertEquals(1, wide.stats().unfinished());
    Cancellable<Void> cut = cancellable(() -> wide.forEach(i -> vertx.timer(1_000)));
    cut.scope().cancel("enough");
    time.settle();
    assertFails(CancellationException.class, cut.future());
    assertDone(turn(() -> wide.join()));
  }

  @Test
  void forEach_endsWithTheChannel_andSaysThatItemsAreDone() {
    Channel<Integer> wide = Channel.unbounded(vertx);
    List<Integer> seen = new ArrayList<>();
    Future<Void> all =
        turn(() ->
            wide.forEach(i -> {
              seen.add(i);
              return i % 2 == 0 ? Future.succeededFuture() : vertx.timer(1);
            }));
    turn(() -> IntStream.range(0, 10).forEach(wide::trySend));
    advance(10);
    assertEquals(10, seen.size());
    assertDone(turn(() -> wide.join()));
    assertWaits(all);
    turn(wide::close);
    assertDone(all);
  }

  @Test
  void forEach_ofABodyThatFails_failsAndLeavesTheRest() {
    Channel<Integer> wide = Channel.unbounded(vertx);
    IntStream.range(0, 3).forEach(wide::trySend);
    Future<Void> all =
        turn(() ->
            wide.forEach(i -> {
              throw new IllegalStateException("item " + i);
            }));
    assertEquals("item 0", all.cause().getMessage());
    assertEquals(Optional.of(1), wide.tryReceive());
    Cancellable<Void> cancelled =
        cancellable(() -> Channel.<Integer>unbounded(vertx).forEach(i -> Future.succeededFuture()));
    turn(() -> cancelled.scope().cancel("enough"));
    assertFails(CancellationException.class, cancelled.future());
  }

  @Test
  void lifo_givesTheNewestFirst_priority_theLeast_ofEqualsTheFirst() {
    Channel<Integer> lifo = Channel.lifo(vertx, "lifo", Options.capacity(10));
    IntStream.range(0, 4).forEach(lifo::trySend);
    assertEquals(List.of(3, 2, 1, 0), turn(() -> lifo.receiveBatch(9)).result());
    Channel<String> ranked =
        Channel.priority(
            vertx, "ranked", Options.capacity(10), Comparator.comparing(s -> s.charAt(0)), 100);
    List.of("c1", "a1", "b1", "a2", "c2").forEach(ranked::trySend);
    assertEquals(
        List.of("a1", "a2", "b1", "c1", "c2"), turn(() -> ranked.receiveBatch(9)).result());
  }

  /** The classic mistake: something of low rank that never comes out. */
  @Test
  void priority_letsAnItemBeOvertakenSoOften_andNoMore() {
    Channel<Integer> ranked =
        Channel.priority(
            vertx, "r", Options.<Integer>capacity(10), Comparator.<Integer>naturalOrder(), 5);
    ranked.trySend(99);
    int overtaken = 0;
    for (; ; overtaken++) {
      ranked.trySend(1);
      if (ranked.tryReceive().orElseThrow() == 99) {
        break;
      }
    }
    assertEquals(5, overtaken);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Channel.priority(
                vertx, "r", Options.<Integer>capacity(10), Comparator.<Integer>naturalOrder(), 0));
  }

  @Test
  void hugeCapacity_allocatesForWhatIsKept() {
    Channel<Integer> wide = Channel.bounded(vertx, Integer.MAX_VALUE);
    for (int i = 0; i < 1_000_000; i++) {
      assertTrue(wide.trySend(i));
      assertEquals(Optional.of(i), wide.tryReceive());
    }
    assertEquals(0, wide.stats().kept());
  }

  @Test
  void hundredThousandCancelledWaits_leaveNothing() {
    Cancellable<Integer> all =
        cancellable(() -> {
          for (int i = 1; i < 100_000; i++) {
            channel.receive();
          }
          return channel.receive();
        });
    assertEquals(100_000, channel.stats().receivers());
    turn(() -> all.scope().cancel("enough"));
    assertEquals(0, channel.stats().receivers());
    nothingIsLeft();
  }

  @Test
  void eachFuture_comesHome_andClosingTheVertxFailsIt() {
    Context other = vertx.getOrCreateContext();
    AtomicReference<Context> heardOn = new AtomicReference<>();
    other.runOnContext(v -> channel.receive().onSuccess(i -> heardOn.set(Vertx.currentContext())));
    time.settle();
    send(1);
    assertSame(other, heardOn.get());
    Future<Integer> waiting = receive();
    time.await(vertx.close());
    assertFails(ClosedException.class, waiting);
    assertFails(ClosedException.class, channel.receive());
  }

  @Test
  void contextLaws() {
    ContextLaws.operation(
            "receive",
            v -> {
              Channel<Integer> c = Channel.bounded(v, 1);
              v.setTimer(200, id -> c.trySend(1));
              return c::receive;
            })
        .check();
    ContextLaws.operation(
            "send",
            v -> {
              Channel<Integer> c = Channel.rendezvous(v);
              return () -> {
                Future<Void> sent = c.send(1);
                if (!sent.isComplete()) { // set before, it could find nobody who sends
                  v.setTimer(200, id -> c.tryReceive());
                }
                return sent;
              };
            })
        .check();
  }

  @Test
  void badInput_saysTheValueAndTheRange() {
    assertSays(
        IllegalArgumentException.class,
        "capacity must be 0 or more, was -1",
        () -> Channel.bounded(vertx, -1));
    assertSays(
        IllegalArgumentException.class,
        "a channel that keeps nothing must suspend its senders, was DROP_OLDEST",
        () -> Options.capacity(0).withOverflow(Overflow.DROP_OLDEST));
    assertSays(NullPointerException.class, "item", () -> channel.send(null));
    assertSays(NullPointerException.class, "item", () -> channel.trySend(null));
  }
}
