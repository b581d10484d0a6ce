package dev.asyncpatterns.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.flow.Workers.Options;
import dev.asyncpatterns.kernel.Registry.Census;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.task.Suspend;
import dev.asyncpatterns.testing.VirtualFixture;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** asyncio's consumers over a Queue are the peer; the mistake is an item lost at shutdown. */
class WorkersTest extends VirtualFixture {
  private final Channel<Integer> items = Channel.bounded(vertx, 100);
  private final List<Integer> done = new ArrayList<>();
  private final List<Integer> reported = new ArrayList<>();
  private int running;
  private int most;

  private Workers<Integer> start(int workers, Function<Integer, Future<?>> body) {
    return turn(() -> Workers.start(vertx, "w", options(workers), items, body));
  }

  private Options<Integer> options(int workers) {
    return Options.<Integer>workers(workers).withOnFailure((item, why) -> reported.add(item));
  }

  private Future<?> work(int item) {
    most = Math.max(most, ++running);
    return Delay.of(Duration.ofMillis(10))
        .onSuccess(v -> done.add(item))
        .onComplete(v -> running--);
  }

  private void send(int count) {
    turn(() -> {
      for (int i = 1; i <= count; i++) {
        items.trySend(i);
      }
    });
  }

  @Test
  void soManyAtOnce_untilTheChannelEnds() {
    Workers<Integer> workers = start(3, this::work);
    send(7);
    turn(() -> items.close());
    Future<Void> ended = turn(workers::ended);
    advance(29);
    assertWaits(ended);
    advance(1);
    assertDone(ended);
    assertEquals(List.of(1, 2, 3, 4, 5, 6, 7), done);
    assertEquals(3, most);
    assertEquals(new Workers.Stats(0, 0, 7, 0), workers.stats());
    assertEquals(
        new Census(0, 0, 0), VertxKernel.of(vertx).registry().census().join(), "nothing is left");
  }

  @Test
  void failure_isReportedWithItsItem_andTheWorkerGoesOn() {
    Workers<Integer> workers =
        start(
            1,
            item -> {
              if (item == 2) {
                throw new IllegalStateException("thrown");
              }
              return item == 3 ? Future.failedFuture(new IOException("boom")) : work(item);
            });
    send(4);
    advance(100);
    assertEquals(List.of(1, 4), done);
    assertEquals(List.of(2, 3), reported);
    assertEquals(2, workers.stats().failed());
  }

  @Test
  void drain_takesNoMore_finishesTheCurrent_andLeavesTheRestInTheChannel() {
    Workers<Integer> workers = start(2, this::work);
    send(5);
    advance(5);
    Future<Integer> drained = turn(() -> workers.drain(Duration.ofSeconds(1)));
    advance(4);
    assertWaits(drained);
    advance(1);
    assertEquals(0, drained.result());
    assertEquals(List.of(1, 2), done);
    assertEquals(3, items.stats().kept());
    assertEquals(3, items.tryReceive().orElseThrow());
  }

  @Test
  void drain_ofWorkersThatWait_isDoneAtOnce_andANewItemStays() {
    Workers<Integer> workers = start(2, this::work);
    turn(() -> {
      items.trySend(1); // handed to a worker that is drained in the same turn
      workers.drain(Duration.ofSeconds(1));
    });
    turn(() -> items.trySend(2));
    advance(50);
    int left = items.stats().kept();
    assertEquals(2, done.size() + left, "none is lost");
    assertTrue(left >= 1);
    assertEquals(List.of(), reported);
  }

  @Test
  void drain_whenItsTimeIsOver_cancels_andReportsWhatWasCut() {
    Workers<Integer> workers =
        start(
            2,
            item ->
                item == 1
                    ? Suspend.on(vertx, (resume, onCancel) -> {})
                    : Promise.promise().future()); // listens to nothing
    send(3);
    Future<Integer> drained = turn(() -> workers.drain(Duration.ofMillis(20)));
    advance(20);
    assertEquals(2, drained.result());
    assertEquals(List.of(1, 2), reported.stream().sorted().toList());
    assertEquals(1, items.stats().kept());
  }

  @Test
  void verticleThatStops_drainsThem() {
    AtomicReference<Workers<Integer>> workers = new AtomicReference<>();
    String id =
        time.await(
            vertx.deployVerticle(
                new VerticleBase() {
                  @Override
                  public Future<?> start() {
                    workers.set(
                        Workers.start(vertx, "w", options(1), items, WorkersTest.this::work));
                    return Future.succeededFuture();
                  }
                }));
    send(3);
    advance(5);
    time.await(vertx.undeploy(id));
    assertEquals(List.of(1), done);
    assertEquals(2, items.stats().kept());
  }

  @Test
  void startersCancellation_doesNotReachThem() {
    Cancellable<Void> starter =
        cancellable(() -> {
          Workers.start(vertx, "w", options(1), items, this::work);
          return Suspend.on(vertx, (resume, onCancel) -> {});
        });
    starter.scope().cancel("gone");
    time.settle();
    assertFails(CancellationException.class, starter.future());
    send(1);
    advance(10);
    assertEquals(List.of(1), done);
  }

  @Test
  void settingsOutOfRange_sayTheValueAndTheRange() {
    assertSays(
        IllegalArgumentException.class,
        "workers must be 1 or more, was 0",
        () -> Options.workers(0));
    assertSays(
        IllegalArgumentException.class,
        "closeWithin must be zero or more, was PT-1S",
        () -> options(1).withCloseWithin(Duration.ofSeconds(-1)));
  }
}
