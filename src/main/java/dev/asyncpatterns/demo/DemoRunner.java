package dev.asyncpatterns.demo;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs demos one after the other on one Vert.x whose blocked-thread checker is tight.
 *
 * <p>Semantics: The first demo is preceded by a warm-up, unmeasured, on a Vert.x of its own. A demo
 * that does not end within the time limit fails, and the next one gets a fresh Vert.x.
 *
 * <p>Context: blocks the calling thread, so it refuses Vert.x threads. Not for several threads at
 * once, except {@link #close}, which any thread may call to interrupt a demo. Cost: the warm-up,
 * about half a second.
 */
public final class DemoRunner implements AutoCloseable {
  /** How long a demo may take. */
  public static final Duration TIME_LIMIT = Duration.ofSeconds(20);

  private static final long UNCHECKED_MILLIS = Duration.ofDays(1).toMillis();
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final DemoSettings settings;
  private final Terminal terminal;
  private final Duration limit;
  private @Nullable Vertx vertx;
  private @Nullable Demo<?> running;
  private boolean warmedUp;
  private boolean closed;

  private DemoRunner(DemoSettings settings, Terminal terminal, Duration limit) {
    this.settings = settings;
    this.terminal = terminal;
    this.limit = limit;
  }

  /**
   * Creates a runner.
   *
   * @param settings the options of Vert.x and of each demo
   * @param terminal where the stories are told
   * @return the runner; close it
   */
  public static DemoRunner create(DemoSettings settings, Terminal terminal) {
    return create(settings, terminal, TIME_LIMIT);
  }

  /**
   * Creates a runner with another time limit.
   *
   * @param settings the options of Vert.x and of each demo
   * @param terminal where the stories are told
   * @param limit how long a demo may take, more than zero
   * @return the runner; close it
   */
  public static DemoRunner create(DemoSettings settings, Terminal terminal, Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("limit must be more than zero, was " + limit);
    }
    return new DemoRunner(settings, terminal, limit);
  }

  /**
   * Runs the demo of a pattern.
   *
   * @param row the pattern
   * @param sabotage whether the wrong way runs in the fix's place
   * @return how it ended
   */
  public Demo.Result run(Catalog.Row row, boolean sabotage) {
    return run(row.demo(), settings.of(row.id()), sabotage);
  }

  /**
   * Runs a demo.
   *
   * @param demo full name of the demo, which needs a constructor without arguments
   * @param config its configuration
   * @param sabotage whether the wrong way runs in the fix's place
   * @return how it ended
   */
  public Demo.Result run(String demo, JsonObject config, boolean sabotage) {
    try {
      Object created = Class.forName(demo).getDeclaredConstructor().newInstance();
      return run((Demo<?>) created, config, sabotage);
    } catch (ReflectiveOperationException | ClassCastException | LinkageError e) {
      return Demo.Result.failed(Captions.of(demo).id(), "the demo cannot be created: " + e);
    }
  }

  private Demo.Result run(Demo<?> demo, JsonObject config, boolean sabotage) {
    if (Vertx.currentContext() != null) {
      throw new IllegalStateException("A runner blocks its caller, and this is a Vert.x thread");
    }
    Vertx on = warmVertx();
    demo.tellTo(terminal);
    running(demo);
    try {
      return result(demo, on, config.copy().put("sabotage", sabotage));
    } finally {
      running(null);
    }
  }

  private Demo.Result result(Demo<?> demo, Vertx on, JsonObject config) {
    Future<String> deployed = on.deployVerticle(demo, new DeploymentOptions().setConfig(config));
    if (!ended(deployed, limit)) {
      Demo.Result hung = demo.giveUp("still running after " + limit.toMillis() + " ms");
      discard(on);
      return hung;
    }
    if (deployed.succeeded()) {
      ended(on.undeploy(deployed.result()), CLOSE_LIMIT);
    }
    Demo.Result result = demo.result();
    return result != null ? result : demo.giveUp("its deployment failed: " + deployed.cause());
  }

  private synchronized void running(@Nullable Demo<?> demo) {
    running = demo;
  }

  private synchronized Vertx warmVertx() {
    if (closed) {
      throw new IllegalStateException("This runner is closed");
    }
    Vertx warm = vertx;
    if (warm == null) {
      warmUp();
      warm = Vertx.vertx(settings.vertxOptions());
      vertx = warm;
    }
    return warm;
  }

  /** Loads classes once, on a Vert.x whose checker does not look: loading may take its time. */
  private void warmUp() {
    if (!warmedUp) {
      warmedUp = true;
      Vertx cold = Vertx.vertx(new VertxOptions().setBlockedThreadCheckInterval(UNCHECKED_MILLIS));
      Future<?> warm = WarmUp.on(cold);
      boolean done = ended(warm, TIME_LIMIT);
      ended(cold.close(), CLOSE_LIMIT);
      if (!done || warm.failed()) {
        String why =
            done ? "failed: " + warm.cause() : "did not end in " + TIME_LIMIT.toSeconds() + " s";
        throw new IllegalStateException("The warm-up " + why, warm.cause());
      }
    }
  }

  /** A demo that hangs may hold a loop, so what it ran on is not used again. */
  private void discard(Vertx used) {
    synchronized (this) {
      vertx = null;
    }
    ended(used.close(), CLOSE_LIMIT);
  }

  /**
   * Undeploys what is deployed and closes Vert.x; returns at the latest after 5 s. A demo that is
   * running says nothing more, and fails.
   */
  @Override
  public void close() {
    Vertx last;
    synchronized (this) {
      closed = true;
      if (running != null) {
        running.cut();
      }
      last = vertx;
      vertx = null;
    }
    if (last != null) {
      ended(last.close(), CLOSE_LIMIT);
    }
  }

  private static boolean ended(Future<?> future, Duration limit) {
    CountDownLatch latch = new CountDownLatch(1);
    future.onComplete(done -> latch.countDown());
    try {
      return latch.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
