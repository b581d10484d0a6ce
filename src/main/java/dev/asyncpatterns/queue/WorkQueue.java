package dev.asyncpatterns.queue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.time.Backoff;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/**
 * Hands jobs from producers to consumers, each job until somebody has done it.
 *
 * <pre>{@code
 * WorkQueue<JsonObject> mails = WorkQueue.eventBus(vertx, "mails", JobCodec.json());
 * mails.enqueue(mail);                                        // in one verticle
 * mails.consume(ConsumerOptions.concurrency(4), job -> send(job.payload())); // in another
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * At least once: a job is done when its handler's future succeeds, and only then gone. A handler
 * that fails, throws, returns null or outlasts the lease has failed the attempt; the job comes
 * again after the {@link Backoff}, and after the last attempt it is a {@linkplain DeadLetters dead
 * letter}. A job whose consumer went away comes again at once, if it has an attempt left. Jobs are
 * sent only to consumers that have a free hand, first in, first out as far as first attempts go;
 * what comes again goes ahead of younger jobs. An answer after the lease is over is ignored and
 * counted.
 *
 * <p>The trap: {@code eventBus().consumer(..)} drops what it has buffered when it unregisters, and
 * everything above 1 000 buffered messages.
 *
 * <h2>Context</h2>
 *
 * Callable from any thread; futures complete on the caller's context. Handlers run detached, each
 * attempt on a fresh duplicate of the root of the context that called {@link #consume}.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * Waiting for room, {@link #drain} and {@link Consumer#close} end with their scope. A handler runs
 * in a scope of its own, which is cancelled when the lease is over or its verticle is undeployed;
 * if it goes on nevertheless, it overlaps with the next attempt.
 *
 * <h2>Errors</h2>
 *
 * {@link FullException}, {@link ClosedException}; misuse throws at the call.
 *
 * <h2>Cost</h2>
 *
 * Bounded: jobs that wait, run or are delayed never exceed the capacity. Two bus messages a job.
 *
 * @param <T> the payload
 */
public interface WorkQueue<T> {
  /**
   * Opens a queue in the memory of this Vertx, over its event bus, with {@link Options#defaults()}.
   * Whoever opens the same name on the same Vertx gets the same queue.
   *
   * @param vertx whose event bus carries it
   * @param name of the queue
   * @param codec writes and reads payloads
   */
  static <T> WorkQueue<T> eventBus(Vertx vertx, String name, JobCodec<T> codec) {
    return eventBus(vertx, name, codec, Options.defaults());
  }

