package dev.asyncpatterns.demo.resilience;

import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.resilience.Retry;
import dev.asyncpatterns.testing.FaultProxy.Fault;
import dev.asyncpatterns.time.Backoff;
import dev.asyncpatterns.time.Backoff.Jitter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Twenty callers of a backend whose connections break for 120 ms. To try again at once is over
 * before they hold, and all of it comes in the same moment.
 */
public final class RetryDemo extends BackendDemo<RetryDemo.Seen> {
  private static final int CALLERS = 20;
  private static final int ATTEMPTS = 7;
  private static final int OUTAGE_MILLIS = 120;

  /**
   * What one way did.
   *
   * @param failed calls that failed
   * @param millis how long all took
   * @param requests what the backend was asked
   * @param peak the most that came within 10 ms, first attempts left out
   */
  record Seen(long failed, long millis, int requests, int peak) {}

  @Override
  protected Future<Seen> wrong(Story story) {
    return look(story, this::again);
  }

  private Future<String> again() {
    // @start region="wrong"
    return get().recover(once -> get()).recover(twice -> get());
    // @end
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Backoff backoff =
        Backoff.exponential(Duration.ofMillis(40), 2, Duration.ofMillis(80))
            .withJitter(Jitter.EQUAL);
    Retry retry =
        Retry.create(
            vertx,
            "backend",
            Retry.Options.defaults()
                .withMaxAttempts(ATTEMPTS)
                .withBackoff(backoff)
                .withDeadline(Duration.ofSeconds(5)));
    // @end
    return look(story, () -> retry.call(this::get));
  }

  private Future<Seen> look(Story story, Supplier<Future<String>> call) {
    return begin(story, BREAKS)
        .compose(began -> {
          endOutage();
          List<Future<String>> calls =
              IntStream.range(0, CALLERS).mapToObj(caller -> call.get()).toList();
          return Future.join(calls)
              .transform(all -> {
                long failed = calls.stream().filter(Future::failed).count();
                long took = story.millis() - began;
                return Future.succeededFuture(new Seen(failed, took, arrivals.size(), peak()));
              });
        });
  }

  /** After its time, but however slow the machine is not before three attempts of everybody. */
  private void endOutage() {
    Promise<Void> tried = Promise.promise();
    onArrival(() -> {
      if (arrivals.size() > 3 * CALLERS) {
        tried.tryComplete();
      }
    });
    Future.all(tried.future(), vertx.timer(OUTAGE_MILLIS)).onSuccess(over -> network(Fault.none()));
  }

  private int peak() {
    List<Long> again = arrivals.subList(Math.min(CALLERS, arrivals.size()), arrivals.size());
    return again.stream()
        .mapToInt(from -> (int) again.stream().filter(at -> at >= from && at < from + 10).count())
        .max()
        .orElse(0);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "three attempts at once: %d of %d callers failed after %d ms; %d requests within 10 ms",
        seen.failed, CALLERS, seen.millis, seen.peak);
    if (seen.failed == 0) {
      story.notReproduced("the outage was expected to outlast three attempts");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Retry: %d of %d callers failed after %d ms", seen.failed, CALLERS, seen.millis);
    story.proof(
        "the backend was asked %d times; at most %d within 10 ms", seen.requests, seen.peak);
    story.measured("failed", seen.failed);
    story.measured("requests", seen.requests);
    story.measured("peak", seen.peak);
    story.check("nobody fails", seen.failed == 0, seen.failed);
    int most = ATTEMPTS * CALLERS;
    story.check("no more than seven attempts each", seen.requests <= most, seen.requests);
  }
}
