package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Race;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;

/**
 * The same page from three mirrors: one fails at once, one is quick, one is slow. {@code
 * Future.any} gives the quick one too, and lets the slow one work for nobody.
 */
public final class RaceDemo extends FetchDemo<RaceDemo.Seen> {
  private static final int SLOW_MILLIS = 250;

  /**
   * What one way did.
   *
   * @param answer the body that came, or why none came
   * @param millis when it came
   * @param wasted answers that were made for nobody
   * @param reset requests that were stopped
   */
  record Seen(String answer, long millis, int wasted, int reset) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = begin(story);
    // @start region="wrong"
    Future<String> page =
        Future.any(get("/fail"), get("/slow?ms=30&mirror=east"), get("/slow?ms=250&mirror=west"))
            .map(any -> any.<String>resultAt(1)); // which of them was it?
    // @end
    return look(story, began, page);
  }

  @Override
  protected Future<Seen> right(Story story) {
    long began = begin(story);
    // @start region="right"
    Future<String> page =
        Race.firstSuccess(
            () -> get("/fail"),
            () -> get("/slow?ms=30&mirror=east"),
            () -> get("/slow?ms=250&mirror=west"));
    // @end
    return look(story, began, page);
  }

  private Future<Seen> look(Story story, long began, Future<String> page) {
    return page.transform(told -> {
      long came = story.millis() - began;
      String answer = told.succeeded() ? told.result() : told.cause().toString();
      return server
          .until(stats -> stats.inFlight() == earlier.inFlight())
          .timeout(2 * SLOW_MILLIS, TimeUnit.MILLISECONDS)
          .transform(quiet -> {
            LoopbackServer.Stats now = server.stats();
            int wasted = now.served() - earlier.served() - 2; // the failure and the winner
            int reset = now.resets() - earlier.resets();
            return Future.succeededFuture(new Seen(answer, came, wasted, reset));
          });
    });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.any: %s after %d ms; %d more answer made for nobody",
        seen.answer, seen.millis, seen.wasted);
    if (seen.wasted == 0) {
      story.notReproduced("the slow mirror was expected to go on");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Race.firstSuccess: %s after %d ms", seen.answer, seen.millis);
    story.proof("the slow mirror was stopped: %d made for nobody", seen.wasted);
    story.measured("millis", seen.millis);
    story.measured("wasted", seen.wasted);
    story.check("the quick mirror wins", seen.answer.contains("east"), seen.answer);
    story.check("the slow one is stopped", seen.reset == 1, seen.reset);
    story.check("no answer is made for nobody", seen.wasted == 0, seen.wasted);
  }
}
