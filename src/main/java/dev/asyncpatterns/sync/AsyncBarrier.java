package dev.asyncpatterns.sync;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.kernel.WaitQueue;
import dev.asyncpatterns.kernel.WaiterList;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lets a fixed number of parties meet, again and again: nobody goes on before all have come.
 *
 * <pre>{@code
 * AsyncBarrier round = AsyncBarrier.create(vertx, 4);
 * Future<Void> worker = compute().compose(v -> round.await()).compose(place -> next());
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * The last party to come lets all of its generation go, in arrival order; the next to come begins a
 * new generation, and the two never mix. Each party gets its place, from 0 up; place 0, the leader,
 * is given once a generation. A party that gives up before the last one has come leaves the count,
 * and another must come in its stead. One that gives up just after has taken part, and takes its
 * place with it.
 *
 * <p>{@link #reset()} fails those who wait and begins a new generation; {@link #abort()} fails them
 * and everybody who comes, until a {@code reset}.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; never blocks. A future completes on the context that asked for it.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * A party whose scope is cancelled or whose time is over leaves at once, in O(1). Others are not
 * failed by that, as they are with the blocking namesake: they wait for a substitute.
 *
 * <h2>Errors</h2>
 *
 * {@link BrokenException} after a reset or abort, {@link TimeoutException} when the time is over,
 * {@link ClosedException} once this barrier or the caller's Vertx is closed.
 *
 * <h2>Cost</h2>
 *
 * One queue node a party.
 */
public final class AsyncBarrier {
  private final Line line;

  private AsyncBarrier(VertxKernel kernel, String name, int parties) {
    line = new Line(kernel, name, parties);
    kernel.registry().add(this, name, AsyncBarrier::stats);
  }

  /** The generation this party waited in was broken up by a reset or an abort. */
  public static final class BrokenException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    BrokenException(String message) {
      super(message);
    }
  }

  /**
   * Creates a barrier.
   *
   * @param vertx answers callers that have no context
   * @param parties how many must come, 1 or more
   */
  public static AsyncBarrier create(Vertx vertx, int parties) {
    return create(vertx, VertxKernel.of(vertx).registry().nextName("barrier"), parties);
  }

  /**
   * Creates a barrier that is listed under {@code name}.
   *
   * @param vertx answers callers that have no context
   * @param name for people and messages
   * @param parties how many must come, 1 or more
   */
  public static AsyncBarrier create(Vertx vertx, String name, int parties) {
    Objects.requireNonNull(name, "name");
    if (parties < 1) {
      throw new IllegalArgumentException("parties must be 1 or more, was " + parties);
    }
    return new AsyncBarrier(VertxKernel.of(vertx), name, parties);
  }

  /**
   * Comes, and waits for the others, as long as it takes.
   *
   * @return the place in this generation, 0 for its leader; fails when the scope is cancelled, the
   *     generation is broken up, or the barrier or the Vertx is closed
   */
  public Future<Integer> await() {
    return line.await(Permits.FOREVER);
  }

  /**
   * Comes, and waits for the others, no longer than {@code wait}.
   *
   * @param wait zero or negative: fails at once unless this is the last party
   * @return the place; fails with {@link TimeoutException} when the time is over, else like {@link
   *     #await()}
   */
  public Future<Integer> await(Duration wait) {
    return line.await(Durations.nanos(wait));
  }

  /** Fails those who wait with {@link BrokenException} and begins a new generation. */
  public void reset() {
    line.breakUp(line.name() + " was reset", false);
  }

  /** Fails those who wait, and everybody who comes until a {@link #reset()}. */
  public void abort() {
    line.breakUp(line.name() + " was aborted: reset it, or give up", true);
  }

  /** Fails everybody who waits, and every later call. */
  public void close() {
    line.close(new ClosedException(line.name() + " was closed: nobody else will come"));
  }

  /** A snapshot of the figures. */
  public Stats stats() {
    return line.stats();
  }

  @Override
  public String toString() {
    return line.name() + " " + stats();
  }

  /**
   * The figures of a barrier.
   *
   * @param parties how many must come
   * @param arrived how many of them wait
   * @param generations how many times all have come
   * @param isAborted whether it fails whoever comes
   */
  public record Stats(int parties, int arrived, long generations, boolean isAborted) {}

  /** Those who came between two meetings. All guarded by the line's lock. */
  private static final class Generation {
    int arrived;
    int places;
    boolean isOver;

    /** Why it was broken up; null: it met. */
    @Nullable String broken;

    void end(@Nullable String why) {
      isOver = true;
      broken = why;
    }
  }

  /** Everybody who waits; in front those of generations that are over and still to be told. */
  private static final class Line extends WaitQueue {
    private final int parties;
    private final WaiterList<Party> waiting = new WaiterList<>();
    private Generation gathering = new Generation();
    private boolean aborted;
    private long met;

    Line(VertxKernel kernel, String name, int parties) {
      super(kernel, name);
      this.parties = parties;
    }

    Future<Integer> await(long nanos) {
      Context context = caller();
      return await(new Party(context, this), Contexts.scope(context), nanos);
    }

    void breakUp(String why, boolean forGood) {
      Generation next = new Generation();
      lock();
      try {
        aborted = forGood;
        gathering.end(why);
        if (forGood) {
          next.end(why);
        }
        gathering = next;
        grants();
      } finally {
        settle();
      }
    }

    Stats stats() {
      lock();
      try {
        return new Stats(parties, gathering.arrived, met, aborted);
      } finally {
        settle();
      }
    }

    @Override
    protected void join(Place<?> waiter) {
      Party party = (Party) waiter;
      Generation mine = gathering;
      party.generation = mine;
      waiting.add(party);
      if (!mine.isOver && ++mine.arrived == parties) {
        mine.end(null);
        met++;
        gathering = new Generation();
      }
    }

    @Override
    protected void remove(Place<?> waiter) {
      Party party = (Party) waiter;
      Generation mine = party.generation;
      if (waiting.remove(party) && mine != null && !mine.isOver) {
        mine.arrived--;
      }
    }

    @Override
    protected void takeBack(Place<?> waiter) {
      // It has taken part: the others went on because it had come.
    }

    @Override
    protected void grants() {
      for (Party p; (p = waiting.first()) != null && isOver(p) && mayGrant(); ) {
        waiting.remove(p);
        letGo(p);
      }
    }

    private void letGo(Party party) {
      Generation mine = Objects.requireNonNull(party.generation);
      party.place = mine.places; // before the grant, which makes it seen
      if (grant(party)) {
        mine.places++;
      }
    }

    private static boolean isOver(Party party) {
      Generation mine = party.generation;
      return mine != null && mine.isOver;
    }

    @Override
    protected @Nullable Place<?> evict() {
      Party first = waiting.first();
      if (first != null) {
        remove(first);
      }
      return first;
    }
  }

  private static final class Party extends WaitQueue.Place<Integer> {
    private final Line line;
    private @Nullable Generation generation;
    private int place;

    Party(Context context, Line line) {
      super(context);
      this.line = line;
    }

    @Override
    protected WaitQueue queue() {
      return line;
    }

    @Override
    protected Integer value() {
      return place;
    }

    @Override
    protected @Nullable Throwable failure() {
      Generation mine = generation;
      String why = mine == null ? null : mine.broken;
      return why == null ? null : new BrokenException(why);
    }

    @Override
    protected Throwable timeout() {
      return new TimeoutException(line.name() + ": the others did not come in time");
    }
  }
}
