package dev.asyncpatterns.kernel;

import io.vertx.core.Completable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who holds permits through {@link Permits#with}: one object per task that is under way. */
final class Holdings {
  private final Permits<?> permits;
  private final Set<Holding<?>> current = new LinkedHashSet<>();

  Holdings(Permits<?> permits) {
    this.permits = permits;
  }

  /** Holds {@code n} permits until {@code running} completes, then answers on {@code context}. */
  <R> Future<R> until(Future<R> running, Context context, int n) {
    Holding<R> holding = new Holding<>(context, n);
    synchronized (current) {
      current.add(holding);
    }
    running.onComplete(holding);
    return holding.result.future();
  }

  /** The holders now, the longest first. */
  List<Permits.Holder> list() {
    List<Permits.Holder> holders = new ArrayList<>();
    synchronized (current) {
      current.forEach(holding -> holders.add(holding.describe()));
    }
    return List.copyOf(holders);
  }

  private final class Holding<R> implements Completable<R> {
    final Promise<R> result;
    private final Scope scope;
    private final Loop loop;
    private final int permitsHeld;
    private final int since;

    Holding(Context context, int n) {
      result = Contexts.promise(context);
      scope = Contexts.scope(context);
      loop = Loop.of(context);
      permitsHeld = n;
      since = loop.turnMillis();
    }

    Permits.Holder describe() {
      return new Permits.Holder(
          scope.nearestLabel(), permitsHeld, Math.max(0, (int) (loop.now() / 1_000_000) - since));
    }

    @Override
    public void complete(@Nullable R value, @Nullable Throwable error) {
      synchronized (current) {
        current.remove(this);
      }
      permits.release(permitsHeld);
      Contexts.complete(result, value, error);
    }
  }
}
