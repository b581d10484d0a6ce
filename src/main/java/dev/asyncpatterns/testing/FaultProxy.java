package dev.asyncpatterns.testing;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that does to a connection what networks do: stands between a client and a server, on
 * the loopback address and a free port, and behaves until it is told to misbehave.
 *
 * <pre>{@code
 * FaultProxy proxy = await(FaultProxy.start(vertx, "127.0.0.1", database.port()));
 * client.connect(proxy.port(), proxy.host());
 * proxy.set(Fault.cutAfter(100).withLatency(Duration.ofMillis(30)));
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Faults are done to answers, the way from the server to the client; requests pass unharmed, except
 * into a {@linkplain Fault#blackHole() black hole}. {@link #set} is for connections that are open
 * as well as for new ones, from their next byte on; bytes are counted from the beginning of each
 * connection. Nothing here knows of HTTP: any protocol will do.
 *
 * <h2>Context</h2>
 *
 * {@link #start} may be called from anywhere; the proxy runs on the caller's event loop, or on one
 * of the Vertx, and ends with its verticle. Every method may be called on any thread.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * None: what never answers, never answers. Times are those of a real network, so not virtual.
 *
 * <h2>Errors</h2>
 *
 * {@link #start} fails when it cannot listen. When the server cannot be reached the client is
 * reset.
 *
 * <h2>Cost</h2>
 *
 * For tests: one copy of a buffer now and then.
 */
public final class FaultProxy {
  private static final String HOST = "127.0.0.1";
  private static final long SEED = 20_250_101;
  private static final int MOST_CHECKS = 100;

  private final Vertx vertx;
  private final String targetHost;
  private final int targetPort;
  private final Context context;
  private final NetClient client;
  private final Set<FaultLink> links = ConcurrentHashMap.newKeySet();
  private final LongAdder connections = new LongAdder();
  final LongAdder requested = new LongAdder();
  final LongAdder answered = new LongAdder();

  /** On the loop only. */
  final Random random = new Random(SEED);

  volatile Fault fault = Fault.none();

  /** On the loop only; null while connections are refused. */
  private @Nullable NetServer server;

  private volatile int port;

  private FaultProxy(Vertx vertx, String targetHost, int targetPort) {
    this.vertx = vertx;
    this.targetHost = targetHost;
    this.targetPort = targetPort;
    context = vertx.getOrCreateContext();
    client = vertx.createNetClient();
  }

  /** What happens to an answer when enough of it has passed. */
  enum Ending {
    NONE,
    REFUSE,
    BLACK_HOLE,
    RESET,
    CUT,
    STALL,
    HALF_OPEN,
    GARBAGE
  }

  /**
   * What is done to connections: how they end, and how slowly that comes. Made by the static
   * methods, then slowed by the others.
   */
  public static final class Fault {
    final Ending ending;
    final long after;
    final Duration latency;
    final Duration jitter;
    final int pieceBytes;
    final Duration pieceEvery;
    final Duration closeDelay;

    private Fault(
        Ending ending,
        long after,
        Duration latency,
        Duration jitter,
        int pieceBytes,
        Duration pieceEvery,
        Duration closeDelay) {
      this.ending = ending;
      this.after = notNegative("bytes", after);
      this.latency = notNegative("latency", latency);
      this.jitter = notNegative("jitter", jitter);
      this.pieceBytes = pieceBytes;
      this.pieceEvery = notNegative("every", pieceEvery);
      this.closeDelay = notNegative("delay", closeDelay);
    }

    private static Fault ending(Ending how, long after) {
      Duration none = Duration.ZERO;
      return new Fault(how, after, none, none, Integer.MAX_VALUE, none, none);
    }

    private static long notNegative(String name, long value) {
      if (value < 0) {
        throw new IllegalArgumentException(name + " must be 0 or more, was " + value);
      }
      return value;
    }

    private static Duration notNegative(String name, Duration value) {
      if (Objects.requireNonNull(value, name).isNegative()) {
        throw new IllegalArgumentException(name + " must be zero or more, was " + value);
      }
      return value;
    }

    /** No fault: what comes is passed on at once. */
    public static Fault none() {
      return ending(Ending.NONE, 0);
    }

    /** Nobody listens: connections are refused, those that are open are closed. */
    public static Fault refuse() {
      return ending(Ending.REFUSE, 0);
    }

    /** Connections are accepted, requests are read, and nothing ever happens. */
    public static Fault blackHole() {
      return ending(Ending.BLACK_HOLE, 0);
    }

    /**
     * After so many bytes of answers the connection is reset (RST). Zero: as soon as it is open.
     */
    public static Fault resetAfter(long bytes) {
      return ending(Ending.RESET, bytes);
    }

    /** After so many bytes of answers the connection is closed (FIN), in the middle or not. */
    public static Fault cutAfter(long bytes) {
      return ending(Ending.CUT, bytes);
    }

    /** After so many bytes of answers no more come: a chunk is there in part, and stays so. */
    public static Fault stallAfter(long bytes) {
      return ending(Ending.STALL, bytes);
    }

    /**
     * After so many bytes of answers the server's side is gone, and the client's is not told: as
     * when a cable is pulled.
     */
    public static Fault halfOpenAfter(long bytes) {
      return ending(Ending.HALF_OPEN, bytes);
    }

    /** From so many bytes of answers on others come in their place, the same in each run. */
    public static Fault garbageAfter(long bytes) {
      return ending(Ending.GARBAGE, bytes);
    }

    /** This fault, with answers so late, zero or more. */
    public Fault withLatency(Duration late) {
      return new Fault(ending, after, late, jitter, pieceBytes, pieceEvery, closeDelay);
    }

    /** This fault, with answers late by up to so much more, at random, but in order. */
    public Fault withJitter(Duration more) {
      return new Fault(ending, after, latency, more, pieceBytes, pieceEvery, closeDelay);
    }

    /**
     * This fault, with answers in small pieces.
     *
     * @param bytes in a piece, 1 or more
     * @param every between two pieces, zero or more
     */
    public Fault withDrip(int bytes, Duration every) {
      if (bytes < 1) {
        throw new IllegalArgumentException("bytes must be at least 1, was " + bytes);
      }
      return new Fault(ending, after, latency, jitter, bytes, every, closeDelay);
    }

    /** This fault, with answers at no more than so many bytes a second, 1 or more. */
    public Fault withBandwidth(int bytesPerSecond) {
      if (bytesPerSecond < 1) {
        throw new IllegalArgumentException(
            "bytesPerSecond must be at least 1, was " + bytesPerSecond);
      }
      int bytes = Math.max(1, bytesPerSecond / 100);
      return withDrip(bytes, Duration.ofNanos(bytes * 1_000_000_000L / bytesPerSecond));
    }

    /** This fault, with the client told so much later that the server has closed. */
    public Fault withDelayedClose(Duration late) {
      return new Fault(ending, after, latency, jitter, pieceBytes, pieceEvery, late);
    }
  }

  /**
   * Starts a proxy without a fault.
   *
   * @param vertx runs it
   * @param targetHost where the server is
   * @param targetPort its port
   * @return the proxy once it listens
   */
  public static Future<FaultProxy> start(Vertx vertx, String targetHost, int targetPort) {
    Objects.requireNonNull(targetHost, "targetHost");
    FaultProxy proxy = new FaultProxy(vertx, targetHost, targetPort);
    return proxy.onLoop(() -> proxy.listen(0)).map(proxy);
  }

  /** The address clients connect to. */
  public String host() {
    return HOST;
  }

  /** The port clients connect to; it stays the same while connections are refused. */
  public int port() {
    return port;
  }

  /**
   * Misbehaves in this way from now on.
   *
   * @return completes when it does; fails when it was refusing and its port has been taken since
   */
  public Future<Void> set(Fault next) {
    Objects.requireNonNull(next, "fault");
    return onLoop(() -> {
      fault = next;
      NetServer listening = server;
      if (next.ending == Ending.REFUSE) {
        server = null;
        return listening == null
            ? Future.succeededFuture()
            : listening.close().compose(closed -> refusing(MOST_CHECKS));
      }
      return listening == null ? listen(port) : Future.succeededFuture();
    });
  }

  /** Resets (RST) every connection that is open, whatever the fault. */
  public Future<Void> resetAll() {
    return onLoop(() -> {
      links.forEach(FaultLink::reset);
      return Future.succeededFuture();
    });
  }

  /**
   * Ends the proxy and its connections.
   *
   * @return completes when its port is free
   */
  public Future<Void> close() {
    return set(Fault.refuse()).eventually(client::close);
  }

  /**
   * Completes when connections are refused. A selector gives the port of a closed server back when
   * it selects next; until then the system accepts connections, to cut them off later. Ends after
   * so many that were accepted, because then it is somebody else who listens.
   */
  private Future<Void> refusing(int checks) {
    return client
        .connect(port, HOST)
        .transform(result ->
            result.failed() || checks == 1
                ? Future.succeededFuture()
                : result.result().close().transform(closed -> refusing(checks - 1)));
  }

  private Future<Void> onLoop(Supplier<Future<Void>> step) {
    return Future.future(done -> context.runOnContext(v -> step.get().onComplete(done)));
  }

  private Future<Void> listen(int at) {
    NetServer fresh = vertx.createNetServer(new NetServerOptions().setHost(HOST).setPort(at));
    server = fresh;
    return fresh
        .connectHandler(this::accept)
        .listen()
        .onSuccess(listening -> port = listening.actualPort())
        .onFailure(e -> server = null)
        .mapEmpty();
  }

  private void accept(NetSocket socket) {
    connections.increment();
    FaultLink link = new FaultLink(this, vertx, socket);
    links.add(link);
    socket.closeHandler(v -> {
      links.remove(link);
      link.clientLeft();
    });
    link.open();
  }

  Future<NetSocket> connect() {
    return client.connect(targetPort, targetHost);
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return new Stats(connections.sum(), links.size(), requested.sum(), answered.sum());
  }

  @Override
  public String toString() {
    return HOST + ":" + port + " " + stats();
  }

  /**
   * The figures of a proxy.
   *
   * @param connections how many were accepted
   * @param open how many of those are open
   * @param requested how many bytes went to the server
   * @param answered how many bytes went to clients
   */
  public record Stats(long connections, int open, long requested, long answered) {}
}
