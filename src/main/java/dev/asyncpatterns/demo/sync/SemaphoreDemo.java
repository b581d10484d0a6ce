package dev.asyncpatterns.demo.sync;

import dev.asyncpatterns.demo.ChildJvm;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.sync.AsyncSemaphore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;

/**
 * Many callers, one connection. The stock local lock hands itself on inside {@code release()}, one
 * callback inside another, until the stack ends; whoever is left in the queue is never called. That
 * happens in a JVM of its own.
 */
public final class SemaphoreDemo extends Demo<SemaphoreDemo.Seen> {
  private static final int FIRST = 1_000;
  private static final int MOST = 32_000;
  private static final int CALLERS = 10_000;
  private static final int CONNECTIONS = 3;

  /**
   * What one way did.
   *
   * @param callers who asked
   * @param served who had their turn
   * @param atOnce the most that held it at the same time
   * @param inOrder whether turns came in the order of asking
   * @param millis how long that took
   */
  record Seen(int callers, int served, int atOnce, boolean inOrder, long millis) {}

  // @start region="wrong"
  static void useLock(Vertx vertx, Runnable query) {
    vertx
        .sharedData()
        .getLocalLock("connection")
        .onSuccess(lock -> {
          query.run();
          lock.release(); // calls the next one in here, which calls the next one in there
        });
  }

  // @end

  @Override
  protected Future<Seen> wrong(Story story) {
    long began = story.millis();
    return ChildJvm.run(vertx, Overflow.class)
        .map(numbers -> {
          int callers = Integer.parseInt(numbers.get(0));
          int served = Integer.parseInt(numbers.get(1));
          return new Seen(callers, served, 1, true, story.millis() - began);
        });
  }

  /** The JVM in which the stack overflows: doubles the callers until some have no turn. */
  static final class Overflow {
    private Overflow() {}

    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      vertx.runOnContext(start -> attempt(vertx, FIRST));
    }

    private static void attempt(Vertx vertx, int callers) {
      int[] served = {0};
      vertx
          .sharedData()
          .getLocalLock("connection")
          .onSuccess(lock -> {
            for (int i = 0; i < callers; i++) {
              useLock(vertx, () -> served[0]++);
            }
            vertx.runOnContext(all -> lock.release());
            vertx.setTimer(1, soon -> judge(vertx, callers, served[0])); // runs after them
          });
    }

    private static void judge(Vertx vertx, int callers, int served) {
      if (served == callers && callers < MOST) {
        attempt(vertx, 2 * callers);
        return;
      }
      System.out.println(callers + " " + served);
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
  }

  /** A query that takes a turn of the loop, and sees who else holds a connection. */
  private final class Queries {
    private final List<Integer> began = new ArrayList<>(CALLERS);
    private int holding;
    private int atOnce;

    Future<Void> run(int caller) {
      began.add(caller);
      atOnce = Math.max(atOnce, ++holding);
      return Future.<Void>future(p -> vertx.runOnContext(turn -> p.complete()))
          .onComplete(done -> holding--);
    }

    boolean inOrder() {
      for (int i = 0; i < began.size(); i++) {
        if (began.get(i) != i) {
          return false;
        }
      }
      return true;
    }
  }

  @Override
  protected Future<Seen> right(Story story) {
    long before = story.millis();
    Queries queries = new Queries();
    AsyncSemaphore connections = AsyncSemaphore.create(vertx, "connections", CONNECTIONS);
    List<Future<Void>> answers = new ArrayList<>(CALLERS);
    for (int i = 0; i < CALLERS; i++) {
      int caller = i;
      // @start region="right"
      Future<Void> answer =
          connections.withPermit(() -> queries.run(caller)); // given back whatever happens
      // @end
      answers.add(answer);
    }
    return Future.all(answers)
        .map(all ->
            new Seen(
                CALLERS,
                queries.began.size(),
                queries.atOnce,
                queries.inOrder(),
                story.millis() - before));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    if (seen.served() == seen.callers()) {
      story.notReproduced("all of %d callers had the local lock", seen.callers());
    } else {
      story.problem(
          "getLocalLock, %d callers: the stack overflowed, %d had the lock, %d wait for ever",
          seen.callers(), seen.served(), seen.callers() - seen.served());
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    int forgotten = seen.callers() - seen.served();
    story.fix(
        "AsyncSemaphore.withPermit, %d callers: %d served, %d forgotten",
        seen.callers(), seen.served(), forgotten);
    story.proof(
        "%d ms; at most %d at once; first come, first served: %s",
        seen.millis(), seen.atOnce(), seen.inOrder() ? "yes" : "no");
    story.measured("callers", seen.callers());
    story.measured("served", seen.served());
    story.measured("millis", seen.millis());
    story.check("every caller has its turn", forgotten == 0, seen.served());
    story.check("never more at once than permits", seen.atOnce() <= CONNECTIONS, seen.atOnce());
    story.check("turns come in the order of asking", seen.inOrder());
  }
}
