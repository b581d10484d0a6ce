package dev.asyncpatterns.gather;

import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.Steps;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * At most {@code limit} workers over one source; each takes an item, runs it, takes the next. All
 * of them run on the caller's thread, so the source needs no lock.
 */
final class Window<A, R> extends Siblings<List<R>> {
  private final MapConcurrent.Options options;
  private final Iterator<? extends A> items;
  private final Function<? super A, Future<R>> mapper;
  private final @Nullable List<@Nullable R> results;
  private int workers;
  private long taken;
  private long succeeded;

  /** A window over {@code items}; without {@code results} what the mapper gives is dropped. */
  Window(
      Context caller,
      MapConcurrent.Options options,
      Iterator<? extends A> items,
      Function<? super A, Future<R>> mapper,
      @Nullable List<@Nullable R> results) {
    super(caller, 0);
    this.options = options;
    this.items = items;
    this.mapper = mapper;
    this.results = results;
  }

  @Override
  boolean hasNext() {
    return workers < options.limit() && items.hasNext();
  }

  @Override
  void startNext() {
    workers++;
    enter();
    new Worker().run();
  }

  @Override
  int unstarted() {
    return 0;
  }

  @Override
  @SuppressWarnings("NullAway") // a result is null where the mapper gave null
  @Nullable List<R> value() {
    List<R> all = results;
    return all == null ? null : Collections.unmodifiableList(all);
  }

  private void succeeded(long index, @Nullable R value) {
    List<@Nullable R> all = results;
    if (all != null) {
      put(all, (int) index, value);
    }
    succeeded++;
    LongConsumer progress = options.progress();
    if (progress != null) {
      progress.accept(succeeded);
    }
  }

  private static <R> void put(List<@Nullable R> all, int index, @Nullable R value) {
    if (index == all.size()) {
      all.add(value);
      return;
    }
    while (all.size() <= index) { // earlier ones still run
      all.add(null);
    }
    all.set(index, value);
  }

  private final class Worker extends Steps<R, Void> {
    private long index;
    private volatile boolean timedOut;

    Worker() {
      super(caller);
    }

    void run() {
      start(Window.this);
    }

    @Override
    protected boolean hasNext() {
      return items.hasNext();
    }

    @Override
    protected @Nullable Future<R> next() {
      index = taken++;
      return mapper.apply(items.next());
    }

    @Override
    protected void took(@Nullable R value) {
      succeeded(index, value);
    }

    @Override
    protected @Nullable Void result() {
      return null;
    }

    @Override
    protected long stepNanos() {
      Duration timeout = options.itemTimeout();
      return timeout == null ? Permits.FOREVER : Durations.nanos(timeout);
    }

    @Override
    protected Throwable deadlineReason() {
      timedOut = true;
      return new CancellationException(timeout());
    }

    private String timeout() {
      return "item " + index + " took longer than " + options.itemTimeout();
    }

    @Override
    protected long graceNanos() {
      return GRACE_NANOS;
    }

    @Override
    protected void settled(@Nullable Void value, @Nullable Throwable error, boolean abandoned) {
      // How an item took its timeout matters less than the timeout.
      done(this, timedOut && error != null ? new TimeoutException(timeout()) : error);
    }
  }
}
