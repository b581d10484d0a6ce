package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deadlines: exact, in order, cheap to take back, and armed from anywhere. */
class ClockLawTest {
  private final Lab lab = new Lab();
  private final ContextInternal home = lab.context();
  private final Loop loop = lab.on(home, () -> Loop.of(home));
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    lab.close();
  }

  private Deadlines.Alarm alarm(String name) {
    return new Deadlines.Alarm(() -> log.add(name + "@" + loop.now()));
  }

  private Deadlines.Alarm arm(String name, long nanos) {
    Deadlines.Alarm alarm = alarm(name);
    loop.arm(alarm, nanos);
    return alarm;
  }

  @Test
  void deadlines_areExactToTheNano() {
    long[] nanos = {0, 1, 2, 999_999, 1_000_000, 1_000_001, 3_600_000_000_007L};
    lab.run(() -> {
      for (long n : nanos) {
        arm("d", n);
      }
    });
    lab.time.advance(Duration.ofHours(2));
    assertEquals(Arrays.stream(nanos).mapToObj(n -> "d@" + n).toList(), log);
  }

  @Test
  void equalDurations_endInTheOrderTheyWereArmed() {
    lab.run(() -> IntStream.range(0, 50).forEach(i -> arm("d" + i, 1_000)));
    lab.advance(1);
    assertEquals(IntStream.range(0, 50).mapToObj(i -> "d" + i + "@1000").toList(), log);
  }

  @Test
  void manyDistinctDurations_areAllExact() {
    Random random = new Random(7);
    List<Long> nanos = new ArrayList<>();
    lab.run(() -> {
      for (int i = 0; i < 500; i++) {
        long n = 1 + random.nextInt(10_000_000);
        nanos.add(n);
        arm("d", n);
      }
    });
    assertEquals(500, lab.census().deadlines());
    lab.advance(10);
    assertEquals(nanos.stream().sorted().map(n -> "d@" + n).toList(), log);
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void bucketsLeftEmpty_serveOtherDurations() {
    for (int round = 1; round <= 3; round++) {
      long base = round * 100_000;
      lab.run(() -> IntStream.range(0, 40).forEach(i -> arm("d", base + i)));
      lab.advance(1);
    }
    assertEquals(120, log.size());
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void disarmed_doesNotFire_andLeavesTheOthers() {
    List<Deadlines.Alarm> alarms = new ArrayList<>();
    lab.run(() -> {
      for (int i = 0; i < 100; i++) {
        alarms.add(arm("d" + i, 1_000 + (i % 40)));
      }
      for (int i = 0; i < 100; i++) {
        if (i % 3 != 0) {
          loop.disarm(alarms.get(i));
          loop.disarm(alarms.get(i));
        }
      }
    });
    assertEquals(34, lab.census().deadlines());
    lab.advance(1);
    assertEquals(34, log.size());
    assertTrue(
        log.stream().allMatch(s -> Integer.parseInt(s.substring(1, s.indexOf('@'))) % 3 == 0));
  }

  @Test
  void earlierDeadlineArmedLater_overtakesTheTimer() {
    lab.run(() -> {
      arm("late", 5_000_000);
      arm("early", 1_000_000);
    });
    lab.advance(10);
    assertEquals(List.of("early@1000000", "late@5000000"), log);
  }

  @Test
  void disarmBeforeArm_fromTwoThreads_staysDisarmed() {
    Deadlines.Alarm alarm = alarm("never");
    lab.run(() -> loop.disarm(alarm));
    lab.run(() -> loop.arm(alarm, 1_000));
    lab.advance(1);
    assertEquals(List.of(), log);
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void armedFromAWorker_firesOnTheLoop() {
    List<Boolean> onLoop = new ArrayList<>();
    Future<Void> armed =
        lab.vertx.executeBlocking(() -> {
          loop.arm(new Deadlines.Alarm(() -> onLoop.add(loop.here())), 1_000_000);
          return null;
        });
    lab.time.await(armed);
    lab.advance(1);
    assertEquals(List.of(true), onLoop);
  }

  @Test
  void expiryThatThrows_doesNotStopTheOthers() {
    lab.run(() -> {
      loop.arm(
          new Deadlines.Alarm(() -> {
            throw new IllegalStateException("an expiry that throws, on purpose");
          }),
          1_000);
      arm("same", 1_000);
      arm("later", 2_000);
    });
    lab.advance(1);
    assertEquals(List.of("same@1000", "later@2000"), log);
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void purge_takesBackATimerThatServesNobody() {
    lab.run(() -> loop.disarm(arm("never", 3_600_000_000_000L)));
    lab.run(() -> Loop.purge(loop.executor));
    assertEquals(Duration.ZERO, lab.time.runUntilIdle());
    lab.run(() -> arm("kept", 1_000_000));
    lab.run(() -> Loop.purge(loop.executor));
    assertEquals(Duration.ofMillis(1), lab.time.runUntilIdle());
    assertEquals(1, log.size());
  }

  @Test
  void rescheduledDeadline_firesOnceAtItsNewMoment() {
    ProbeCall<String> call =
        lab.on(
            home,
            () -> ProbeCall.start(home, 0, () -> Promise.<String>promise().future()).within(10));
    lab.advance(5);
    lab.on(
        home,
        () -> {
          call.move(20);
          return null;
        });
    lab.advance(19);
    assertEquals(0, call.settled);
    lab.advance(1);
    assertEquals(25, call.atMillis);
    assertFalse(call.error == null);
  }

  @Test
  void deadlineMovedAfterTheCancel_doesNotTouchTheGrace() {
    ProbeCall<Integer> call = stubborn();
    lab.run(() -> call.cancel(new IllegalStateException("enough")));
    lab.run(() -> call.move(3_600_000));
    lab.advance(50);
    assertEquals(1, call.settled);
    assertTrue(call.abandoned);
    assertEquals(50, call.atMillis);
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void deadlineMovedFromElsewhere_whileTheGraceBegins_stillBoundsTheCall() {
    ProbeCall<Integer> call = stubborn();
    lab.run(() -> call.cancel(new IllegalStateException("enough")));
    lab.run(() -> call.within(100)); // what a reschedule does that had not seen the cancel
    lab.advance(149);
    assertEquals(0, call.settled);
    lab.advance(1);
    assertTrue(call.abandoned);
    assertEquals(0, lab.census().deadlines());
  }

  @Test
  void refusedCall_leavesNoDeadline() {
    lab.on(
        home,
        () -> {
          ProbeCall<String> parent =
              ProbeCall.start(home, 0, () -> Future.succeededFuture("settled"));
          return new ProbeCall<String>(home, 0)
              .in(parent, 3_600_000, () -> Promise.<String>promise().future());
        });
    assertEquals(0, lab.census().deadlines());
  }

  /** A call on {@link #home} that listens, does not stop, and has a grace of 50 ms. */
  private ProbeCall<Integer> stubborn() {
    Permits<Integer> never = new Permits<>(lab.kernel, "never", 0, n -> n);
    return lab.on(
        home,
        () ->
            ProbeCall.start(
                home,
                50,
                () ->
                    never
                        .acquire(1, Permits.FOREVER)
                        .eventually(() -> lab.vertx.timer(1, TimeUnit.HOURS))));
  }
}
