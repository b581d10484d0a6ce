package dev.asyncpatterns.queue;

import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.LoopTimer;
import io.vertx.core.Future;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Moves jobs through their states and lends them to consumers, one lease per attempt; see {@link
 * BusJob}. On the broker's loop only, so each method is one step that nothing can come between.
 */
final class BusLender {
  private static final System.Logger LOG = System.getLogger(WorkQueue.class.getName());

  private final BusBroker broker;
  private final BusTally tally;
  private final BusDead dead;
  private final long lease;
  private final Backlog backlog = new Backlog();
  private final Map<Long, BusJob> inFlight = new HashMap<>();
  private final Set<BusJob> delayed = new HashSet<>();
  private final BusRemotes remotes = new BusRemotes();
  private boolean finished;

  BusLender(BusBroker broker) {
    this.broker = broker;
    this.tally = broker.tally;
    this.dead = new BusDead(broker);
    this.lease = Durations.nanos(broker.options.lease());
  }

  BusDead dead() {
    return dead;
  }

  void admit(BusJob job) {
    broker.outstanding.add();
    backlog.add(job);
    pump();
  }

  /** A dead letter that has got a slot again. */
  void revive(BusJob job) {
    broker.outstanding.add();
    job.attempts = 0;
    ready(job);
    pump();
  }

  boolean discard(String id) {
    boolean found = dead.remove(id) != null;
    if (found) {
      tally.discarded.increment();
      note();
    }
    return found;
  }

  void heard(Frame frame) {
    switch (frame.kind()) {
      case HELLO -> hello(frame);
      case DONE -> done(frame);
      case FAILED -> failed(frame);
      case RETURNED -> returned(frame);
      default -> remotes.credit(frame.consumer(), 1); // FREE
    }
    pump();
  }

  private void hello(Frame frame) {
    if (broker.closed() != null) {
      broker.tell(frame.consumer(), Frame.of(Frame.Kind.CLOSED, frame.consumer(), 0));
    } else {
      remotes.join(frame.consumer(), frame.number());
    }
  }

  private void done(Frame frame) {
    BusJob job = takeBack(frame);
    if (job != null) {
      tally.done.increment();
      ended();
    }
    remotes.credit(frame.consumer(), 1);
  }

  private void failed(Frame frame) {
    BusJob job = takeBack(frame);
    if (job != null) {
      attemptFailed(job, frame.text());
    }
    remotes.credit(frame.consumer(), 1);
  }

  private void returned(Frame frame) {
    BusJob job = takeBack(frame);
    if (job != null) {
      job.attempts--;
      ready(job);
    }
  }

  void leaving(Frame frame) {
    remotes.leaving(frame.consumer());
    note();
  }

  void gone(Frame frame) {
    BusRemote remote = remotes.gone(frame.consumer());
    if (remote != null) {
      for (BusJob job : List.copyOf(remote.held.values())) {
        takeBack(job);
        again(job, "its consumer went away while it ran", 0);
      }
    }
    pump();
  }

  /** The job this is an answer about, off its lease; null when that lease is over. */
  private @Nullable BusJob takeBack(Frame frame) {
    BusJob job = inFlight.get(frame.job());
    if (job == null || job.generation != frame.generation()) {
      tally.late.increment();
      return null;
    }
    takeBack(job);
    return job;
  }

  private void takeBack(BusJob job) {
    inFlight.remove(job.seq);
    job.stopTimer();
    BusRemote holder = job.holder;
    if (holder != null) {
      holder.held.remove(job.seq);
      job.holder = null;
    }
  }

  private void leaseOver(BusJob job) {
    takeBack(job);
    attemptFailed(job, "no answer before its lease of " + broker.options.lease() + " was over");
    pump();
  }

  private void attemptFailed(BusJob job, String error) {
    int retry = Math.max(0, job.attempts - 1);
    again(
        job,
        error,
        Durations.nanos(broker.options.backoff().delay(retry, ThreadLocalRandom.current())));
  }

  /** Another attempt after a delay, or none when all have been made. */
  private void again(BusJob job, String error, long nanos) {
    job.error = error;
    if (broker.closed() != null) {
      drop(job);
    } else if (job.attempts >= broker.options.maxAttempts()) {
      dead.add(job);
      ended();
    } else {
      tally.retried.increment();
      delay(job, nanos);
    }
  }

  private void delay(BusJob job, long nanos) {
    if (nanos == 0) {
      ready(job);
    } else {
      delayed.add(job);
      job.timer = LoopTimer.start(broker.home, nanos, () -> delayOver(job));
    }
  }

  private void delayOver(BusJob job) {
    delayed.remove(job);
    job.timer = null;
    ready(job);
    pump();
  }

  private void ready(BusJob job) {
    if (broker.closed() != null) {
      drop(job);
    } else {
      backlog.addAgain(job);
    }
  }

  private void pump() {
    for (BusJob job; remotes.haveCredit() && (job = backlog.poll()) != null; ) {
      lend(job, remotes.spend());
    }
    note();
  }

  private void lend(BusJob job, BusRemote remote) {
    job.attempts++;
    job.generation++;
    job.holder = remote;
    remote.held.put(job.seq, job);
    inFlight.put(job.seq, job);
    job.timer = LoopTimer.start(broker.home, lease, () -> leaseOver(job));
    broker.tell(remote.address, Frame.job(job, remote.address, lease));
  }

  private void drop(BusJob job) {
    LOG.log(Level.WARNING, "{0} was closed: job {1} is dropped", broker.name, BusBroker.id(job));
    discarded();
  }

  private void discarded() {
    tally.discarded.increment();
    ended();
  }

  /** One job is no longer the queue's concern. */
  private void ended() {
    broker.freeSlot();
    broker.outstanding.remove();
  }

  Future<Void> close() {
    List<BusJob> left = backlog.clear();
    left.addAll(delayed);
    delayed.clear();
    for (BusJob job : left) {
      job.stopTimer();
      discarded();
    }
    if (!left.isEmpty()) {
      LOG.log(Level.WARNING, "{0} was closed: {1} jobs are dropped", broker.name, left.size());
    }
    for (BusRemote remote : remotes.all()) {
      broker.tell(remote.address, Frame.of(Frame.Kind.CLOSED, remote.address, 0));
    }
    note();
    return Future.succeededFuture();
  }

  /** The figures after a step; a closed broker hears on until its consumers have gone. */
  private void note() {
    tally.now(
        new BusTally.Sizes(
            backlog.size(), inFlight.size(), delayed.size(), dead.size(), remotes.size()));
    if (broker.closed() != null && remotes.size() == 0 && !finished) {
      finished = true;
      broker.finished();
    }
  }
}
