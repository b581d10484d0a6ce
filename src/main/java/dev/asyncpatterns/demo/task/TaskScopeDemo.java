package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.gather.Loops;
import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two uploads that work in small steps and a check that fails after 50 ms. With {@code Future.all}
 * the uploads go on after their owner was told of the failure.
 */
public final class TaskScopeDemo extends Demo<TaskScopeDemo.Seen> {
  private static final Duration STEP = Duration.ofMillis(10);
  private static final long FAILS_MILLIS = 50;
  private static final long LATER_MILLIS = 150;

  /**
   * What one way did.
   *
   * @param told why the owner's future failed
   * @param stepsAfter upload steps made after the owner was told
   * @param cleanedBefore uploads that had cleaned up by then
   */
  record Seen(String told, int stepsAfter, int cleanedBefore) {}

  /** What one way's uploads have done so far. */
  private static final class Tally {
    final AtomicInteger steps = new AtomicInteger();
    final AtomicInteger cleaned = new AtomicInteger();
  }

  private Future<Void> upload(Tally tally) {
    return Loops.repeat(30, i -> Delay.of(STEP).onSuccess(done -> tally.steps.incrementAndGet()))
        .eventually(() -> vertx.timer(5, TimeUnit.MILLISECONDS))
        .onComplete(ended -> tally.cleaned.incrementAndGet());
  }

  private Future<Void> check() {
    return vertx
        .timer(FAILS_MILLIS, TimeUnit.MILLISECONDS)
        .compose(late -> Future.failedFuture("quota exceeded"));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    Tally tally = new Tally();
    // @start region="wrong"
    Future<?> all = // fails fast, and nobody stops the rest
        Future.all(upload(tally), upload(tally), check());
    // @end
    return look(all, tally);
  }

  @Override
  protected Future<Seen> right(Story story) {
    Tally tally = new Tally();
    // @start region="right"
    Future<?> all =
        TaskScope.run(scope -> {
          scope.fork("upload a", () -> upload(tally));
          scope.fork("upload b", () -> upload(tally));
          return check(); // its failure stops both; the scope ends when they have cleaned up
        });
    // @end
    return look(all, tally);
  }

  private Future<Seen> look(Future<?> all, Tally tally) {
    return all.transform(ended -> {
      int before = tally.steps.get();
      int clean = tally.cleaned.get();
      return vertx
          .timer(LATER_MILLIS, TimeUnit.MILLISECONDS)
          .map(later ->
              new Seen(
                  ended.succeeded() ? "nothing" : String.valueOf(ended.cause().getMessage()),
                  tally.steps.get() - before,
                  clean));
    });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "Future.all failed with '%s'; in the %d ms after that its uploads made %d more steps",
        seen.told(), LATER_MILLIS, seen.stepsAfter());
    if (seen.stepsAfter() == 0) {
      story.notReproduced("the uploads were expected to go on");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("TaskScope.run failed with '%s'", seen.told());
    story.proof(
        "steps after that: %d; uploads that had cleaned up before it was told: %d of 2",
        seen.stepsAfter(), seen.cleanedBefore());
    story.measured("stepsAfterFailure", seen.stepsAfter());
    story.measured("cleanedBefore", seen.cleanedBefore());
    story.check("the failure is the check's own", seen.told().equals("quota exceeded"));
    story.check("no step after the failure", seen.stepsAfter() == 0, seen.stepsAfter());
    story.check("both cleaned up first", seen.cleanedBefore() == 2, seen.cleanedBefore());
  }
}
