package dev.asyncpatterns.demo.gather;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.MapConcurrent;
import dev.asyncpatterns.http.HttpClients;
import io.vertx.core.Future;
import io.vertx.core.http.HttpResponseExpectation;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Sixty pages to fetch from a server that is to see eight requests at a time; then the same with a
 * page in it that fails. The wrong way hands the whole input to {@code Future.all}.
 */
public final class MapConcurrentDemo extends Demo<MapConcurrentDemo.Seen> {
  private static final int PAGES = 60;
  private static final int LIMIT = 8;
  private static final int BAD = 10;
  private static final long PATIENCE_MILLIS = 60;

  /**
   * What one way did.
   *
   * @param peak the most requests the server had at one time
   * @param inOrder whether the results came in the order of the pages
   * @param millis how long they took
   * @param startedOfBad how many requests were started when one of them fails
   * @param wasted how many of those the server answered in the {@value #PATIENCE_MILLIS} ms after
   *     it
   */
  record Seen(int peak, boolean inOrder, long millis, int startedOfBad, int wasted) {}

  /** One way to fetch the pages. */
  private interface Way {
    Future<List<String>> fetch(List<Integer> pages);
  }

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private WebClient web;

  private int bad = -1;
  private int started;

  @Override
  protected Future<?> open(Story story) {
    web =
        WebClient.wrap(
            HttpClients.cancellable(
                vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(PAGES))));
    return LoopbackServer.start(vertx) // the first request loads classes, which is no slowness
        .onSuccess(listening -> server = listening)
        .compose(listening -> fetch(0))
        .eventually(() -> server.close());
  }

  private Future<String> fetch(int page) {
    started++;
    String uri = page == bad ? "/fail" : "/slow?ms=10&page=" + page;
    return web.get(server.port(), server.host(), uri)
        .send()
        .expecting(HttpResponseExpectation.SC_OK)
        .map(HttpResponse::bodyAsString);
  }

  private Future<List<String>> allAtOnce(List<Integer> pages) {
    // @start region="wrong"
    List<Future<String>> bodies = new ArrayList<>();
    for (int page : pages) {
      bodies.add(fetch(page)); // the whole input is started here
    }
    return Future.all(bodies).map(all -> all.list());
    // @end
  }

  private Future<List<String>> eightAtATime(List<Integer> pages) {
    // @start region="right"
    return MapConcurrent.map(8, pages, page -> fetch(page));
    // @end
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    return look(story, this::allAtOnce);
  }

  @Override
  protected Future<Seen> right(Story story) {
    return look(story, this::eightAtATime);
  }

  /** Both ways are measured alike, each with a server of its own. */
  private Future<Seen> look(Story story, Way way) {
    List<Integer> pages = IntStream.range(0, PAGES).boxed().toList();
    return LoopbackServer.start(vertx)
        .compose(listening -> {
          server = listening;
          bad = -1;
          long began = story.millis();
          return way.fetch(pages)
              .compose(bodies -> withBad(way, pages, bodies, story.millis() - began));
        })
        .eventually(() -> server.close());
  }

  private Future<Seen> withBad(Way way, List<Integer> pages, List<String> bodies, long millis) {
    boolean inOrder = IntStream.range(0, PAGES).allMatch(i -> bodies.get(i).endsWith("page=" + i));
    LoopbackServer.Stats before = server.stats();
    bad = BAD;
    started = 0;
    return way.fetch(pages)
        .transform(failed -> {
          int answered = server.stats().served();
          return vertx
              .timer(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
              .map(later -> server.stats().served() - answered)
              .map(wasted -> new Seen(before.peak(), inOrder, millis, started, wasted));
        });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.all over %d pages: %d requests at a time, %d ms",
        PAGES, seen.peak(), seen.millis());
    story.problem(
        "page %d fails: %d requests had been started, %d answered for nobody",
        BAD, seen.startedOfBad(), seen.wasted());
    if (seen.peak() <= LIMIT) {
      story.notReproduced("the whole input was expected to be started at once");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("MapConcurrent.map(8): %d requests at a time, %d ms", seen.peak(), seen.millis());
    story.proof(
        "page %d fails: %d requests had been started, %d answered for nobody",
        BAD, seen.startedOfBad(), seen.wasted());
    story.measured("peak", seen.peak());
    story.measured("millis", seen.millis());
    story.measured("startedWhenOneFails", seen.startedOfBad());
    story.check("eight requests at a time, and no more", seen.peak() == LIMIT, seen.peak());
    story.check("the results are in the order of the pages", seen.inOrder());
    story.check(
        "a failure ends the taking: at most the limit beyond what was done",
        seen.startedOfBad() <= BAD + 1 + LIMIT,
        seen.startedOfBad());
    story.check( // one may have been under way when the others were stopped
        "no answer is made for nobody but those that were under way",
        seen.wasted() < LIMIT,
        seen.wasted());
  }

  @Override
  protected Future<?> close(Story story) {
    web.close();
    return Future.succeededFuture();
  }
}
