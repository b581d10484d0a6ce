package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that echoes, and closes its side when it is sent an X. */
@Timeout(20)
class FaultProxyTest {
  private static final String HOST = "127.0.0.1";
  private static final int PATIENCE_MILLIS = 80;

  private final Vertx vertx = Vertx.vertx();
  private final NetClient client = vertx.createNetClient();
  private final Ends serverSides = new Ends();
  private final NetServer server = await(echo());
  private final FaultProxy proxy = await(FaultProxy.start(vertx, HOST, server.actualPort()));

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(15, TimeUnit.SECONDS).join();
  }

  private Future<NetServer> echo() {
    return vertx
        .createNetServer()
        .connectHandler(socket -> {
          socket.closeHandler(v -> serverSides.ended());
          socket.handler(bytes -> {
            if (bytes.toString().equals("X")) {
              socket.end();
            } else {
              socket.write(bytes);
            }
          });
        })
        .listen(0, HOST);
  }

  /** Counts ends, and tells when there are enough. */
  private static final class Ends {
    private final Promise<Void> first = Promise.promise();

    void ended() {
      first.tryComplete();
    }
  }

  /** The client's end of a connection, and all it saw. */
  private static final class Peer {
    private record Wish(Predicate<Peer> condition, Promise<Peer> granted) {}

    private final NetSocket socket;
    private final long began = System.nanoTime();
    private final Buffer got = Buffer.buffer();
    private final List<Long> at = new ArrayList<>();
    private final List<Wish> wishes = new ArrayList<>();
    private boolean closed;
    private boolean reset;

    Peer(NetSocket socket) {
      this.socket = socket;
      socket.handler(bytes ->
          see(() -> {
            got.appendBuffer(bytes);
            at.add(System.nanoTime() - began);
          }));
      socket.exceptionHandler(e -> see(() -> reset = true));
      socket.closeHandler(v -> see(() -> closed = true));
    }

    private synchronized void see(Runnable event) {
      event.run();
      for (Wish wish : List.copyOf(wishes)) {
        if (wish.condition.test(this)) {
          wish.granted.tryComplete(this);
        }
      }
    }

    synchronized Future<Peer> until(Predicate<Peer> condition) {
      Wish wish = new Wish(condition, Promise.promise());
      wishes.add(wish);
      see(() -> {});
      return wish.granted.future();
    }

    synchronized String text() {
      return got.toString();
    }

    synchronized boolean isClosed() {
      return closed;
    }

    synchronized long millisOfLast() {
      return at.get(at.size() - 1) / 1_000_000;
    }

    Peer say(String text) {
      socket.write(text);
      return this;
    }

    Peer hear(String text) {
      return await(until(p -> p.got.toString().equals(text)));
    }

    Peer end() {
      return await(until(p -> p.closed));
    }
  }

  private Peer connect() {
    // Within a turn of its loop, so that nothing can happen to it before the peer listens.
    Future<Peer> peer =
        Future.future(done ->
            vertx.runOnContext(
                v -> client.connect(proxy.port(), proxy.host()).map(Peer::new).onComplete(done)));
    return await(peer);
  }

  private Peer connect(Fault fault) {
    await(proxy.set(fault));
    return connect();
  }

  private void patience() {
    await(vertx.timer(PATIENCE_MILLIS));
  }

  @Test
  void withoutFault_everythingPasses_bothWays() {
    Peer peer = connect().say("hello").hear("hello");
    String much = "0123456789".repeat(200_000);
    peer.say(much).hear("hello" + much);
    assertEquals(new FaultProxy.Stats(1, 1, 2_000_005, 2_000_005), proxy.stats());
    peer.say("X").end();
    assertFalse(peer.reset);
  }

  @Test
  void clientThatLeaves_isSeenByTheServer() {
    Peer peer = connect().say("a").hear("a");
    await(peer.socket.close());
    await(serverSides.first.future());
  }

  @Test
  void serverThatIsNotThere_resetsTheClient() {
    await(server.close());
    assertTrue(connect().end().isClosed());
  }

  @Test
  void latency_makesAnswersLate_andKeepsTheirOrder() {
    Peer peer =
        connect(Fault.none().withLatency(Duration.ofMillis(40)).withJitter(Duration.ofMillis(20)));
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      peer.say("<" + i + ">");
      all.append("<" + i + ">");
    }
    peer.hear(all.toString());
    assertTrue(peer.at.get(0) >= 40_000_000, () -> "first after " + peer.at.get(0));
    peer.say("X").end();
  }

  @Test
  void drip_sendsSmallPieces_oneAtATime() {
    Peer peer = connect(Fault.none().withDrip(2, Duration.ofMillis(10)));
    peer.say("0123456789").hear("0123456789");
    assertTrue(peer.millisOfLast() >= 40, () -> "after " + peer.millisOfLast() + " ms");
    assertTrue(peer.at.size() >= 3, () -> "in " + peer.at.size() + " pieces");
    peer.say("X").end();
  }

  @Test
  void bandwidth_isNotExceeded() {
    Peer peer = connect(Fault.none().withBandwidth(100_000));
    String text = "0123456789".repeat(1_000);
    peer.say(text).hear(text);
    assertTrue(peer.millisOfLast() >= 85, () -> "after " + peer.millisOfLast() + " ms");
  }

  @Test
  void cut_closesAfterSoManyBytes() {
    Peer peer = connect(Fault.cutAfter(5)).say("0123456789").end();
    assertEquals("01234", peer.text());
    assertFalse(peer.reset);
    assertEquals("012", connect().say("012").hear("012").text(), "counted for each connection");
    await(proxy.set(Fault.cutAfter(3)));
    assertEquals("abc", connect().say("abc").end().text(), "at its very end too");
  }

  @Test
  void reset_isAReset() {
    await(proxy.set(Fault.resetAfter(5)));
    Peer peer = connect().say("0123456789").end();
    assertTrue("01234".startsWith(peer.text()), peer::text);
    assertTrue(peer.reset, "the client saw RST");
    await(proxy.set(Fault.none()));
    Peer later = connect().say("a").hear("a");
    await(proxy.resetAll());
    assertTrue(later.end().reset, "the client saw RST");
    await(serverSides.first.future());
  }

  /** It may come so early that not even the connection is made. */
  @Test
  void resetAfterNothing_ends_beforeAnythingIsSaid() {
    await(proxy.set(Fault.resetAfter(0)));
    Future<Peer> tried = client.connect(proxy.port(), proxy.host()).map(Peer::new);
    await(tried.compose(peer -> peer.until(p -> p.closed).<Void>mapEmpty()).otherwiseEmpty());
    assertEquals(0, proxy.stats().requested() + proxy.stats().open());
  }

  @Test
  void stall_leavesAPartAndKeepsTheConnection() {
    Peer peer = connect(Fault.stallAfter(4)).say("0123456789").hear("0123");
    peer.say("more");
    patience();
    assertEquals("0123", peer.text());
    assertFalse(peer.isClosed());
    assertFalse(serverSides.first.future().isComplete(), "the server is still there");
  }

  @Test
  void halfOpen_losesTheServer_andTheClientIsNotTold() {
    Peer peer = connect(Fault.halfOpenAfter(4)).say("0123456789").hear("0123");
    await(serverSides.first.future());
    peer.say("more");
    patience();
    assertEquals("0123", peer.text());
    assertFalse(peer.isClosed());
  }

  @Test
  void blackHole_takesEverythingAndAnswersNothing() {
    Peer before = connect().say("a").hear("a");
    Peer peer = connect(Fault.blackHole()).say("hello");
    before.say("hello");
    patience();
    assertEquals("", peer.text());
    assertEquals("a", before.text());
    assertFalse(peer.isClosed() || before.isClosed());
    assertEquals(1, proxy.stats().requested(), "the server saw none of it");
  }

  @Test
  void garbage_comesInPlaceOfTheAnswer_inTheSameLength() {
    Peer peer = connect(Fault.garbageAfter(3)).say("0123456789");
    await(peer.until(p -> p.got.length() == 10));
    assertEquals("012", peer.got.getString(0, 3));
    assertNotEquals("3456789", peer.got.getString(3, 10));
  }

  @Test
  void refuse_closesWhatIsOpen_andListensAgainOnTheSamePort() {
    Peer open = connect().say("a").hear("a");
    int port = proxy.port();
    await(proxy.set(Fault.refuse()));
    open.end();
    Throwable refused = assertThrows(CompletionException.class, this::connect).getCause();
    assertTrue(refused instanceof ConnectException, refused::toString);
    await(proxy.set(Fault.none()));
    assertEquals(port, proxy.port());
    connect().say("b").hear("b");
  }

  @Test
  void delayedClose_tellsTheClientLate() {
    Peer peer = connect(Fault.none().withDelayedClose(Duration.ofMillis(60)));
    peer.say("a").hear("a");
    long before = System.nanoTime();
    peer.say("X").end();
    assertTrue(System.nanoTime() - before >= 59_000_000);
  }

  @Test
  void fault_setOnAnOpenConnection_isDoneToItsNextBytes() {
    Peer peer = connect().say("0123").hear("0123");
    await(proxy.set(Fault.cutAfter(6)));
    assertEquals("012345", peer.say("456789").end().text());
  }

  @Test
  void close_freesThePort_andEndsConnections() {
    Peer peer = connect().say("a").hear("a");
    await(proxy.close());
    peer.end();
    assertThrows(CompletionException.class, this::connect);
  }

  @Test
  void badSettings_areNamedWithTheirRange() {
    bad("bytes must be 0 or more, was -1", () -> Fault.cutAfter(-1));
    bad("bytes must be at least 1, was 0", () -> Fault.none().withDrip(0, Duration.ZERO));
    bad("bytesPerSecond must be at least 1, was 0", () -> Fault.none().withBandwidth(0));
    bad(
        "latency must be zero or more, was PT-1S",
        () -> Fault.none().withLatency(Duration.ofSeconds(-1)));
  }

  private static void bad(String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
