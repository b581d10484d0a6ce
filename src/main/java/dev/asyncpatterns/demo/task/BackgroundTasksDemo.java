package dev.asyncpatterns.demo.task;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.task.BackgroundTasks;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A verticle sends a mail after each of ten orders and is undeployed at once. Dropped futures: the
 * failures are seen by nobody, and the undeployment does not wait for what is under way.
 */
public final class BackgroundTasksDemo extends Demo<BackgroundTasksDemo.Seen> {
  private static final int MAILS = 10;

  /**
   * What was known when the verticle was gone.
   *
   * @param sent mails that had been sent
   * @param reported failures that somebody was told of
   * @param open mails of which nothing was known
   */
  record Seen(int sent, int reported, int open) {}

  /** Sends mails; every fifth address is refused. */
  private abstract static class Shop extends VerticleBase {
    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger reported = new AtomicInteger();

    final Future<Void> mail(int order) {
      return vertx
          .timer(20 + order, TimeUnit.MILLISECONDS)
          .compose(v ->
              order % 5 == 0
                  ? Future.failedFuture("address refused")
                  : Future.succeededFuture(sent.incrementAndGet()))
          .mapEmpty();
    }
  }

  private static final class Dropping extends Shop {
    @Override
    public Future<?> start() {
      // @start region="wrong"
      for (int order = 1; order <= MAILS; order++) {
        mail(order); // fire and forget: nobody waits, nobody hears of a failure
      }
      // @end
      return Future.succeededFuture();
    }
  }

  private static final class Keeping extends Shop {
    @Override
    public Future<?> start() {
      // @start region="right"
      BackgroundTasks.Options options =
          BackgroundTasks.Options.defaults()
              .withOnFailure((what, why) -> reported.incrementAndGet());
      BackgroundTasks mails = BackgroundTasks.create(vertx, "mails", options);
      for (int order = 1; order <= MAILS; order++) {
        int id = order;
        mails.run("mail " + id, () -> mail(id)); // the undeployment waits for it
      }
      // @end
      return Future.succeededFuture();
    }
  }

  private Future<Seen> look(Shop shop) {
    return vertx
        .deployVerticle(shop)
        .compose(vertx::undeploy)
        .map(gone -> {
          int sent = shop.sent.get();
          int reported = shop.reported.get();
          return new Seen(sent, reported, MAILS - sent - reported);
        });
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    return look(new Dropping());
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "dropped futures: the verticle is gone, %d mails sent, nothing known of %d",
        seen.sent, seen.open);
  }

  @Override
  protected Future<Seen> right(Story story) {
    return look(new Keeping());
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("BackgroundTasks: %d mails sent, %d failures reported", seen.sent, seen.reported);
    story.proof("nothing known of %d, when the verticle is gone", seen.open);
    story.measured("sent", seen.sent);
    story.measured("reported", seen.reported);
    story.check("every mail is accounted for", seen.open == 0, seen.open);
    story.check("each failure is reported", seen.reported == MAILS / 5, seen.reported);
  }
}
