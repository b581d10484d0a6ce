package dev.asyncpatterns.queue;

import dev.asyncpatterns.kernel.LoopTimer;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A job as the broker keeps it, on the broker's loop only.
 *
 * <pre>
 *             credit              DONE
 *   READY -------------> IN FLIGHT -----> (done)
 *     ^                    |   |
 *     |  RETURNED, GONE    |   | FAILED, or the lease is over
 *     +--------------------+   +----> DELAYED ---- backoff is over ----> READY
 *                              +----> DEAD, after the last attempt
 * </pre>
 */
final class BusJob {
  final long seq;
  final Buffer payload;

  /** Attempts begun. */
  int attempts;

  /** Leases given; attempts and what was returned unbegun. */
  int generation;

  /** Why the last attempt failed. */
  String error = "";

  /** Who has it while it is in flight. */
  @Nullable BusRemote holder;

  /** The end of the lease or of the delay. */
  @Nullable LoopTimer timer;

  BusJob(long seq, Buffer payload) {
    this.seq = seq;
    this.payload = payload;
  }

  void stopTimer() {
    LoopTimer running = timer;
    if (running != null) {
      timer = null;
      running.cancel();
    }
  }
}
