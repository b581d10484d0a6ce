package dev.asyncpatterns.kernel;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.CompletableFuture;

/**
 * Measures how late a 10 ms timer and a loopback echo are on one loop.
 *
 * <p>A pause of the garbage collector or of the machine makes them late as well, and is not what is
 * asked: late is what the loop's own thread used of the processor meanwhile, when that is less than
 * what passed.
 */
final class LoopWatch {
  private static final long TIMER_MILLIS = 10;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Vertx vertx;
  private final ContextInternal home;
  private static final int WARM_ECHOES = 2_000;

  private int round;
  private int warm;
  private long sentAt;
  private long sentCpu;
  private int sentIn;
  private long timerNanos;
  private long echoNanos;
  private int timers;
  private int echoes;

  /** The longest delays since the last reset, and how many were measured. */
  record Worst(double timerMillis, double echoMillis, int timers, int echoes) {}

  private LoopWatch(Vertx vertx, ContextInternal home) {
    this.vertx = vertx;
    this.home = home;
  }

  static LoopWatch start(Vertx vertx, ContextInternal home) {
    LoopWatch watch = new LoopWatch(vertx, home);
    CompletableFuture<Void> started = new CompletableFuture<>();
    home.runOnContext(v -> watch.open(started));
    Lab.get(started);
    return watch;
  }

  private void open(CompletableFuture<Void> started) {
    NetServer server = vertx.createNetServer().connectHandler(s -> s.handler(s::write));
    server
        .listen(0, "127.0.0.1")
        .compose(s -> vertx.createNetClient().connect(s.actualPort(), "127.0.0.1"))
        .onSuccess(
            socket -> {
              socket.handler(
                  back -> {
                    if (++warm == WARM_ECHOES) {
                      started.complete(null);
                    }
                    echoed(socket);
                  });
              send(socket);
              arm();
            })
        .onFailure(started::completeExceptionally);
  }

  private void send(NetSocket socket) {
    sentIn = round;
    sentAt = System.nanoTime();
    sentCpu = THREADS.getCurrentThreadCpuTime();
    socket.write(Buffer.buffer("x"));
  }

  private void echoed(NetSocket socket) {
    if (sentIn == round) {
      echoNanos = Math.max(echoNanos, late(sentAt, sentCpu, 0));
      echoes++;
    }
    send(socket);
  }

  private void arm() {
    long at = System.nanoTime();
    long cpu = THREADS.getCurrentThreadCpuTime();
    int in = round;
    vertx.setTimer(
        TIMER_MILLIS,
        t -> {
          if (in == round) {
            timerNanos = Math.max(timerNanos, late(at, cpu, TIMER_MILLIS * 1_000_000));
            timers++;
          }
          arm();
        });
  }

  private static long late(long at, long cpu, long due) {
    long passed = System.nanoTime() - at;
    long used = THREADS.getCurrentThreadCpuTime() - cpu;
    return Math.min(passed, used) - due;
  }

  /** Forgets what was measured so far, what is under way included. */
  void reset() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    home.runOnContext(
        v -> {
          round++;
          timerNanos = 0;
          echoNanos = 0;
          timers = 0;
          echoes = 0;
          done.complete(null);
        });
    Lab.get(done);
  }

  CompletableFuture<Worst> worst() {
    CompletableFuture<Worst> result = new CompletableFuture<>();
    home.runOnContext(
        v -> result.complete(new Worst(timerNanos / 1e6, echoNanos / 1e6, timers, echoes)));
    return result;
  }
}
