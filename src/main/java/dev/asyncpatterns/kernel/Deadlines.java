package dev.asyncpatterns.kernel;

import io.netty.util.concurrent.ScheduledFuture;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one event loop, exact to the nanosecond and O(1) to arm and disarm: equal
 * durations form a FIFO list, and one timer of the loop serves the earliest head. That timer is not
 * cancelled when a deadline is disarmed, it finds nothing due and re-arms. Loop thread only.
 */
final class Deadlines implements Runnable {
  /** Somebody who is told when a moment has come, on the loop's thread, with no lock held. */
  interface Expiry {
    void expired();
  }

  private static final System.Logger LOG = System.getLogger(Deadlines.class.getName());

  /** Stands for the home of an alarm that has fired or was taken back. */
  private static final Object OVER = new Object();

  /**
   * One deadline, for one use: taken back, even before it was armed, it stays so. Arming and taking
   * back may then come from two threads in either order.
   */
  static final class Alarm {
    final Expiry target;

    /** Null until armed; the bucket it stands in, or the loop's own timer; {@link #OVER}. */
    @Nullable Object home;

    @Nullable Alarm prev;
    @Nullable Alarm next;
    long at;

    Alarm(Expiry target) {
      this.target = target;
    }
  }

  private static final class Bucket {
    long nanos;
    @Nullable Alarm head;
    @Nullable Alarm tail;

    Bucket(long nanos) {
      this.nanos = nanos;
    }
  }

  /** With more distinct durations than this a deadline gets a timer of its own. */
  private static final int MAX_BUCKETS = 32;

  private final Loop loop;
  private final Bucket[] buckets = new Bucket[MAX_BUCKETS];
  private int used;
  private Bucket last = new Bucket(-1);
  private boolean armed;
  private long armedAt;
  private @Nullable ScheduledFuture<?> timer;
  private int size;

  Deadlines(Loop loop) {
    this.loop = loop;
  }

  int size() {
    return size;
  }

  /** Arms a deadline that has not been used. */
  void arm(Alarm alarm, long nanos) {
    if (alarm.home != null) {
      return;
    }
    long now = loop.now();
    alarm.at = now + nanos;
    size++;
    Bucket bucket = last.nanos == nanos ? last : find(nanos);
    if (bucket == null) {
      alarm.home = loop.schedule(() -> expireAlone(alarm), nanos);
      return;
    }
    last = bucket;
    append(bucket, alarm, now);
  }

  private void append(Bucket bucket, Alarm alarm, long now) {
    alarm.home = bucket;
    Alarm tail = bucket.tail;
    bucket.tail = alarm;
    if (tail != null) {
      alarm.prev = tail;
      tail.next = alarm;
      return;
    }
    bucket.head = alarm;
    if (!armed || alarm.at - armedAt < 0) {
      schedule(alarm.at, now);
    }
  }

  private @Nullable Bucket find(long nanos) {
    Bucket empty = null;
    for (int i = 0; i < used; i++) {
      Bucket b = buckets[i];
      if (b.nanos == nanos) {
        return b;
      }
      if (b.head == null) {
        empty = b;
      }
    }
    if (used < MAX_BUCKETS) {
      Bucket made = new Bucket(nanos);
      buckets[used++] = made;
      return made;
    }
    if (empty != null) {
      empty.nanos = nanos;
    }
    return empty;
  }

  /** Takes a deadline back. */
  void disarm(Alarm alarm) {
    Object home = alarm.home;
    if (home == OVER) {
      return;
    }
    alarm.home = OVER;
    if (home == null) {
      return;
    }
    size--;
    if (home instanceof Bucket bucket) {
      unlink(bucket, alarm);
    } else {
      ((ScheduledFuture<?>) home).cancel(false);
    }
  }

  private static void unlink(Bucket bucket, Alarm alarm) {
    Alarm before = alarm.prev;
    Alarm after = alarm.next;
    if (before == null) {
      bucket.head = after;
    } else {
      before.next = after;
      alarm.prev = null;
    }
    if (after == null) {
      bucket.tail = before;
    } else {
      after.prev = before;
      alarm.next = null;
    }
  }

  private void expireAlone(Alarm alarm) {
    if (alarm.home != OVER) {
      alarm.home = OVER;
      size--;
      fire(alarm);
    }
  }

  private static void fire(Alarm due) {
    try {
      due.target.expired();
    } catch (Throwable t) {
      LOG.log(Level.ERROR, "A deadline threw; the others go on", t);
    }
  }

  private void schedule(long at, long now) {
    ScheduledFuture<?> overtaken = timer;
    if (overtaken != null) {
      overtaken.cancel(false);
    }
    armed = true;
    armedAt = at;
    timer = loop.schedule(this, Math.max(0, at - now));
  }

  /**
   * The loop's timer: tells everybody whose moment has come, in order of their duration's list, and
   * goes on after timers and sockets had their turn when that takes long.
   */
  @Override
  public void run() {
    armed = false;
    timer = null;
    long now = loop.now();
    int fired = 0;
    for (int i = 0; i < used; i++) {
      Bucket bucket = buckets[i];
      for (Alarm due; (due = bucket.head) != null && due.at - now <= 0; ) {
        disarm(due);
        fire(due);
        if ((++fired & 0xFF) == 0 && loop.now() - now > Loop.TURN_NANOS) {
          rearm();
          return;
        }
      }
    }
    rearm();
  }

  private void rearm() {
    Alarm earliest = null;
    for (int i = 0; i < used; i++) {
      Alarm head = buckets[i].head;
      if (head != null && (earliest == null || head.at - earliest.at < 0)) {
        earliest = head;
      }
    }
    if (earliest != null && (!armed || earliest.at - armedAt < 0)) {
      schedule(earliest.at, loop.now());
    }
  }

  /** Takes back a timer that serves nobody, so that a test clock does not walk to it. */
  void purge() {
    ScheduledFuture<?> idle = timer;
    if (idle == null) {
      return;
    }
    for (int i = 0; i < used; i++) {
      if (buckets[i].head != null) {
        return;
      }
    }
    idle.cancel(false);
    timer = null;
    armed = false;
  }
}
