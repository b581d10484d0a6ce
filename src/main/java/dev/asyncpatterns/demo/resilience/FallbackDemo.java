package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.resilience.Fallback;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A backend is down: the cache answers. Then it is well, and a new version of the program does not
 * understand its answers: {@code recover} answers from the cache again, and nobody hears of it.
 */
public final class FallbackDemo extends BackendDemo<FallbackDemo.Seen> {
  private static final int CALLS = 10;

  /**
   * What one way did.
   *
   * @param oldInOutage calls that were answered from the cache while the backend was down
   * @param oldByMistake calls that were answered from the cache because the program is wrong
   * @param requests what reached the backend, all of it once it was well
   */
  record Seen(int oldInOutage, int oldByMistake, int requests) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Supplier<Future<String>> call =
        () -> get().map(FallbackDemo::parse).recover(why -> Future.succeededFuture("old"));
    // @end
    return look(story, call);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Fallback<String> cache = Fallback.to(vertx, why -> Future.succeededFuture("old"));
    Supplier<Future<String>> call = () -> cache.call(() -> get().map(FallbackDemo::parse));
    // @end
    return look(story, call);
  }

  /** Works with what an earlier backend sent. */
  private static String parse(String body) {
    return body.split("=", -1)[1];
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    return begin(story, DOWN)
        .compose(began -> old(call))
        .compose(inOutage ->
            network(Fault.none())
                .compose(well -> old(call))
                .map(byMistake -> new Seen(inOutage, byMistake, arrivals.size())));
  }

  /** How many of some calls are answered from the cache. */
  private static Future<Integer> old(Supplier<Future<String>> call) {
    List<Future<Boolean>> calls = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      calls.add(call.get().map("old"::equals).otherwise(false));
    }
    return Future.join(calls).map(all -> (int) calls.stream().filter(Future::result).count());
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "recover: outage, %d of %d from the cache; mistake, %d of %d from the cache",
        seen.oldInOutage, CALLS, seen.oldByMistake, CALLS);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Fallback: outage, %d of %d from the cache", seen.oldInOutage, CALLS);
    story.proof(
        "mistake, %d of %d hidden by the cache; the backend answered %d requests",
        seen.oldByMistake, CALLS, seen.requests);
    story.measured("oldInOutage", seen.oldInOutage);
    story.measured("oldByMistake", seen.oldByMistake);
    story.measured("requests", seen.requests);
    story.check("the cache answers in an outage", seen.oldInOutage == CALLS, seen.oldInOutage);
    story.check("only a well backend is asked", seen.requests == CALLS, seen.requests);
    story.check("no mistake is hidden", seen.oldByMistake == 0, seen.oldByMistake);
  }
}
