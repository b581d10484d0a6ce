package dev.asyncpatterns.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.task.Outcome.Status;
import dev.asyncpatterns.testing.VirtualFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The JDK's StructuredTaskScope and its Joiner are the peer. */
class JoinerTest extends VirtualFixture {
  private final IOException boom = new IOException("boom");

  private <T> Future<T> after(long millis, T value) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).map(value);
  }

  private <T> Future<T> failAfter(long millis, Throwable why) {
    return vertx.timer(millis, TimeUnit.MILLISECONDS).compose(v -> Future.<T>failedFuture(why));
  }

  /** Counts to two; remembers what it was told. */
  private static final class Quorum implements Joiner<String, Integer> {
    final List<Status> told = new ArrayList<>();
    int successes;

    @Override
    public boolean ended(Outcome<String> outcome) {
      told.add(outcome.status());
      return outcome.succeeded() && ++successes == 2;
    }

    @Override
    public Integer result() throws Exception {
      if (successes < 2) {
        throw new IOException("no quorum: " + successes);
      }
      return successes;
    }
  }

  @Test
  void firstSuccess_isTheAnswer_andStopsTheOthers() {
    AtomicBoolean stopped = new AtomicBoolean();
    String first =
        time.call(() ->
            TaskScope.join(
                Joiner.<String>firstSuccess(),
                forks -> {
                  forks.fork(() -> failAfter(1, boom));
                  forks.fork(() -> after(20, "b"));
                  forks.fork(() ->
                      Suspend.<String>on(vertx, (r, onCancel) -> {})
                          .onFailure(e -> stopped.set(true)));
                }));
    assertEquals("b", first);
    assertTrue(stopped.get());
    assertEquals(Duration.ofMillis(20), time.now());
  }

  @Test
  void firstSuccess_allFail_isTheFirstFailureWithTheOthersInIt() {
    IOException other = new IOException("other");
    Throwable why =
        assertThrows(
            IOException.class,
            () ->
                time.call(() ->
                    TaskScope.join(
                        Joiner.<String>firstSuccess(),
                        forks -> {
                          forks.fork(() -> failAfter(20, other));
                          forks.fork(() -> failAfter(1, boom));
                        })));
    assertSame(boom, why);
    assertEquals(List.of(boom, other), FailureGroup.of(why).failures());
  }

  @Test
  void firstSuccess_ofNone_saysSo() {
    assertSays(
        IllegalStateException.class,
        "nothing was forked, so nothing succeeded",
        () -> time.call(() -> TaskScope.join(Joiner.<String>firstSuccess(), forks -> {})));
  }

  @Test
  void secondSuccess_isClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    AutoCloseable late = () -> closed.set(true);
    AutoCloseable won = () -> {};
    AutoCloseable answer =
        time.call(() ->
            TaskScope.join(
                Joiner.<AutoCloseable>firstSuccess(),
                forks -> {
                  forks.fork(() -> after(10, won));
                  forks.fork(() -> {
                    Promise<AutoCloseable> promise = Promise.promise();
                    CancelScope.current().orElseThrow().onCancel(() -> promise.complete(late));
                    return promise.future();
                  });
                }));
    assertSame(won, answer);
    assertTrue(closed.get());
  }

  @Test
  void customJoiner_judgesFailures_andEndsItWhenItHasSeenEnough() {
    Quorum quorum = new Quorum();
    int answer =
        time.call(() ->
            TaskScope.join(
                quorum,
                forks -> {
                  forks.fork(() -> failAfter(1, boom));
                  forks.fork(() -> after(5, "a"));
                  forks.fork(() -> after(9, "b"));
                  forks.fork(() -> after(60_000, "too late"));
                }));
    assertEquals(2, answer);
    assertEquals(List.of(Status.FAILED, Status.SUCCEEDED, Status.SUCCEEDED), quorum.told);
    assertEquals(Duration.ofMillis(9), time.now());
  }

  @Test
  void resultThatThrows_failsTheScope() {
    assertSays(
        IOException.class,
        "no quorum: 1",
        () -> time.call(() -> TaskScope.join(new Quorum(), f -> f.fork(() -> after(5, "a")))));
  }

  @Test
  void joinerThatThrows_failsTheScope_andStopsTheOthers() {
    IllegalStateException bug = new IllegalStateException("bug");
    Joiner<String, String> broken =
        new Joiner<>() {
          @Override
          public boolean ended(Outcome<String> outcome) {
            throw bug;
          }

          @Override
          public String result() {
            return "never";
          }
        };
    assertSame(
        bug,
        assertThrows(
            IllegalStateException.class,
            () ->
                time.call(() ->
                    TaskScope.join(
                        broken,
                        forks -> {
                          forks.fork(() -> after(1, "a"));
                          forks.fork(() -> after(60_000, "b"));
                        }))));
    assertEquals(Duration.ofMillis(1), time.now());
  }

  @Test
  void startThatThrows_failsTheScope() {
    assertSays(
        IllegalStateException.class,
        "start",
        () ->
            time.call(() ->
                TaskScope.join(
                    Joiner.<String>firstSuccess(),
                    forks -> {
                      throw new IllegalStateException("start");
                    })));
  }

  @Test
  void cancelledFromOutside_isTheReason_andTheJoinerIsNotAsked() {
    Quorum quorum = new Quorum();
    Cancellable<Integer> joined =
        cancellable(() -> TaskScope.join(quorum, forks -> forks.fork(() -> after(50, "a"))));
    joined.scope().cancel("enough of it");
    time.settle();
    assertFails(CancellationException.class, joined.future());
    assertEquals("enough of it", joined.future().cause().getMessage());
  }

  @Test
  void forksMayForkOthers() {
    AtomicInteger forked = new AtomicInteger();
    assertEquals(
        2,
        time.<Integer>call(() ->
            TaskScope.join(
                new Quorum(),
                forks ->
                    forks.fork(() -> {
                      forks.fork(() -> after(5, "b" + forked.incrementAndGet()));
                      return after(2, "a");
                    }))));
    assertEquals(1, forked.get());
  }

  @Test
  void service_isCancelledLast_whenTheOthersHaveCleanedUp() {
    String value =
        time.call(() ->
            TaskScope.run(scope -> {
              scope.forkService("pump", () -> listening("pump"));
              scope.fork(() -> after(10, "").onComplete(v -> log.add("fork")));
              return Future.succeededFuture("body");
            }));
    assertEquals("body", value);
    assertEquals(List.of("fork", "pump cancelled", "pump cleaned"), log);
    assertEquals(Duration.ofMillis(15), time.now());
  }

  @Test
  void service_outlivesTheCleanupOfFailedForks() {
    assertThrows(
        IOException.class,
        () ->
            time.call(() ->
                TaskScope.run(scope -> {
                  scope.forkService("pump", () -> listening("pump"));
                  scope.fork(() -> listening("fork"));
                  scope.fork(() -> failAfter(10, boom));
                  return Future.succeededFuture();
                })));
    assertEquals(List.of("fork cancelled", "fork cleaned", "pump cancelled", "pump cleaned"), log);
  }

  /** Waits for its cancellation, then cleans up for 5 ms. */
  private Future<String> listening(String name) {
    return Suspend.<String>on(vertx, (resume, onCancel) -> {})
        .onFailure(e -> log.add(name + " cancelled"))
        .eventually(() -> after(5, "").onComplete(v -> log.add(name + " cleaned")));
  }

  @Test
  void serviceThatFails_failsTheScope() {
    assertSame(
        boom,
        assertThrows(
            IOException.class,
            () ->
                time.call(() ->
                    TaskScope.run(scope -> {
                      scope.forkService("pump", () -> failAfter(5, boom));
                      return after(60_000, "body");
                    }))));
    assertEquals(Duration.ofMillis(5), time.now());
  }

  @Test
  void serviceThatEnds_isNoEndOfTheScope() {
    assertEquals(
        "body",
        time.call(() ->
            TaskScope.run(scope -> {
              scope.forkService("pump", () -> after(1, "done"));
              return after(50, "body");
            })));
  }

  @Test
  void serviceWhoseCleanupFails_failsTheScope() {
    assertSame(
        boom,
        assertThrows(
            IOException.class,
            () ->
                time.call(() ->
                    TaskScope.run(scope -> {
                      scope.forkService(
                          "pump",
                          () -> {
                            Promise<String> promise = Promise.promise();
                            CancelScope.current().orElseThrow().onCancel(() -> promise.fail(boom));
                            return promise.future();
                          });
                      return Future.succeededFuture("body");
                    }))));
  }

  @Test
  void startService_waitsUntilItIsReady() {
    String value =
        time.call(() ->
            TaskScope.run(scope ->
                scope
                    .<Integer>startService(
                        "server",
                        ready ->
                            after(30, "")
                                .compose(v -> {
                                  ready.accept(8080);
                                  return Suspend.on(vertx, (resume, onCancel) -> {});
                                }))
                    .map(port -> "port " + port + " at " + time.now().toMillis())));
    assertEquals("port 8080 at 30", value);
  }

  @Test
  void startService_thatFailsFirst_orJustEnds_isToldSo() {
    List<Throwable> told = new ArrayList<>();
    TaskScope.Options supervise =
        TaskScope.Options.defaults().withPolicy(TaskScope.Policy.SUPERVISE);
    time.call(() ->
        TaskScope.run(
            supervise,
            scope ->
                scope
                    .startService("a", ready -> failAfter(1, boom))
                    .recover(e -> {
                      told.add(e);
                      return scope.startService("b", ready -> after(1, ""));
                    })
                    .otherwise(e -> {
                      told.add(e);
                      return null;
                    })));
    assertSame(boom, told.get(0));
    assertEquals("b ended before it was ready", told.get(1).getMessage());
  }

  @Test
  void startService_cancelledBeforeItIsReady_stopsWaiting() {
    Cancellable<Object> scope =
        cancellable(
            () -> TaskScope.run(s -> s.startService("never", ready -> listening("service"))));
    scope.scope().cancel("no time");
    time.runUntilIdle();
    assertFails(CancellationException.class, scope.future());
    assertEquals(List.of("service cancelled", "service cleaned"), log);
  }

  @Test
  void forkService_afterEverythingSettled_throws() {
    List<TaskScope> scopes = new ArrayList<>();
    time.call(() ->
        TaskScope.run(scope -> {
          scopes.add(scope);
          return Future.succeededFuture();
        }));
    assertThrows(
        IllegalStateException.class,
        () -> turn(() -> scopes.get(0).forkService("late", () -> after(1, ""))));
  }

  @Test
  void maxConcurrency_runsSoMany_inOrder() {
    AtomicInteger most = new AtomicInteger();
    AtomicInteger now = new AtomicInteger();
    time.call(() ->
        TaskScope.run(
            TaskScope.Options.defaults().withMaxConcurrency(2),
            scope -> {
              for (int i = 0; i < 5; i++) {
                int n = i;
                scope.fork(() -> {
                  log.add("" + n);
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  return after(10, "").onComplete(v -> now.decrementAndGet());
                });
              }
              return Future.succeededFuture();
            }));
    assertEquals(2, most.get());
    assertEquals(List.of("0", "1", "2", "3", "4"), log);
    assertEquals(Duration.ofMillis(30), time.now());
  }

  @Test
  void maxConcurrency_cancelled_doesNotStartWhoWaits() {
    assertThrows(
        IOException.class,
        () ->
            time.call(() ->
                TaskScope.run(
                    TaskScope.Options.defaults().withMaxConcurrency(1),
                    scope -> {
                      scope.fork(() -> failAfter(10, boom));
                      scope.fork(() -> {
                        log.add("started");
                        return after(1, "");
                      });
                      return Future.succeededFuture();
                    })));
    assertEquals(List.of(), log);
    assertSays(
        IllegalArgumentException.class,
        "maxConcurrency must be 1 to 1073741823, was 0",
        () -> TaskScope.Options.defaults().withMaxConcurrency(0));
  }

  @Test
  void deadlineAround_isInheritedByForks_theMinimumWins() {
    List<Duration> left = new ArrayList<>();
    time.call(() ->
        Timeouts.within(
            Duration.ofMillis(100),
            () ->
                TaskScope.run(scope -> {
                  scope.fork(() -> remaining(Duration.ofHours(1), left));
                  scope.fork(() -> remaining(Duration.ofMillis(30), left));
                  return Future.succeededFuture();
                })));
    assertEquals(List.of(Duration.ofMillis(100), Duration.ofMillis(30)), left);
    assertFalse(time.now().compareTo(Duration.ofMillis(100)) > 0);
  }

  private Future<Object> remaining(Duration limit, List<Duration> left) {
    return Timeouts.withDeadline(
        limit,
        deadline -> {
          left.add(deadline.remaining());
          return Future.succeededFuture();
        });
  }
}
