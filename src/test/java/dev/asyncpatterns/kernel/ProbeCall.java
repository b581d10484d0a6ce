package dev.asyncpatterns.kernel;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call that remembers how it ended. */
final class ProbeCall<T> extends Call<T> {
  private final Context home;
  private final long graceMillis;
  final List<Object> lateValues = new ArrayList<>();
  int settled;
  @Nullable T value;
  @Nullable Throwable error;
  boolean abandoned;
  long atMillis;
  @Nullable Runnable then;

  ProbeCall(Context home, long graceMillis) {
    super(home);
    this.home = home;
    this.graceMillis = graceMillis;
  }

  /** Starts {@code work} on {@code home} below the scope of {@code home}. */
  static <T> ProbeCall<T> start(Context home, long graceMillis, Supplier<Future<T>> work) {
    return new ProbeCall<T>(home, graceMillis).in(Contexts.scope(home), work);
  }

  ProbeCall<T> in(Scope parent, Supplier<Future<T>> work) {
    start(parent, work);
    return this;
  }

  ProbeCall<T> in(Scope parent, long millis, Supplier<Future<T>> work) {
    start(parent, millis * 1_000_000, work);
    return this;
  }

  ProbeCall<T> within(long millis) {
    arm(millis * 1_000_000);
    return this;
  }

  void move(long millis) {
    reschedule(millis * 1_000_000);
  }

  @Override
  protected long graceNanos() {
    return graceMillis * 1_000_000;
  }

  @Override
  protected void late(T late) {
    lateValues.add(late);
    super.late(late);
  }

  @Override
  protected void settled(@Nullable T result, @Nullable Throwable failure, boolean left) {
    settled++;
    value = result;
    error = failure;
    abandoned = left;
    atMillis = Loop.of(home).now() / 1_000_000;
    leave();
    if (then != null) {
      then.run();
    }
  }
}
