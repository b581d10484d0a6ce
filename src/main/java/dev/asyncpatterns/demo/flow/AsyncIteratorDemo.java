package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.AsyncIterator;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The first five names that begin with an "a", from a cursor over a thousand rows. Fetching all and
 * filtering then reads every row; an iterator asks for what is wanted, and closes the cursor.
 */
public final class AsyncIteratorDemo extends Demo<AsyncIteratorDemo.Seen> {
  private static final int ROWS = 1000;
  private static final int WANTED = 5;

  /**
   * What one way did.
   *
   * @param names how many were found
   * @param read rows that were read
   * @param closed whether the cursor was closed
   */
  record Seen(int names, int read, boolean closed) {}

  private int read;
  private boolean closed;

  private String name(int row) {
    return (row % 4 == 0 ? "a" : "b") + row;
  }

  /** A cursor: fifty rows at once would be kinder; one row shows more. */
  private Future<String> fetch() {
    int row = read++;
    return row % 100 == 99
        ? vertx.timer(1, TimeUnit.MILLISECONDS).map(v -> name(row))
        : Future.succeededFuture(row < ROWS ? name(row) : null);
  }

  private Future<Void> closeCursor() {
    closed = true;
    return Future.succeededFuture();
  }

  private void reset() {
    read = 0;
    closed = false;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    reset();
    // @start region="wrong"
    List<Future<String>> rows = new ArrayList<>();
    IntStream.range(0, ROWS).forEach(i -> rows.add(fetch())); // all of them, to be filtered later
    Future<List<String>> names =
        Future.all(rows)
            .map(all ->
                all.<String>list().stream().filter(n -> n.startsWith("a")).limit(WANTED).toList());
    // @end
    return names.map(found -> new Seen(found.size(), read, closed));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "fetch all, then filter: %d rows read for %d names, the cursor is %s",
        seen.read, seen.names, seen.closed ? "closed" : "open");
  }

  @Override
  protected Future<Seen> right(Story story) {
    reset();
    // @start region="right"
    AsyncIterator<String> rows =
        AsyncIterator.generate(() -> fetch(), () -> closeCursor()); // a row when one is asked for
    Future<List<String>> names = rows.filter(n -> n.startsWith("a")).take(WANTED).toList();
    // @end
    return names.map(found -> new Seen(found.size(), read, closed));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("AsyncIterator: %d rows read for %d names", seen.read, seen.names);
    story.proof("the cursor is %s", seen.closed ? "closed" : "open");
    story.measured("read", seen.read);
    story.check("five names are found", seen.names == WANTED, seen.names);
    story.check("no row is read that nobody asked for", seen.read <= 4 * WANTED, seen.read);
    story.check("the cursor is closed", seen.closed);
  }
}
