package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Gather;
import dev.asyncpatterns.gather.Settled;
import dev.asyncpatterns.task.FailureGroup;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Three copies are written: one succeeds, one loses its connection, one meets a bug. With one cause
 * for all of it either the bug hides, or the retry never happens.
 */
public final class FailureGroupDemo extends Demo<FailureGroupDemo.Seen> {
  /**
   * What one way made of the failures.
   *
   * @param retried copies that were written again
   * @param reported bugs that somebody was told of
   */
  record Seen(int retried, int reported) {}

  private int retried;
  private int reported;

  private Future<String> copy(String to, int millis) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(to);
  }

  private Future<String> lost() {
    return copy("b", 5).compose(to -> Future.failedFuture(new IOException("connection reset")));
  }

  private Future<String> bug() {
    return copy("c", 10).map(to -> Optional.<String>empty().orElseThrow());
  }

  private void handle(Throwable cause) {
    if (cause instanceof IOException) {
      retried++;
    } else {
      reported++;
    }
  }

  private Seen seen() {
    Seen seen = new Seen(retried, reported);
    retried = 0;
    reported = 0;
    return seen;
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Future<?> copied =
        Future.join(copy("a", 1), lost(), bug()).onFailure(this::handle); // one cause of two
    // @end
    return copied.transform(done -> Future.succeededFuture(seen()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.join, two of three fail: %d copy retried, %d bug reported",
        seen.retried, seen.reported);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    List<Supplier<Future<String>>> copies = List.of(() -> copy("a", 1), this::lost, this::bug);
    Future<?> copied =
        Gather.settled(copies)
            .map(Settled::orThrow)
            .onFailure(e -> {
              FailureGroup all = FailureGroup.of(e);
              all.matching(IOException.class::isInstance)
                  .ifPresent(io -> io.failures().forEach(this::handle)); // to be retried
              all.others(IOException.class::isInstance)
                  .ifPresent(bugs -> bugs.failures().forEach(this::handle)); // to be reported
            });
    // @end
    return copied.transform(done -> Future.succeededFuture(seen()));
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "FailureGroup, split by kind: %d copy retried, %d bug reported",
        seen.retried, seen.reported);
    story.measured("retried", seen.retried);
    story.measured("reported", seen.reported);
    story.check("the lost connection is tried again", seen.retried == 1, seen.retried);
    story.check("the bug is reported", seen.reported == 1, seen.reported);
  }
}
