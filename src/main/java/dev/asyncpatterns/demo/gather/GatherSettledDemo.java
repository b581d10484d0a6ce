package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.gather.Settled;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Twenty feeds for one page, a third of which are down. "Give up after three failures" looks
 * written when it counts in a handler; it stops nothing, and what had come is thrown away.
 */
public final class GatherSettledDemo extends FetchDemo<GatherSettledDemo.Seen> {
  private static final int FEEDS = 30;
  private static final int LIMIT = 4;
  private static final int MAX_FAILURES = 3;

  /**
   * What one way did.
   *
   * @param asked requests the server had to answer
   * @param shown feeds the page shows
   * @param explained feeds of which is known why they are missing
   */
  record Seen(int asked, int shown, int explained) {}

  private String feed(int i) {
    return i % 3 == 2 ? "/fail?feed=" + i : "/fast?feed=" + i;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    begin(story);
    // @start region="wrong"
    AtomicInteger failures = new AtomicInteger();
    List<Future<String>> feeds = new ArrayList<>();
    for (int i = 0; i < FEEDS && failures.get() < MAX_FAILURES; i++) {
      feeds.add(get(feed(i)).onFailure(e -> failures.incrementAndGet()));
    }
    Future<List<String>> page = Future.join(feeds).map(all -> all.list());
    // @end
    return page.transform(told ->
        Future.succeededFuture(
            new Seen(
                asked(),
                told.succeeded() ? told.result().size() : 0,
                told.succeeded() ? 0 : 1))); // the one cause it gives
  }

  private int asked() {
    return server.stats().served() - earlier.served();
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.join: %d feeds asked, %d shown; it knows why %d is missing",
        seen.asked, seen.shown, seen.explained);
  }

  @Override
  protected Future<Seen> right(Story story) {
    begin(story);
    // @start region="right"
    Map<Integer, Supplier<Future<String>>> feeds = new LinkedHashMap<>();
    for (int i = 0; i < FEEDS; i++) {
      String uri = feed(i);
      feeds.put(i, () -> get(uri));
    }
    Future<Settled<Integer, String>> page = Gather.settled(feeds, LIMIT, MAX_FAILURES);
    // @end
    return page.map(all -> new Seen(asked(), all.successes().size(), all.failures().size()));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Gather.settled: %d feeds asked, %d shown, and a cause for each of the other %d",
        seen.asked, seen.shown, seen.explained);
    story.proof("after %d failures no further feed was asked", MAX_FAILURES);
    story.measured("asked", seen.asked);
    story.measured("shown", seen.shown);
    // Every third fails. When the last failure that is allowed is told, up to LIMIT - 1 others are
    // under way, all of them failures at the worst.
    int most = 3 * (MAX_FAILURES + LIMIT) - 1;
    story.check("failures end the asking", seen.asked <= most, seen.asked);
    story.check("what came is shown", seen.shown > 0, seen.shown);
    story.check(
        "every feed is shown or explained", seen.shown + seen.explained == FEEDS, seen.explained);
  }
}
