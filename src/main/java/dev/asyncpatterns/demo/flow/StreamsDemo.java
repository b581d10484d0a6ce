package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.AsyncIterator;
import dev.asyncpatterns.flow.Streams;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.TimeUnit;

/**
 * 32 MiB over a socket to a reader that stops reading. Writing without looking puts all of it into
 * memory; an iterator is asked for the next chunk when there is room for it.
 */
public final class StreamsDemo extends Demo<StreamsDemo.Seen> {
  private static final int CHUNK = 64 * 1024;
  private static final int CHUNKS = 512;
  private static final int READER_STOPS_MILLIS = 100;

  /**
   * What one way did.
   *
   * @param made chunks made while nobody read
   * @param received bytes that had come in the end
   */
  record Seen(int made, long received) {}

  private final Buffer chunk = Buffer.buffer(new byte[CHUNK]);
  private int made;
  private long received;

  @SuppressWarnings("NullAway.Init") // in open
  private NetServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private NetClient client;

  @Override
  protected Future<?> open(Story story) {
    client = vertx.createNetClient();
    server = vertx.createNetServer().connectHandler(socket -> read(vertx, socket));
    return server.listen(0, "127.0.0.1");
  }

  /** Stops reading for a while, then reads on. */
  private void read(Vertx in, NetSocket socket) {
    received = 0;
    socket.handler(bytes -> received += bytes.length());
    socket.pause();
    in.setTimer(READER_STOPS_MILLIS, v -> socket.resume());
  }

  private Future<Seen> look(NetSocket socket, Future<Void> sending) {
    return vertx
        .timer(READER_STOPS_MILLIS / 2, TimeUnit.MILLISECONDS)
        .map(v -> made)
        .compose(madeByThen ->
            sending
                .compose(sent -> socket.end())
                .compose(ended -> vertx.timer(READER_STOPS_MILLIS, TimeUnit.MILLISECONDS))
                .map(later -> new Seen(madeByThen, received)));
  }

  private static long mebibytes(long bytes) {
    return bytes >> 20;
  }

  private Buffer make() {
    made++;
    return chunk;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    made = 0;
    return client
        .connect(server.actualPort(), "127.0.0.1")
        .compose(socket -> {
          // @start region="wrong"
          Future<Void> last = Future.succeededFuture();
          for (int i = 0; i < CHUNKS; i++) {
            last = socket.write(make()); // nobody asks whether there is room
          }
          // @end
          return look(socket, last);
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "write without looking: %d MiB lie in memory while nobody reads",
        mebibytes((long) seen.made * CHUNK));
  }

  @Override
  protected Future<Seen> right(Story story) {
    made = 0;
    return client
        .connect(server.actualPort(), "127.0.0.1")
        .compose(socket -> {
          // @start region="right"
          AsyncIterator<Buffer> chunks =
              AsyncIterator.generate(() -> Future.succeededFuture(made < CHUNKS ? make() : null));
          Future<Void> sending = Streams.write(chunks, socket); // asks for one when there is room
          // @end
          return look(socket, sending);
        });
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Streams.write: %.1f MiB were made while nobody read",
        (double) seen.made * CHUNK / (1 << 20));
    story.proof(
        "%d of %d MiB came in the end", mebibytes(seen.received), mebibytes((long) CHUNKS * CHUNK));
    story.measured("chunksMade", seen.made);
    story.check(
        "what is made waits for room: less than half of it", seen.made < CHUNKS / 2, seen.made);
    story.check("all of it comes", seen.received == (long) CHUNKS * CHUNK, seen.received);
  }

  @Override
  protected Future<?> close(Story story) {
    return client.close().compose(v -> server.close());
  }
}
