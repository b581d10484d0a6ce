package dev.asyncpatterns.demo.cache;

import dev.asyncpatterns.cache.Batcher;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.LoopbackServer;
import dev.asyncpatterns.demo.Story;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A page of 60 posts wants the author of each. One request a post is 60 requests; a batcher makes
 * one of them, and the code that asks still asks for one author at a time.
 */
public final class BatcherDemo extends Demo<BatcherDemo.Seen> {
  private static final int POSTS = 60;
  private static final int AUTHORS = 20;

  /**
   * What is measured of either way.
   *
   * @param right how many posts have their author
   * @param requests how many requests the server saw
   * @param millis how long the page took
   */
  record Seen(int right, int requests, long millis) {}

  @SuppressWarnings("NullAway.Init") // in open
  private LoopbackServer server;

  @SuppressWarnings("NullAway.Init") // in open
  private HttpClientAgent client;

  @Override
  protected Future<?> open(Story story) {
    client = vertx.createHttpClient();
    return LoopbackServer.start(vertx).onSuccess(started -> server = started);
  }

  /** One request, for one or many; the server answers with what it was asked for. */
  private Future<List<String>> fetch(List<Integer> ids) {
    String asked = ids.stream().map(id -> "author-" + id).collect(Collectors.joining(","));
    String query = "/slow?ms=10&ids=";
    return client
        .request(HttpMethod.GET, server.port(), server.host(), query + asked)
        .compose(HttpClientRequest::send)
        .compose(HttpClientResponse::body)
        .map(body -> Stream.of(body.toString().substring(query.length()).split(",")).toList());
  }

  private Future<Seen> page(Story story, Function<Integer, Future<String>> author) {
    int before = server.stats().served();
    long began = story.millis();
    int[] right = new int[1];
    List<Future<String>> posts = new ArrayList<>();
    for (int post = 0; post < POSTS; post++) {
      int id = post % AUTHORS;
      posts.add(
          author.apply(id).onSuccess(name -> right[0] += name.equals("author-" + id) ? 1 : 0));
    }
    return Future.join(posts)
        .compose(all -> {
          long millis = story.millis() - began;
          return server
              .until(stats -> stats.inFlight() == 0)
              .map(stats -> new Seen(right[0], stats.served() - before, millis));
        });
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Function<Integer, Future<String>> author =
        id -> fetch(List.of(id)).map(authors -> authors.get(0));
    // @end
    return page(story, author);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d posts, a request for each author: %d requests, %d ms",
        POSTS, seen.requests, seen.millis);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Batcher<Integer, String> authors = Batcher.create(vertx, this::fetch);
    Function<Integer, Future<String>> author = authors::load;
    // @end
    return page(story, author);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Batcher: %d requests, %d ms", seen.requests, seen.millis);
    story.proof("%d of %d posts have their author, of %d in all", seen.right, POSTS, AUTHORS);
    story.measured("requests", seen.requests);
    story.measured("millis", seen.millis);
    story.check("one request for the page", seen.requests == 1, seen.requests);
    story.check("every post has its own author", seen.right == POSTS, seen.right);
  }

  @Override
  protected Future<?> close(Story story) {
    Future<Void> closed = client == null ? Future.succeededFuture() : client.close();
    return closed.eventually(() -> server == null ? Future.succeededFuture() : server.close());
  }
}
