package dev.asyncpatterns.testing;

import static java.util.concurrent.TimeUnit.HOURS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.sync.AsyncSemaphore;
import dev.asyncpatterns.sync.AsyncSemaphore.Permit;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Test classes run by {@link VirtualTimeExtensionTest}, some of which must fail; no build runs them
 * itself.
 */
final class ExtensionSamples {
  static final List<Vertx> SEEN = new ArrayList<>();

  static final List<Object> KEPT = new ArrayList<>();

  private ExtensionSamples() {}

  @ExtendWith(VirtualTimeExtension.class)
  static class Alone {
    @BeforeEach
    void before(VirtualTime time, Vertx vertx, VertxTestContext test) {
      SEEN.add(vertx);
      assertEquals(Duration.ZERO, time.now());
      vertx.timer(1, HOURS).onComplete(test.succeedingThenComplete());
    }

    @Test
    void awaits(VirtualTime time, Vertx vertx) {
      SEEN.add(vertx);
      assertSame(time.vertx(), vertx);
      assertEquals(Duration.ofHours(1), time.now());
      assertEquals("x", time.await(vertx.timer(1, HOURS).map("x")));
    }

    @Test
    void completesContexts(VirtualTime time, Vertx vertx, VertxTestContext test) {
      SEEN.add(vertx);
      vertx
          .timer(6, HOURS)
          .onComplete(
              test.succeeding(v -> {
                test.verify(() -> assertEquals(Duration.ofHours(7), time.now()));
                test.completeNow();
              }));
    }

    @AfterEach
    void after(VirtualTime time, VertxTestContext test) {
      time.vertx().timer(1, HOURS).onComplete(test.succeedingThenComplete());
    }
  }

  static void besideVertxExtension(VirtualTime time, Vertx vertx, VertxTestContext test) {
    SEEN.add(vertx);
    assertSame(time.vertx(), vertx);
    vertx
        .timer(3, HOURS)
        .onComplete(
            test.succeeding(v -> {
              test.verify(() -> assertEquals(Duration.ofHours(3), time.now()));
              test.completeNow();
            }));
  }

  @ExtendWith({VertxExtension.class, VirtualTimeExtension.class})
  static class After {
    @Test
    void inBody(VirtualTime time, Vertx vertx, VertxTestContext test) {
      besideVertxExtension(time, vertx, test);
    }

    @Test
    void vertxFirst(Vertx vertx, VirtualTime time, VertxTestContext test) {
      besideVertxExtension(time, vertx, test);
    }

    @Nested
    class Inner {
      @Test
      void nested(Vertx vertx, VertxTestContext test, VirtualTime time) {
        besideVertxExtension(time, vertx, test);
      }
    }
  }

  @ExtendWith({VirtualTimeExtension.class, VertxExtension.class})
  static class Before {
    @BeforeEach
    void before(Vertx vertx, VertxTestContext test) {
      SEEN.add(vertx);
      vertx.timer(1, TimeUnit.MILLISECONDS).onComplete(test.succeedingThenComplete());
    }

    @Test
    void inBody(VirtualTime time, Vertx vertx, VertxTestContext test) {
      assertSame(time.vertx(), vertx);
      vertx.timer(3, HOURS).onComplete(test.succeedingThenComplete());
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void onAnotherThread(VirtualTime time, Vertx vertx, VertxTestContext test) {
      long until = System.nanoTime() + 20_000_000;
      vertx.setTimer(1, id -> {});
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      assertTrue(time.now().toMillis() <= 1, "time stands still while this thread runs");
      vertx.timer(3, HOURS).onComplete(test.succeedingThenComplete());
    }
  }

  @ExtendWith(VertxExtension.class)
  static class InField {
    @RegisterExtension
    final VirtualTimeExtension virtual =
        VirtualTimeExtension.create(() -> new VertxOptions().setEventLoopPoolSize(2));

    @Test
    void inBody(VirtualTime time, Vertx vertx, VertxTestContext test) {
      long loops = 0;
      for (var loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
        loops++;
      }
      assertEquals(2, loops);
      besideVertxExtension(time, vertx, test);
    }
  }

  @ExtendWith(VirtualTimeExtension.class)
  static class OtherInField {
    @RegisterExtension final VertxExtension real = new VertxExtension();

    @Test
    void inBody(VirtualTime time, Vertx vertx, VertxTestContext test) {
      besideVertxExtension(time, vertx, test);
    }
  }

  @ExtendWith({VirtualTimeExtension.class, VertxExtension.class})
  static class SharedByTheClass {
    @BeforeAll
    static void before(Vertx vertx, VertxTestContext test) {
      SEEN.add(vertx);
      vertx.timer(1, HOURS).onComplete(test.succeedingThenComplete());
    }

    @Test
    void one(VirtualTime time, Vertx vertx) {
      assertSame(SEEN.get(0), vertx);
      assertSame(vertx, time.vertx());
      time.await(vertx.timer(1, HOURS));
      assertEquals(Duration.ofHours(2), time.now());
    }
  }

  @ExtendWith(VirtualTimeExtension.class)
  static class Hopeless {
    @Test
    void neverFlagged(Vertx vertx, VertxTestContext test) {
      test.checkpoint();
      vertx.setTimer(1_000, id -> {});
    }

    @Test
    void failing(Vertx vertx, VertxTestContext test) {
      vertx
          .timer(1, HOURS)
          .compose(v -> Future.failedFuture("boom"))
          .onComplete(test.succeedingThenComplete());
    }
  }

  @ExtendWith(VertxExtension.class)
  static class RealTimeFirst {
    private static Vertx real;

    @BeforeAll
    static void real(Vertx vertx) {
      real = vertx;
    }

    @Test
    @ExtendWith(VirtualTimeExtension.class)
    void virtualLater(VirtualTime time) {
      assertFalse(time.vertx() == real);
    }
  }

  @ExtendWith({LeakCheck.class, VirtualTimeExtension.class})
  static class Leaking {
    @Test
    void clean(VirtualTime time) {
      time.call(() -> Delay.of(Duration.ofHours(1)));
    }

    @Test
    void leavesATimer(Vertx vertx) {
      vertx.setTimer(3_600_000, id -> {});
    }

    @Test
    void failsByItself(Vertx vertx) {
      vertx.setTimer(3_600_000, id -> {});
      throw new IllegalStateException("its own failure");
    }
  }

  @ExtendWith({VertxExtension.class, LeakCheck.class})
  static class LeakingOnRealTime {
    @Test
    void leavesAPermit(Vertx vertx) {
      KEPT.add(AsyncSemaphore.create(vertx, "db", 1).tryAcquire().orElseThrow());
    }

    @Test
    void endsAWhileLater(Vertx vertx) {
      Permit permit = AsyncSemaphore.create(vertx, "db", 1).tryAcquire().orElseThrow();
      vertx.setTimer(50, id -> permit.release());
    }
  }
}
