package dev.asyncpatterns.flow;

import dev.asyncpatterns.flow.Channel.Options;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every item that was accepted is received, undelivered or kept: exactly one of these, once. */
@Tag("stress")
class ChannelStressTest {
  private static final Duration SHORT = Duration.ofNanos(200_000);

  /** A channel and the ledger of its items. */
  private static final class Ledger {
    private final AtomicInteger numbers = new AtomicInteger();
    private final Set<Integer> accepted = ConcurrentHashMap.newKeySet();
    private final Set<Integer> gone = ConcurrentHashMap.newKeySet();
    private final AtomicInteger twice = new AtomicInteger();
    private final Channel<Integer> channel;

    Ledger(Vertx vertx, BiFunction<Vertx, Options<Integer>, Channel<Integer>> make, int capacity) {
      channel = make.apply(vertx, Options.<Integer>capacity(capacity).withOnUndelivered(this::out));
    }

    int next() {
      return numbers.incrementAndGet();
    }

    /** Called in a map: a listener might be called after the end of the round. */
    int in(int item) {
      accepted.add(item);
      return item;
    }

    int out(int item) {
      if (!gone.add(item)) {
        twice.incrementAndGet();
      }
      return item;
    }

    boolean addsUp() {
      channel.shutdownNow(); // what is kept is undelivered from now on
      // A caller on a worker may have left while its item was on its way to it.
      long until = System.nanoTime() + 2_000_000_000L;
      while (!gone.equals(accepted) && System.nanoTime() - until < 0) {
        Thread.onSpinWait();
      }
      boolean equal = gone.equals(accepted);
      if (!equal) {
        TreeSet<Integer> lost = new TreeSet<>(accepted);
        lost.removeAll(gone);
        TreeSet<Integer> unasked = new TreeSet<>(gone);
        unasked.removeAll(accepted);
        System.out.printf("lost: %s; never accepted: %s%n", lost, unasked);
      }
      return twice.get() == 0 && equal;
    }
  }

  private static SchedulePlan plan(Ledger ledger) {
    Channel<Integer> channel = ledger.channel;
    return SchedulePlan.create()
        .action(
            "send",
            3,
            actor -> {
              int item = ledger.next();
              return Timeouts.on(
                  actor.vertx(), () -> channel.send(item, SHORT).map(v -> ledger.in(item)));
            })
        .action(
            "trySend",
            actor -> {
              int item = ledger.next();
              if (channel.trySend(item)) {
                ledger.in(item);
              }
              return Future.succeededFuture();
            })
        .action(
            "slot",
            actor ->
                Timeouts.on(
                    actor.vertx(),
                    () ->
                        Timeouts.within(
                            SHORT,
                            () ->
                                channel
                                    .reserve()
                                    .map(slot -> use(ledger, slot, actor.random().nextInt(2))))))
        .action("receive", 3, actor -> channel.receive(SHORT).map(ledger::out))
        .action(
            "receive and give up",
            2,
            actor ->
                Timeouts.on(
                    actor.vertx(),
                    () ->
                        Timeouts.within(
                            Duration.ofNanos(50_000), () -> channel.receive().map(ledger::out))))
        .action(
            "tryReceive",
            actor -> {
              channel.tryReceive().ifPresent(ledger::out);
              return Future.succeededFuture();
            })
        .atRest("every item is accounted for, once", ledger::addsUp);
  }

  private static int use(Ledger ledger, Channel.Slot<Integer> slot, int how) {
    int item = ledger.next();
    if (how == 0) {
      slot.close();
      return 0;
    }
    return slot.send(item) ? ledger.in(item) : 0;
  }

  private static void stress(
      String name, int capacity, BiFunction<Vertx, Options<Integer>, Channel<Integer>> make) {
    Schedules.create(name).run(vertx -> plan(new Ledger(vertx, make, capacity)));
  }

  @Test
  void bounded() {
    stress("channel", 3, (vertx, options) -> Channel.create(vertx, "c", options));
  }

  @Test
  void rendezvous() {
    stress("rendezvous", 0, (vertx, options) -> Channel.create(vertx, "c", options));
  }

  @Test
  void dropOldest() {
    stress(
        "drop oldest",
        2,
        (vertx, options) -> Channel.create(vertx, "c", options.withOverflow(Overflow.DROP_OLDEST)));
  }

  @Test
  void priority() {
    stress(
        "priority",
        5,
        (vertx, options) -> Channel.priority(vertx, "c", options, Comparator.naturalOrder(), 3));
  }
}
