package dev.asyncpatterns.demo;

import dev.asyncpatterns.kernel.BlockedThreadHook;
import dev.asyncpatterns.observe.AllowBlocking;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Demos that go wrong in one way each, to prove that the harness notices. */
public final class Fakes {
  /** What the fakes of {@link Closing} did. */
  static final List<String> SEEN = new CopyOnWriteArrayList<>();

  /** The Vert.x instances that fakes ran on. */
  static final Set<Vertx> RAN_ON = ConcurrentHashMap.newKeySet();

  private Fakes() {}

  /** What a demo should be: the right way holds, the wrong one does not. */
  public static class Honest extends Demo<Integer> {
    @Override
    protected Future<?> open(Story story) {
      RAN_ON.add(vertx);
      return Future.succeededFuture();
    }

    @Override
    // @start region="wrong"
    protected Future<Integer> wrong(Story story) {
      return Future.succeededFuture(2);
    }

    // @end

    @Override
    protected void problem(Story story, Integer measured) {
      story.problem("it is %d", measured);
    }

    @Override
    // @start region="right"
    protected Future<Integer> right(Story story) {
      return Future.succeededFuture(1);
    }

    // @end

    @Override
    protected void proof(Story story, Integer measured) {
      story.fix("it is %d", measured);
      story.measured("value", measured);
      story.check("it is 1", measured == 1, measured);
    }
  }

  /** A check does not hold. */
  public static final class FailingCheck extends Honest {
    @Override
    protected Future<Integer> right(Story story) {
      return Future.succeededFuture(3);
    }
  }

  /** Checks nothing. */
  public static final class NoCheck extends Honest {
    @Override
    protected void proof(Story story, Integer measured) {}
  }

  /** Makes its check on the problem. */
  public static final class ChecksTheProblem extends Honest {
    @Override
    protected void problem(Story story, Integer measured) {
      story.check("it is 2", measured == 2);
    }
  }

  /** Has the same numbers either way, so that nothing can fail it. */
  public static final class CannotFail extends Honest {
    @Override
    protected Future<Integer> wrong(Story story) {
      return Future.succeededFuture(1);
    }
  }

  /** Throws in the fix. */
  public static final class Throws extends Honest {
    @Override
    protected Future<Integer> right(Story story) {
      throw new IllegalStateException("thrown in the fix");
    }
  }

  /** Fails the future of the problem. */
  public static final class FailsInProblem extends Honest {
    @Override
    protected Future<Integer> wrong(Story story) {
      return Future.failedFuture(new IllegalStateException("failed in the problem"));
    }
  }

  /** Returns null. */
  public static final class NullFuture extends Honest {
    @Override
    @SuppressWarnings("NullAway") // on purpose
    protected Future<Integer> right(Story story) {
      return null;
    }
  }

  /** Never ends, and has deployed a verticle that says when it is undeployed. */
  public static final class Hangs extends Honest {
    @Override
    protected Future<Integer> right(Story story) {
      return vertx.deployVerticle(new Child()).compose(deployed -> hang(story));
    }

    private static Future<Integer> hang(Story story) {
      story.fix("waiting for nothing");
      return Promise.<Integer>promise().future();
    }
  }

  private static final class Child extends VerticleBase {
    @Override
    public Future<?> stop() {
      System.out.println("child undeployed");
      return Future.succeededFuture();
    }
  }

  /** Blocks its loop in the fix, until the checker has warned. */
  public static final class BlocksFix extends Honest {
    @Override
    protected Future<Integer> right(Story story) {
      blockUntilWarned(vertx);
      return Future.succeededFuture(1);
    }
  }

  /** Blocks its loop in the problem, as it says. */
  public static final class BlocksProblem extends Honest {
    @Override
    protected Future<Integer> wrong(Story story) {
      blockUntilWarned(vertx);
      return Future.succeededFuture(2);
    }

    @Override
    protected boolean blocks() {
      return true;
    }
  }

  /** Says it blocks in the problem, and does not. */
  public static final class BlocksNoMore extends Honest {
    @Override
    protected boolean blocks() {
      return true;
    }
  }

  /** Needs something absent. */
  public static final class Skips extends Honest {
    @Override
    protected Future<Integer> right(Story story) {
      throw story.skip("needs Java 99");
    }
  }

  /** Opens and closes, and fails in between. */
  public static final class Closing extends Honest {
    @Override
    protected Future<?> open(Story story) {
      SEEN.add("open");
      return Future.succeededFuture();
    }

    @Override
    protected Future<Integer> right(Story story) {
      SEEN.add("right");
      return Future.failedFuture("no");
    }

    @Override
    protected Future<?> close(Story story) {
      SEEN.add("close");
      return Future.failedFuture("close broke");
    }
  }

  /** Has no constructor without arguments. */
  public static final class NotCreatable extends Honest {
    NotCreatable(int unused) {}
  }

  @AllowBlocking(reason = "the blocked-thread checker is to warn")
  private static void blockUntilWarned(Vertx vertx) {
    CountDownLatch warned = new CountDownLatch(1);
    // Added after the demo's own listener, so that one has counted when this one is told.
    Runnable leave = BlockedThreadHook.add(vertx, event -> warned.countDown());
    try {
      if (!warned.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the checker did not warn");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      leave.run();
    }
  }
}
