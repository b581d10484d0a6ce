package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Gather;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A page made of four requests, one of which fails at once. {@code Future.all} fails as fast, and
 * leaves the others on the wire.
 */
public final class GatherAllDemo extends FetchDemo<GatherAllDemo.Seen> {
  private static final long PATIENCE_MILLIS = 300;

  /**
   * What one way did.
   *
   * @param failedMillis when the caller was told of the failure; negative: it was not
   * @param quietMillis when the server had nothing to do any more
   * @param wasted answers the server made for nobody
   * @param reset requests that were stopped
   * @param atHome whether the caller was told on its own context
   */
  record Seen(long failedMillis, long quietMillis, int wasted, int reset, boolean atHome) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = begin(story);
    // @start region="wrong"
    Future<?> page =
        Future.all(
            get("/slow?ms=200&part=user"), // started when the argument is evaluated:
            get("/slow?ms=220&part=orders"), // nobody can stop these any more
            get("/hang?part=news"),
            get("/fail"));
    // @end
    return look(story, began, page);
  }

  @Override
  protected Future<Seen> right(Story story) {
    long began = begin(story);
    // @start region="right"
    Future<List<String>> page =
        Gather.all(
            () -> get("/slow?ms=200&part=user"), // started by Gather, each in a scope
            () -> get("/slow?ms=220&part=orders"), // that is cancelled when another fails
            () -> get("/hang?part=news"),
            () -> get("/fail"));
    // @end
    return look(story, began, page).compose(seen -> stock(story).map(seen));
  }

  /** Both ways are measured alike: told when and where, and what the server did afterwards. */
  private Future<Seen> look(Story story, long began, Future<?> page) {
    return page.transform(told -> {
      long failed = told.failed() ? story.millis() - began : -1;
      boolean atHome = Vertx.currentContext() == context;
      return server
          .until(stats -> stats.inFlight() == earlier.inFlight())
          .timeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
          .transform(quiet -> Future.succeededFuture(seen(story, began, failed, atHome)));
    });
  }

  private Seen seen(Story story, long began, long failed, boolean atHome) {
    LoopbackServer.Stats now = server.stats();
    int wasted = now.served() - earlier.served() - 1; // the failing one was answered
    int reset = now.resets() - earlier.resets();
    return new Seen(failed, story.millis() - began, wasted, reset, atHome);
  }

  /** Where nothing has to be stopped, what Vert.x brings is enough. */
  private Future<?> stock(Story story) {
    return Future.all(get("/fast?a"), get("/fast?b"))
        .compose(all -> Future.any(get("/fast?c"), get("/fail")))
        .compose(any -> Future.join(get("/fast?d"), get("/fast?e")))
        .onSuccess(join ->
            story.say(
                "Stock",
                "enough when nothing is to be stopped: Future.all (all or the first failure),"
                    + " any (first success), join (wait for all)"));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.all: failed after %d ms; the server went on, made %d answers for nobody, and after"
            + " %d ms %d request still hung",
        seen.failedMillis(), seen.wasted(), seen.quietMillis(), 3 - seen.wasted() - seen.reset());
    if (seen.wasted() == 0) {
      story.notReproduced("the other requests were expected to go on");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Gather.all: failed after %d ms", seen.failedMillis());
    story.proof(
        "the server saw %d requests stopped, was quiet after %d ms, made %d answers for nobody",
        seen.reset(), seen.quietMillis(), seen.wasted());
    story.measured("failedMillis", seen.failedMillis());
    story.measured("quietMillis", seen.quietMillis());
    story.measured("requestsReset", seen.reset());
    story.check("the caller is told of the failure", seen.failedMillis() >= 0);
    story.check("the other three are stopped", seen.reset() == 3, seen.reset());
    story.check("no answer is made for nobody", seen.wasted() == 0, seen.wasted());
    story.check("the caller is told on its own context", seen.atHome());
  }
}
