package dev.asyncpatterns.gather;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * While one event loop takes a million steps that complete at once, its timers and sockets go on.
 * Lateness is counted in processor time of the loop's thread, so that a busy machine, which
 * everybody on it waits for, is not taken for a loop that does not yield.
 */
class FairnessTest {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final long TIMER_MILLIS = 10;
  private static final long LATEST_MILLIS = 25;
  private static final int WAITERS = 40;

  private long noise = 1;
  private long worstTimer;
  private long worstEcho;
  private long echoes;
  private boolean over;
  private final List<Permit> held = new ArrayList<>();
  private NetClient client; // a client nobody holds is collected, and closes its sockets

  /** What holds the loop. */
  enum Work {
    ONE_LOOP,
    MANY_LOOPS,
    MAP,
    GATHER;

    Future<?> run(Supplier<Future<Integer>> step) {
      Supplier<Future<Void>> loop = () -> Loops.repeat(25_000, i -> step.get());
      return switch (this) {
        case ONE_LOOP -> Loops.repeat(1_000_000, i -> step.get());
        case MANY_LOOPS -> Gather.all(Collections.nCopies(40, loop));
        case MAP ->
            MapConcurrent.map(16, IntStream.range(0, 1_000_000).iterator(), i -> step.get());
        case GATHER -> Gather.all(Collections.nCopies(300_000, step));
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void timersAndSocketsGoOn_whileAMillionStepsRun(Work work) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    Promise<Void> ended = Promise.promise();
    vertx.runOnContext(start ->
        echoing(vertx)
            .compose(FairnessTest::warmedUp)
            .compose(socket -> {
              ping(socket);
              tick(vertx, AsyncSemaphore.create(vertx, WAITERS));
              return untilTold(work, 10).onComplete(done -> over = true);
            })
            .<Void>mapEmpty()
            .onComplete(ended));
    try {
      ended.future().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    long timer = worstTimer / 1_000_000 - TIMER_MILLIS;
    assertTrue(timer <= LATEST_MILLIS, "a timer was " + timer + " ms late");
    assertTrue(worstEcho / 1_000_000 <= LATEST_MILLIS, "an echo took " + worstEcho + " ns");
    assertTrue(echoes > 3, "only " + echoes + " echoes: the work was too short to tell");
  }

  /** A fast machine is through before an echo has had its turns, so the work is done again. */
  private Future<?> untilTold(Work work, int rounds) {
    return work.run(this::step)
        .compose(done ->
            echoes > 3 || rounds == 1
                ? Future.succeededFuture()
                : untilTold(work, rounds - 1).mapEmpty());
  }

  /** About 300 ns of work. */
  private Future<Integer> step() {
    long x = noise;
    for (int i = 0; i < 150; i++) {
      x = x * 6364136223846793005L + 1442695040888963407L;
    }
    noise = x;
    return Future.succeededFuture((int) (x >>> 60));
  }

  private void tick(Vertx vertx, AsyncSemaphore semaphore) {
    long since = THREADS.getCurrentThreadCpuTime();
    vertx.setTimer(
        TIMER_MILLIS,
        fired -> {
          worstTimer = Math.max(worstTimer, THREADS.getCurrentThreadCpuTime() - since);
          if (!over) {
            passOn(semaphore);
            tick(vertx, semaphore);
          }
        });
  }

  /** Queues many short completions, so that a turn does not begin with a loop's long one. */
  private void passOn(AsyncSemaphore semaphore) {
    List<Permit> before = List.copyOf(held);
    held.clear();
    for (int i = 0; i < WAITERS; i++) {
      semaphore.acquire().onSuccess(held::add);
    }
    before.forEach(Permit::release);
  }

  private void ping(NetSocket socket) {
    long since = THREADS.getCurrentThreadCpuTime();
    socket.handler(pong -> {
      worstEcho = Math.max(worstEcho, THREADS.getCurrentThreadCpuTime() - since);
      echoes++;
      if (!over) {
        ping(socket);
      }
    });
    socket.write(Buffer.buffer("ping"));
  }

  private Future<NetSocket> echoing(Vertx vertx) {
    client = vertx.createNetClient();
    return vertx
        .createNetServer()
        .connectHandler(socket -> socket.handler(socket::write))
        .listen(0, "127.0.0.1")
        .compose(server -> client.connect(server.actualPort(), "127.0.0.1"));
  }

  /** The first echoes load classes, which is no lateness. */
  private static Future<NetSocket> warmedUp(NetSocket socket) {
    return Loops.repeat(
            50,
            i -> {
              Promise<Buffer> pong = Promise.promise();
              socket.handler(pong::complete);
              socket.write(Buffer.buffer("ping"));
              return pong.future();
            })
        .map(socket);
  }
}
