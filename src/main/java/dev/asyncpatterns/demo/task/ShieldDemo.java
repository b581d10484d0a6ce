package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.task.Shield;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A payment of two steps, charge and book, whose client leaves between them. Unprotected, the money
 * is charged and never booked; in a shield both steps are done, once.
 */
public final class ShieldDemo extends Demo<ShieldDemo.Seen> {
  private static final Duration STEP = Duration.ofMillis(30);
  private static final int CLIENT_LEAVES_MILLIS = 45;

  /**
   * What one way did.
   *
   * @param charged payments charged
   * @param booked payments booked
   */
  record Seen(int charged, int booked) {}

  private int charged;
  private int booked;

  private Future<Void> pay() {
    return Delay.of(STEP)
        .onSuccess(v -> charged++)
        .compose(v -> Delay.of(STEP))
        .onSuccess(v -> booked++);
  }

  private Future<Seen> look(Supplier<Future<Void>> payment) {
    charged = 0;
    booked = 0;
    return CancelScope.run(
            scope -> {
              vertx.setTimer(CLIENT_LEAVES_MILLIS, v -> scope.cancel("the client left"));
              return payment.get();
            })
        .transform(ended -> vertx.timer(3 * STEP.toMillis(), TimeUnit.MILLISECONDS))
        .map(later -> new Seen(charged, booked));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    return look(() -> {
      // @start region="wrong"
      return pay(); // every wait in it ends when the client leaves, also between the steps
      // @end
    });
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem("cancelled between its steps: %d charged, %d booked", seen.charged, seen.booked);
    if (seen.charged == seen.booked) {
      story.notReproduced("the client was expected to leave between the steps");
    }
  }

  @Override
  protected Future<Seen> right(Story story) {
    return look(() -> {
      // @start region="right"
      return Shield.run(() -> pay()); // runs to its end, once; the caller waits for it
      // @end
    });
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Shield.run: %d charged, %d booked", seen.charged, seen.booked);
    story.measured("charged", seen.charged);
    story.measured("booked", seen.booked);
    story.check("what is charged is booked", seen.booked == seen.charged, seen.booked);
    story.check("it is done once", seen.charged == 1, seen.charged);
  }
}
