package dev.asyncpatterns.testing;

import dev.asyncpatterns.testing.FaultProxy.Ending;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One connection through a {@link FaultProxy}. Answers stand in a queue with the moment they are
 * due; one timer at a time sends them, in pieces, until the fault's ending. On the loop only.
 */
final class FaultLink {
  private static final int MAX_QUEUED = 256 * 1024;

  private record Due(Buffer bytes, long at) {}

  private final FaultProxy proxy;
  private final Vertx vertx;
  private final NetSocket client;
  private final ArrayDeque<Due> answers = new ArrayDeque<>();
  private @Nullable NetSocket target;
  private int queued;
  private long passed;
  private long nextPiece = System.nanoTime();
  private boolean asleep;

  /** Nothing passes any more. */
  private boolean silent;

  private boolean targetEnded;
  private boolean clientEnded;

  FaultLink(FaultProxy proxy, Vertx vertx, NetSocket client) {
    this.proxy = proxy;
    this.vertx = vertx;
    this.client = client;
  }

  void open() {
    client.exceptionHandler(e -> clientLeft()); // a reset; the close handler follows
    Fault fault = proxy.fault;
    if (fault.ending == Ending.BLACK_HOLE) {
      silent = true;
      client.handler(lost -> {});
      return;
    }
    if (fault.ending == Ending.RESET && fault.after == 0) {
      reset();
      return;
    }
    client.pause();
    proxy.connect().onSuccess(this::join).onFailure(e -> reset());
  }

  private void join(NetSocket socket) {
    if (clientEnded) {
      socket.close();
      return;
    }
    target = socket;
    socket.exceptionHandler(e -> {}); // what it means is that it closes
    socket.handler(this::answer);
    socket.closeHandler(v -> {
      targetEnded = true;
      pump();
    });
    client.handler(bytes -> ask(socket, bytes));
    client.resume();
  }

  private void ask(NetSocket socket, Buffer bytes) {
    if (silent || proxy.fault.ending == Ending.BLACK_HOLE) {
      return;
    }
    proxy.requested.add(bytes.length());
    socket.write(bytes);
    if (socket.writeQueueFull()) {
      client.pause();
      socket.drainHandler(v -> client.resume());
    }
  }

  private void answer(Buffer bytes) {
    Fault fault = proxy.fault;
    long jitter = fault.jitter.toNanos();
    long late = fault.latency.toNanos() + (jitter == 0 ? 0 : proxy.random.nextLong(jitter + 1));
    answers.add(new Due(bytes, System.nanoTime() + late)); // which do not overtake each other
    queued += bytes.length();
    if (queued > MAX_QUEUED && target != null) {
      target.pause();
    }
    pump();
  }

  /** Sends what is due, then sleeps until the next piece is. */
  private void pump() {
    while (!asleep && !silent && !answers.isEmpty()) {
      Due first = answers.element();
      long wait = Math.max(first.at, nextPiece) - System.nanoTime();
      if (wait > 0) {
        sleep(wait);
        return;
      }
      pass(piece(answers.remove()));
    }
    if (targetEnded && !asleep && !silent && answers.isEmpty()) {
      closeLater(proxy.fault.closeDelay);
    }
  }

  private void sleep(long nanos) {
    asleep = true;
    vertx.setTimer(
        (nanos + 999_999) / 1_000_000,
        v -> {
          asleep = false;
          pump();
        });
  }

  /** Cuts a piece off; the rest stays first in the queue. */
  private Buffer piece(Due due) {
    Fault fault = proxy.fault;
    long every = fault.pieceEvery.toNanos();
    if (every > 0) {
      nextPiece = Math.max(nextPiece, due.at) + every; // late timers do not slow it down
    }
    int length = Math.min(due.bytes.length(), fault.pieceBytes);
    if (length < due.bytes.length()) {
      answers.addFirst(new Due(due.bytes.slice(length, due.bytes.length()), due.at));
    }
    queued -= length;
    if (queued <= MAX_QUEUED / 2 && target != null) {
      target.resume();
    }
    return due.bytes.slice(0, length);
  }

  private void pass(Buffer bytes) {
    Fault fault = proxy.fault;
    long left = Math.max(0, fault.after - passed);
    switch (fault.ending) {
      case NONE, REFUSE -> write(bytes);
      case BLACK_HOLE -> silent = true;
      case GARBAGE -> write(spoiled(bytes, left));
      default -> {
        write(bytes.slice(0, (int) Math.min(left, bytes.length())));
        if (bytes.length() >= left) {
          end(fault.ending);
        }
      }
    }
  }

  private void write(Buffer bytes) {
    if (bytes.length() > 0) {
      passed += bytes.length();
      proxy.answered.add(bytes.length());
      client.write(bytes);
    }
  }

  private Buffer spoiled(Buffer bytes, long from) {
    Buffer copy = bytes.copy();
    for (int i = (int) Math.min(from, copy.length()); i < copy.length(); i++) {
      copy.setByte(i, (byte) proxy.random.nextInt(256));
    }
    return copy;
  }

  /** Enough has passed. */
  private void end(Ending ending) {
    silent = true;
    switch (ending) {
      case RESET -> reset();
      case CUT -> client.end();
      case HALF_OPEN -> leaveTarget();
      default -> answers.clear(); // the server goes on, and its answers are lost
    }
  }

  private void closeLater(Duration delay) {
    silent = true;
    if (delay.isZero()) {
      client.end();
    } else {
      vertx.setTimer(Math.max(1, delay.toMillis()), v -> client.end());
    }
  }

  /** Closes the client's side with RST in place of FIN, and the server's. */
  void reset() {
    silent = true;
    ((NetSocketInternal) client)
        .channelHandlerContext()
        .channel()
        .config()
        .setOption(ChannelOption.SO_LINGER, 0);
    client.close();
    leaveTarget();
  }

  private void leaveTarget() {
    NetSocket socket = target;
    if (socket != null) {
      socket.close();
    }
  }

  void clientLeft() {
    clientEnded = true;
    silent = true;
    leaveTarget();
  }
}
