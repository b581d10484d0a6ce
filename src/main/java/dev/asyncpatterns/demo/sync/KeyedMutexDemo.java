package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncKeyedMutex;
import dev.asyncpatterns.sync.AsyncMutex;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * One lock for each session. A map of locks is quickly written, and never loses an entry: it holds
 * a lock for every session there ever was.
 */
public final class KeyedMutexDemo extends Demo<KeyedMutexDemo.Seen> {
  private static final int SESSIONS = 1_000;
  private static final int CALLS_PER_SESSION = 3;

  /**
   * What is measured of either way.
   *
   * @param calls how many had their turn
   * @param overlaps calls that ran beside another one of their session
   * @param entries locks that are kept when nobody uses them any more
   */
  record Seen(int calls, int overlaps, int entries) {}

  private Future<Seen> serve(
      BiFunction<Integer, Supplier<Future<Void>>, Future<Void>> lock, IntSupplier entries) {
    int[] inside = new int[SESSIONS];
    int[] counts = new int[2];
    List<Future<Void>> all = new ArrayList<>();
    for (int call = 0; call < CALLS_PER_SESSION * SESSIONS; call++) {
      int session = call % SESSIONS;
      all.add(
          lock.apply(
              session,
              () -> {
                counts[0]++;
                counts[1] += inside[session]++;
                return Future.<Void>future(turn -> vertx.runOnContext(v -> turn.complete()))
                    .onComplete(done -> inside[session]--);
              }));
    }
    return Future.join(all).map(served -> new Seen(counts[0], counts[1], entries.getAsInt()));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Map<Integer, AsyncMutex> locks = new HashMap<>();
    return serve(
        (session, call) ->
            locks.computeIfAbsent(session, s -> AsyncMutex.create(vertx)).withLock(call),
        locks::size);
    // @end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "a map of locks: %d calls of %d sessions served, %d locks are kept for ever",
        seen.calls, SESSIONS, seen.entries);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    AsyncKeyedMutex<Integer> locks = AsyncKeyedMutex.create(vertx);
    return serve((session, call) -> locks.withLock(session, call), () -> locks.stats().keys());
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncKeyedMutex: %d calls served, %d entries are left", seen.calls, seen.entries);
    story.proof("%d calls overlapped another one of their session", seen.overlaps);
    story.measured("entries", seen.entries);
    story.measured("overlaps", seen.overlaps);
    story.check("every call is served", seen.calls == CALLS_PER_SESSION * SESSIONS, seen.calls);
    story.check("one at a time for each session", seen.overlaps == 0, seen.overlaps);
    story.check("a session nobody uses has no entry", seen.entries == 0, seen.entries);
  }
}
