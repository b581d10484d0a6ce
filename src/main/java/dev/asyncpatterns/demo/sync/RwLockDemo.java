package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncReadWriteLock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * A routing table that is read all the time and changed now and then. A lock that lets readers in
 * while others read keeps the change waiting for as long as they come.
 */
public final class RwLockDemo extends Demo<RwLockDemo.Seen> {
  private static final int READ_MILLIS = 15;
  private static final int EVERY_MILLIS = 5;
  private static final int RUSH_MILLIS = 150;
  private static final int WRITER_AT_MILLIS = 30;

  /**
   * What is measured of either way.
   *
   * @param writerWaited milliseconds until the writer had its turn
   * @param readersAtOnce the most that read at the same time
   */
  record Seen(long writerWaited, int readersAtOnce) {}

  /** How a body is let in. */
  private interface Lock {
    Future<Void> run(Supplier<Future<Void>> body);
  }

  /** Readers every few milliseconds, each slower than that, and one writer among them. */
  private Future<Seen> rush(Story story, Lock read, Lock write) {
    int[] reading = new int[2];
    long timer =
        vertx.setPeriodic(
            EVERY_MILLIS,
            due ->
                read.run(() -> {
                  reading[1] = Math.max(reading[1], ++reading[0]);
                  return vertx.timer(READ_MILLIS).onComplete(v -> reading[0]--).mapEmpty();
                }));
    vertx.setTimer(RUSH_MILLIS, over -> vertx.cancelTimer(timer));
    return vertx
        .timer(WRITER_AT_MILLIS)
        .compose(v -> {
          long asked = story.millis();
          long[] waited = new long[1];
          return write
              .run(() -> {
                waited[0] = story.millis() - asked;
                return Future.succeededFuture();
              })
              .compose(written -> vertx.timer(RUSH_MILLIS))
              .map(quiet -> new Seen(waited[0], reading[1]));
        });
  }

  // @start region="wrong"
  /** Lets a reader in whenever nobody writes. */
  private static final class ReadersFirst {
    private final Queue<Promise<Void>> writers = new ArrayDeque<>();
    private int readers;

    Future<Void> read(Supplier<Future<Void>> body) {
      readers++;
      return body.get().onComplete(v -> left());
    }

    Future<Void> write(Supplier<Future<Void>> body) {
      Promise<Void> turn = Promise.promise();
      writers.add(turn);
      return turn.future().compose(v -> body.get());
    }

    private void left() {
      if (--readers == 0 && !writers.isEmpty()) {
        writers.remove().complete();
      }
    }
  }

  // @end

  @Override
  protected Future<Seen> wrong(Story story) {
    ReadersFirst lock = new ReadersFirst();
    return rush(story, lock::read, lock::write);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "readers first: the writer waited %d ms, until the last of the rush had read",
        seen.writerWaited);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AsyncReadWriteLock lock = AsyncReadWriteLock.create(vertx);
    return rush(story, lock::withReadLock, lock::withWriteLock);
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncReadWriteLock, fair: the writer waited %d ms", seen.writerWaited);
    story.proof("and up to %d read at the same time", seen.readersAtOnce);
    story.measured("writerWaited", seen.writerWaited);
    story.measured("readersAtOnce", seen.readersAtOnce);
    story.check(
        "the writer waits for those before it, not for the rush",
        seen.writerWaited <= RUSH_MILLIS / 2,
        seen.writerWaited);
    story.check("readers share it", seen.readersAtOnce >= 2, seen.readersAtOnce);
  }
}
