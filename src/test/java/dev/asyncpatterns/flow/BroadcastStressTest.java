package dev.asyncpatterns.flow;

import dev.asyncpatterns.flow.Broadcast.Subscription;
import dev.asyncpatterns.flow.Channel.Overflow;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.SchedulePlan;
import dev.asyncpatterns.testing.Schedules;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whoever suspends gets every item once; what another one has not got is counted as lost. */
@Tag("stress")
class BroadcastStressTest {
  private static final Duration SHORT = Duration.ofNanos(200_000);

  /** A subscriber and what it has received. */
  private record Reader(Subscription<Integer> items, Set<Integer> got, AtomicInteger twice) {
    Reader(Subscription<Integer> items) {
      this(items, ConcurrentHashMap.newKeySet(), new AtomicInteger());
    }

    int read(int item) {
      if (!got.add(item)) {
        twice.incrementAndGet();
      }
      return item;
    }

    void readTheRest() {
      while (items.tryReceive().map(this::read).isPresent()) {
        // until nothing is left
      }
    }
  }

  private static final class Ledger {
    private final AtomicInteger numbers = new AtomicInteger();
    private final Set<Integer> sent = ConcurrentHashMap.newKeySet();
    private final Broadcast<Integer> all;
    private final List<Reader> suspending;
    private final Reader dropping;

    Ledger(Vertx vertx) {
      all = Broadcast.create(vertx, "all");
      suspending = List.of(new Reader(all.subscribe(2)), new Reader(all.subscribe(5)));
      dropping = new Reader(all.subscribe(2, Overflow.DROP_OLDEST));
    }

    int in(int item) {
      sent.add(item);
      return item;
    }

    Reader reader(int n) {
      return n == 2 ? dropping : suspending.get(n);
    }

    boolean addsUp() {
      // A reader on a worker may have left while its item was on its way to it.
      long until = System.nanoTime() + 2_000_000_000L;
      boolean equal = false;
      while (!equal && System.nanoTime() - until < 0) {
        suspending.forEach(Reader::readTheRest);
        dropping.readTheRest();
        equal =
            suspending.stream().allMatch(one -> one.got.equals(sent))
                && dropping.got.size() + dropping.items.lost() == sent.size();
      }
      return equal
          && dropping.twice.get() == 0
          && suspending.stream().allMatch(one -> one.twice.get() == 0);
    }
  }

  private static SchedulePlan plan(Ledger ledger) {
    return SchedulePlan.create()
        .action(
            "send",
            3,
            actor -> {
              int item = ledger.numbers.incrementAndGet();
              return Timeouts.on(
                  actor.vertx(), () -> ledger.all.send(item, SHORT).map(v -> ledger.in(item)));
            })
        .action(
            "send and give up",
            actor -> {
              int item = ledger.numbers.incrementAndGet();
              return Timeouts.on(
                  actor.vertx(),
                  () ->
                      Timeouts.within(
                          Duration.ofNanos(50_000),
                          () -> ledger.all.send(item).map(v -> ledger.in(item))));
            })
        .action(
            "trySend",
            actor -> {
              int item = ledger.numbers.incrementAndGet();
              if (ledger.all.trySend(item)) {
                ledger.in(item);
              }
              return Future.succeededFuture();
            })
        .action(
            "receive",
            6,
            actor -> {
              Reader one = ledger.reader(actor.random().nextInt(3));
              return one.items.receive(SHORT).map(one::read);
            })
        .action(
            "receive and give up",
            2,
            actor -> {
              Reader one = ledger.reader(actor.random().nextInt(3));
              return Timeouts.on(
                  actor.vertx(),
                  () ->
                      Timeouts.within(
                          Duration.ofNanos(50_000), () -> one.items.receive().map(one::read)));
            })
        .action(
            "tryReceive",
            2,
            actor -> {
              Reader one = ledger.reader(actor.random().nextInt(3));
              one.items.tryReceive().ifPresent(one::read);
              return Future.succeededFuture();
            })
        .atRest("everybody has what was sent, once", ledger::addsUp);
  }

  @Test
  void readersAndSenders() {
    Schedules.create("broadcast").run(vertx -> plan(new Ledger(vertx)));
  }
}
