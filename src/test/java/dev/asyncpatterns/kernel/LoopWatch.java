package dev.asyncpatterns.kernel;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;

/**
 * Measures how late a 10 ms timer and a loopback echo are on one loop; the echo's client is a plain
 * thread with a plain socket.
 *
 * <p>A pause of the garbage collector or of the machine makes them late as well, and is not what is
 * asked: late is what the loop's own thread used of the processor meanwhile, when that is less than
 * what passed.
 */
final class LoopWatch implements AutoCloseable {
  private static final long TIMER_MILLIS = 10;
  private static final int WARM_ECHOES = 2_000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Vertx vertx;
  private final ContextInternal home;
  private final long loopThread;
  private final Socket socket;
  private final CompletableFuture<Void> warm = new CompletableFuture<>();
  private volatile int round;
  private volatile long timerNanos;
  private volatile long echoNanos;
  private volatile int timers;
  private volatile int echoes;

  /** The longest delays since the last reset, and how many were measured. */
  record Worst(double timerMillis, double echoMillis, int timers, int echoes) {}

  private LoopWatch(Vertx vertx, ContextInternal home, long loopThread, Socket socket) {
    this.vertx = vertx;
    this.home = home;
    this.loopThread = loopThread;
    this.socket = socket;
  }

  /** Watches the loop of {@code home}, which must be the only one of {@code vertx}. */
  static LoopWatch start(Vertx vertx, ContextInternal home) {
    CompletableFuture<Long> thread = new CompletableFuture<>();
    home.runOnContext(v -> thread.complete(Thread.currentThread().getId()));
    int port =
        Lab.get(
                vertx
                    .createNetServer()
                    .connectHandler(s -> s.handler(s::write))
                    .listen(0, "127.0.0.1"))
            .actualPort();
    try {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      LoopWatch watch = new LoopWatch(vertx, home, Lab.get(thread), socket);
      Thread client = new Thread(watch::echo, "echo");
      client.setDaemon(true);
      client.start();
      Lab.get(watch.warm);
      return watch;
    } catch (IOException e) {
      throw new AssertionError("no loopback connection", e);
    }
  }

  /** On a thread of its own, until the socket is closed. */
  private void echo() {
    try {
      for (int n = 0; !socket.isClosed(); n++) {
        int in = round;
        long at = System.nanoTime();
        long cpu = used();
        socket.getOutputStream().write('x');
        if (socket.getInputStream().read() < 0) {
          return;
        }
        long late = late(at, cpu);
        if (in == round) {
          echoNanos = Math.max(echoNanos, late);
          echoes++;
        }
        if (n == WARM_ECHOES) {
          warm.complete(null);
        }
      }
    } catch (IOException e) {
      warm.completeExceptionally(e); // does nothing at the end of a test, when the socket is closed
    }
  }

  private long used() {
    return THREADS.getThreadCpuTime(loopThread);
  }

  private long late(long at, long cpu) {
    return Math.min(System.nanoTime() - at, used() - cpu);
  }

  private void arm() {
    long at = System.nanoTime();
    long cpu = used();
    int in = round;
    vertx.setTimer(
        TIMER_MILLIS,
        t -> {
          if (in == round) {
            timerNanos = Math.max(timerNanos, late(at, cpu) - TIMER_MILLIS * 1_000_000);
            timers++;
            arm();
          }
        });
  }

  /** Forgets what was measured so far, what is under way included. */
  void reset() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    home.runOnContext(v -> {
      resetHere();
      done.complete(null);
    });
    Lab.get(done);
  }

  /** The same on the loop, where the next timer is armed at once. */
  void resetHere() {
    round++;
    timerNanos = 0;
    echoNanos = 0;
    timers = 0;
    echoes = 0;
    arm();
  }

  /** The worst so far, once a timer and two echoes have been measured since the last reset. */
  CompletableFuture<Worst> worst() {
    CompletableFuture<Worst> result = new CompletableFuture<>();
    home.runOnContext(v -> tell(result));
    return result;
  }

  private void tell(CompletableFuture<Worst> result) {
    if (timers >= 1 && echoes >= 2) {
      result.complete(new Worst(timerNanos / 1e6, echoNanos / 1e6, timers, echoes));
    } else {
      vertx.setTimer(1, later -> tell(result));
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
