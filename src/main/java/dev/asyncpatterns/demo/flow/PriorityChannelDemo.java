package dev.asyncpatterns.demo.flow;

import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.flow.Channel;
import io.vertx.core.Future;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An alarm that keeps coming, and one report behind it. By rank alone the report waits for ever; in
 * a channel with patience it is next when enough others have gone first.
 */
public final class PriorityChannelDemo extends Demo<PriorityChannelDemo.Seen> {
  private static final int ROUNDS = 200;
  private static final int PATIENCE = 20;

  /** An alarm has rank 0, a report 1. */
  private record Job(int rank, String name) {}

  /**
   * What one way did.
   *
   * @param reportAfter how many alarms went before the report; -1: it never came
   * @param alarmFirst whether an alarm that came later went first
   */
  record Seen(int reportAfter, boolean alarmFirst) {}

  /** Each round an alarm comes in and one job goes out. */
  private Future<Seen> look(Consumer<Job> in, Supplier<Optional<Job>> out) {
    in.accept(new Job(1, "report"));
    boolean alarmFirst = false;
    for (int round = 0; round < ROUNDS; round++) {
      in.accept(new Job(0, "alarm " + round));
      Job next = out.get().orElseThrow();
      alarmFirst |= round == 0 && next.rank == 0;
      if (next.rank == 1) {
        return Future.succeededFuture(new Seen(round, alarmFirst));
      }
    }
    return Future.succeededFuture(new Seen(-1, alarmFirst));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    PriorityQueue<Job> jobs = new PriorityQueue<>(Comparator.comparingInt(Job::rank));
    // @end
    return look(jobs::add, () -> Optional.ofNullable(jobs.poll()));
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "PriorityQueue: %d alarms went first, the report %s",
        ROUNDS, seen.reportAfter < 0 ? "never came" : "came after " + seen.reportAfter);
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    Channel<Job> jobs =
        Channel.priority(
            vertx,
            "jobs",
            Channel.Options.capacity(100),
            Comparator.comparingInt(Job::rank),
            PATIENCE); // so many may go first, then it is next
    // @end
    return look(jobs::trySend, jobs::tryReceive);
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("Channel.priority: the report came after %d alarms", seen.reportAfter);
    story.measured("reportAfter", seen.reportAfter);
    story.check("an alarm goes first", seen.alarmFirst);
    story.check("the report does not starve", seen.reportAfter == PATIENCE, seen.reportAfter);
  }
}
