package dev.asyncpatterns.demo.time;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.time.Debouncer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A document is saved at every key stroke: a file write each, and those that overlap leave an old
 * text behind. Debounced, the burst is one write, of the last text.
 */
public final class DebounceDemo extends Demo<DebounceDemo.Seen> {
  private static final int KEYS = 20;
  private static final Duration QUIET = Duration.ofMillis(40);
  private static final int SLOWEST_MILLIS = 60;
  private static final int REST_MILLIS = 150;

  private Path document = Path.of("");
  private int writes;

  /**
   * What is measured of either way.
   *
   * @param writes how often the file was written
   * @param saved how many characters the file has in the end
   */
  record Seen(int writes, int saved) {}

  @Override
  protected Future<?> open(Story story) throws Exception {
    document = Files.createTempFile("document", ".txt");
    return Future.succeededFuture();
  }

  /** A disk that is slower for the first writes than for the last ones, as a cold one is. */
  private Future<Void> save(String text) {
    int slow = Math.max(1, SLOWEST_MILLIS - 3 * writes++);
    return vertx
        .timer(slow)
        .compose(v -> vertx.fileSystem().writeFile(document.toString(), Buffer.buffer(text)));
  }

  /** A key every 2 ms; then a rest, and the end. */
  private Future<Seen> type(Consumer<String> onKey, Supplier<Future<Void>> end) {
    writes = 0;
    Promise<Void> typed = Promise.promise();
    StringBuilder text = new StringBuilder();
    vertx.setPeriodic(
        2,
        timer -> {
          onKey.accept(text.append('x').toString());
          if (text.length() == KEYS) {
            vertx.cancelTimer(timer);
            typed.complete();
          }
        });
    return typed
        .future()
        .compose(v -> vertx.timer(REST_MILLIS))
        .compose(v -> end.get())
        .compose(v -> vertx.fileSystem().readFile(document.toString()))
        .map(saved -> new Seen(writes, saved.length()));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    return type(text -> save(text), Future::succeededFuture);
    // @end
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d keys, a save each: %d writes that overlap; the file ends with %d of %d characters",
        KEYS, seen.writes, seen.saved, KEYS);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Debouncer<String, Void> save = Debouncer.create(vertx, QUIET, this::save);
    return type(text -> save.call(text), () -> save.close()); // which waits for the last one
    // @end
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "Debouncer(%d ms): %d write, after the last key; the file has %d of %d characters",
        QUIET.toMillis(), seen.writes, seen.saved, KEYS);
    story.proof("%d calls made %d run", KEYS, seen.writes);
    story.measured("writes", seen.writes);
    story.measured("saved", seen.saved);
    story.check("a burst is few writes", seen.writes >= 1 && seen.writes <= 2, seen.writes);
    story.check("the last text is what was saved", seen.saved == KEYS, seen.saved);
  }

  @Override
  protected Future<?> close(Story story) {
    return vertx.fileSystem().delete(document.toString());
  }
}