  /**
   * Opens a queue in the memory of this Vertx, over its event bus. Whoever opens the same name on
   * the same Vertx gets the same queue. Jobs survive every verticle, but not the Vertx.
   *
   * @param vertx whose event bus carries it
   * @param name of the queue
   * @param codec writes and reads payloads
   * @param options the settings, the same for everybody who opens it
   * @throws IllegalArgumentException when it is open with other options
   * @throws ClosedException when the Vertx is closed
   */
  static <T> WorkQueue<T> eventBus(Vertx vertx, String name, JobCodec<T> codec, Options options) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(codec, "codec");
    return new BusQueue<>(BusQueues.of(vertx).open(name, options), codec);
  }

  /** What it was opened as. */
  String name();

  /**
   * Adds a job, waiting for room as long as it takes.
   *
   * @return the job's id, once the queue holds it; fails when the scope is cancelled or the queue
   *     or the Vertx is closed
   */
  Future<String> enqueue(T payload);

  /**
   * Adds a job, waiting for room no longer than {@code wait}.
   *
   * @param wait zero or negative: no wait
   * @return the job's id; fails with {@link FullException}, else like {@link #enqueue(Object)}
   */
  Future<String> enqueue(T payload, Duration wait);

  /**
   * Adds a job if there is room and nobody waits for it.
   *
   * @return the job's id; fails with {@link FullException} at once when there is none
   */
  Future<String> offer(T payload);

  /**
   * Takes jobs until closed; also ends with the verticle that called.
   *
   * @param options how many at a time
   * @param handler does a job; its future's success is the acknowledgement
   * @throws ClosedException when the queue or the Vertx is closed
   */
  Consumer consume(ConsumerOptions options, Function<Job<T>, ? extends Future<?>> handler);

  /** The jobs that failed too often. */
  DeadLetters<T> deadLetters();

  /**
   * Waits until every job the queue has accepted is done or dead; new ones may come meanwhile and
   * are waited for as well.
   *
   * @param wait zero or negative: no wait
   * @return fails with {@link java.util.concurrent.TimeoutException} when jobs are left
   */
  Future<Void> drain(Duration wait);

  /**
   * Closes the queue for everybody in this Vertx: no more jobs are accepted or sent, those that run
   * may end. What an engine holds in memory only is dropped with a warning, so {@link #drain}
   * first.
   *
   * @return completes when no job runs any more
   */
  Future<Void> close();

  /** A snapshot of the figures. */
  Stats stats();

  /** Somebody who takes jobs. */
  interface Consumer {
    /**
     * Takes no more jobs, lets those that run end, and returns what it was sent and has not begun.
     *
     * @return completes when it is gone from the queue
     */
    Future<Void> close();

    /** How many of its handlers run. */
    int running();
  }

  /**
   * The settings of a consumer.
   *
   * @param concurrency how many jobs it does at the same time, 1 to 2^30 - 1
   * @param grace how long a handler that listens to its cancellation may take to stop, zero or more
   */
  record ConsumerOptions(int concurrency, Duration grace) {
    /** Checks the ranges. */
    public ConsumerOptions {
      if (concurrency < 1 || concurrency > Permits.MAX) {
        throw new IllegalArgumentException(
            "concurrency must be 1 to " + Permits.MAX + ", was " + concurrency);
      }
      if (grace.isNegative()) {
        throw new IllegalArgumentException("grace must not be negative, was " + grace);
      }
    }

    /**
     * So many jobs at the same time, and 5 s of grace.
     *
     * @param concurrency 1 to 2^30 - 1
     */
    public static ConsumerOptions concurrency(int concurrency) {
      return new ConsumerOptions(concurrency, Duration.ofSeconds(5));
    }

    /** These settings with another grace. */
    public ConsumerOptions withGrace(Duration other) {
      return new ConsumerOptions(concurrency, other);
    }
  }

  /**
   * The settings of a queue.
   *
   * @param capacity how many jobs may wait, run and be delayed, 1 to 2^30 - 1
   * @param maxAttempts how often a job is tried, 1 or more
   * @param backoff the delay before it is tried again
   * @param lease how long one attempt may take, more than zero
   * @param deadLetters how many dead letters are kept, 0 or more
   */
  record Options(int capacity, int maxAttempts, Backoff backoff, Duration lease, int deadLetters) {
    /** Checks the ranges. */
    public Options {
      if (capacity < 1 || capacity > Permits.MAX) {
        throw new IllegalArgumentException(
            "capacity must be 1 to " + Permits.MAX + ", was " + capacity);
      }
      if (maxAttempts < 1) {
        throw new IllegalArgumentException("maxAttempts must be at least 1, was " + maxAttempts);
      }
      Objects.requireNonNull(backoff, "backoff");
      Durations.positive("lease", lease);
      if (deadLetters < 0) {
        throw new IllegalArgumentException("deadLetters must be 0 or more, was " + deadLetters);
      }
    }

    /**
     * 1 000 jobs, 5 attempts of at most 30 s, up to 0.1 s doubling to 30 s between them, 1 000 dead
     * letters.
     */
    public static Options defaults() {
      Backoff backoff = Backoff.exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(30));
      return new Options(1_000, 5, backoff, Duration.ofSeconds(30), 1_000);
    }

    /** These settings with room for so many jobs. */
    public Options withCapacity(int other) {
      return new Options(other, maxAttempts, backoff, lease, deadLetters);
    }

    /** These settings with so many attempts. */
    public Options withMaxAttempts(int other) {
      return new Options(capacity, other, backoff, lease, deadLetters);
    }

    /** These settings with another delay between attempts. */
    public Options withBackoff(Backoff other) {
      return new Options(capacity, maxAttempts, other, lease, deadLetters);
    }

    /** These settings with another bound on an attempt. */
    public Options withLease(Duration other) {
      return new Options(capacity, maxAttempts, backoff, other, deadLetters);
    }

    /** These settings with room for so many dead letters. */
    public Options withDeadLetters(int other) {
      return new Options(capacity, maxAttempts, backoff, lease, other);
    }
  }

  /**
   * The figures of a queue, as this process knows them. Every accepted job is in exactly one of
   * ready, inFlight, delayed, done, dead and discarded.
   *
   * @param waiting producers that wait for room
   * @param ready jobs that wait for a consumer
   * @param inFlight jobs that a consumer has
   * @param delayed jobs that wait for their next attempt
   * @param done jobs that were done, ever
   * @param retried attempts that failed and were followed by another, ever
   * @param dead dead letters kept
   * @param discarded jobs dropped: dead letters for want of room or by hand, and all at the close
   * @param rejected enqueueings that failed with {@link FullException}, ever
   * @param late answers that came after their lease was over, ever
   * @param consumers how many take jobs
   */
  record Stats(
      int waiting,
      int ready,
      int inFlight,
      int delayed,
      long done,
      long retried,
      int dead,
      long discarded,
      long rejected,
      long late,
      int consumers) {}

  /** There was no room in the time given. */
  final class FullException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message names the queue and its capacity
     */
    public FullException(String message) {
      super(message);
    }
  }
}
