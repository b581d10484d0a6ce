package dev.asyncpatterns.demo;

import dev.asyncpatterns.observe.BlockedThreads;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One pattern shown by running it: the wrong way and its damage, then the right way and the proof.
 *
 * <pre>{@code
 * public final class TimeoutDemo extends Demo<TimeoutDemo.Seen> {
 *   record Seen(long failedAfterMillis, boolean serverStillWorking) {}
 *
 *   protected Future<Seen> wrong(Story story) { ... measure the wrong way ... }
 *   protected Future<Seen> right(Story story) { ... measure the right way the same way ... }
 *
 *   protected void problem(Story story, Seen seen) { story.problem("caller failed after %d ms", ...); }
 *   protected void proof(Story story, Seen seen) {
 *     story.fix("caller failed after %d ms", seen.failedAfterMillis());
 *     story.check("the server stops working", !seen.serverStillWorking());
 *   }
 * }
 * }</pre>
 *
 * <p>Semantics: {@link #open}, {@link #wrong}, {@link #problem}, {@link #right}, {@link #proof},
 * {@link #close}. Both ways are measured by the same {@code M}, so the checks of {@code proof} hold
 * for the right way and fail for the wrong one; with {@code sabotage: true} in the configuration
 * the wrong way runs in the right one's place and the story must end as failed. {@code close} runs
 * whatever happened. A failed or thrown step fails the story, and so does a thread blocked during
 * the fix. {@code start()} completes when the story has ended, and fails when it failed. With
 * {@code exit: true} the JVM ends then, with status 0 or 1.
 *
 * <p>Context: every step begins in a turn of its own on the verticle's event loop, wherever the
 * previous one completed. Cancellation and timeouts: a story has no time limit of its own; {@link
 * DemoRunner} gives it one. Errors: {@link FailedException}.
 *
 * @param <M> what is measured of either way, a record as a rule
 */
public abstract class Demo<M> extends VerticleBase {
  private static final String OPEN = "open";
  private static final String PROBLEM = "problem";
  private static final String FIX = "fix";
  private static final String CLOSE = "close";
  private static final long EXIT_PATIENCE_SECONDS = 10;

  private Terminal terminal = Terminal.stdout();
  private volatile @Nullable Telling telling;

  /** One run of the story. */
  private static final class Telling {
    final Captions captions;
    final Story story;
    final BlockedThreads blocked;
    volatile @Nullable Result result;

    Telling(Captions captions, Story story, BlockedThreads blocked) {
      this.captions = captions;
      this.story = story;
      this.blocked = blocked;
    }
  }

  /** How a story ends. */
  public enum Verdict {
    /** Every check on the fix held. */
    PASS,
    /** A check failed, none was made, a step failed, or the fix blocked a thread. */
    FAIL,
    /** Something the demo needs is absent. */
    SKIP
  }

  /**
   * Warnings of the blocked-thread checker.
   *
   * @param problem those of the wrong way
   * @param fix those of the right way, but for threads that the machine had no time for; more than
   *     none fails the story
   */
  public record BlockedWarnings(long problem, long fix) {}

  /**
   * How one story ended.
   *
   * @param id the pattern
   * @param verdict the verdict
   * @param reason why
   * @param millis how long it took
   * @param measured the numbers taken
   * @param blockedWarnings the warnings of the blocked-thread checker
   * @param failedChecks the claims that did not hold
   */
  public record Result(
      String id,
      Verdict verdict,
      String reason,
      long millis,
      Map<String, Object> measured,
      BlockedWarnings blockedWarnings,
      List<String> failedChecks) {

    /** Keeps copies. */
    public Result {
      measured = Collections.unmodifiableMap(new LinkedHashMap<>(measured));
      failedChecks = List.copyOf(failedChecks);
    }

    static Result failed(String id, String reason) {
      BlockedWarnings none = new BlockedWarnings(0, 0);
      return new Result(id, Verdict.FAIL, reason, 0, Map.of(), none, List.of());
    }
  }

  /** The story failed; the message says why. */
  public static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedException(Result result) {
      super(result.id() + ": " + result.reason(), null, false, false);
    }
  }

  /**
   * Prepares what both ways need: servers, clients, files.
   *
   * @param story what to tell and check with
   * @return completes when it is ready
   * @throws Exception fails the story
   */
  protected Future<?> open(Story story) throws Exception {
    return Future.succeededFuture();
  }

  /**
   * Does it the wrong way. At most 500 ms; what overflows a stack belongs into a child JVM.
   *
   * @param story what to tell with
   * @return what was measured; an expected failure is part of that, not a failed future
   * @throws Exception fails the story
   */
  protected abstract Future<M> wrong(Story story) throws Exception;

  /**
   * Says what the wrong way cost, or that it did {@link Story#notReproduced no harm}.
   *
   * @param story what to tell with
   * @param measured what {@link #wrong} gave
   */
  protected abstract void problem(Story story, M measured);

  /**
   * Does it the right way, measured the same way.
   *
   * @param story what to tell and check with
   * @return what was measured
   * @throws Exception fails the story
   */
  protected abstract Future<M> right(Story story) throws Exception;

  /**
   * Says what the right way gave and {@link Story#check checks} it.
   *
   * @param story what to tell and check with
   * @param measured what {@link #right} gave, or {@link #sabotage} when it runs in its place
   */
  protected abstract void proof(Story story, M measured);

  /**
   * What runs in the right way's place under sabotage: the wrong way, unless it needs another shape
   * there.
   *
   * @param story what to tell and check with
   * @return what was measured
   * @throws Exception fails the story
   */
  protected Future<M> sabotage(Story story) throws Exception {
    return wrong(story);
  }

  /**
   * Closes what {@link #open} opened; called also when opening or a later step failed.
   *
   * @param story what to tell with
   * @return completes when all is closed
   * @throws Exception fails the story
   */
  protected Future<?> close(Story story) throws Exception {
    return Future.succeededFuture();
  }

  /**
   * Whether the wrong way blocks an event loop for longer than the checker's limit. Then a story
   * without a warning in its problem says so.
   *
   * @return false unless overridden
   */
  protected boolean blocks() {
    return false;
  }

  /** Tells the story; see the class. */
  @Override
  public final Future<?> start() {
    Captions captions = Captions.of(getClass().getName());
    terminal.line(captions.heading(terminal));
    CpuTimes.shared().enter();
    Telling now =
        new Telling(
            captions, new Story(terminal), BlockedThreads.listen(vertx, OPEN, CpuTimes.shared()));
    telling = now;
    Future<Result> ended =
        tell(now.story, now.blocked)
            .transform(told -> closing(now.story, now.blocked))
            .transform(closed -> Future.succeededFuture(finish(now)));
    if (config().getBoolean("exit", false)) {
      ended.onSuccess(this::exit);
    }
    return ended.compose(end ->
        end.verdict() == Verdict.FAIL
            ? Future.failedFuture(new FailedException(end))
            : Future.succeededFuture());
  }

  private Future<?> tell(Story story, BlockedThreads blocked) {
    boolean sabotaged = config().getBoolean("sabotage", false);
    return step(story, "open", () -> open(story))
        .compose(opened -> {
          blocked.phase(PROBLEM);
          return step(story, "the wrong way", () -> wrong(story));
        })
        .compose(seen -> step(story, "the problem", () -> tellProblem(story, blocked, seen)))
        .compose(told -> {
          blocked.phase(FIX);
          story.allowChecks(sabotaged);
          return step(story, "the fix", () -> sabotaged ? sabotage(story) : right(story));
        })
        .compose(seen -> step(story, "the proof", () -> tellProof(story, seen)));
  }

  private Future<?> tellProblem(Story story, BlockedThreads blocked, M seen) {
    problem(story, seen);
    if (blocks() && all(blocked.stats(PROBLEM)) == 0) {
      story.notReproduced("the blocked-thread checker gave no warning");
    }
    return Future.succeededFuture();
  }

  private Future<?> tellProof(Story story, M seen) {
    proof(story, seen);
    return Future.succeededFuture();
  }

  /** On a busy machine a thread that blocks is starved as well. */
  private static long all(BlockedThreads.Stats seen) {
    return seen.warnings() + seen.starved();
  }

  private Future<?> closing(Story story, BlockedThreads blocked) {
    blocked.phase(CLOSE);
    return step(story, "close", () -> close(story));
  }

  /**
   * Runs a step in a turn of its own and goes on in another: a blocked turn counts in the phase in
   * which it began, so no turn may reach from one phase into the next.
   */
  private <T> Future<T> step(Story story, String name, Callable<Future<T>> body) {
    Promise<T> done = Promise.promise();
    context.runOnContext(turn ->
        attempt(body)
            .onFailure(cause -> story.endedBy(name, cause))
            .onComplete(
                (value, cause) -> context.runOnContext(next -> done.complete(value, cause))));
    return done.future();
  }

  private static <T> Future<T> attempt(Callable<Future<T>> body) {
    try {
      return Objects.requireNonNull(body.call(), "it returned null in place of a future");
    } catch (Throwable thrown) {
      return Future.failedFuture(thrown);
    }
  }

  private Result finish(Telling told) {
    told.blocked.close();
    BlockedWarnings warnings =
        new BlockedWarnings(all(told.blocked.stats(PROBLEM)), told.blocked.warnings(FIX));
    synchronized (told) {
      Result end = told.result;
      if (end == null) {
        end = told.story.end(told.captions.id(), warnings);
        told.result = end;
        CpuTimes.shared().leave();
        if (!told.story.isCut()) {
          terminal.line(told.captions.verdict(end, terminal));
        }
      }
      return end;
    }
  }

  /** Prints to another terminal than standard output; to be called before deployment. */
  final void tellTo(Terminal other) {
    terminal = other;
  }

  /** How the story ended, or null when it goes on. */
  final @Nullable Result result() {
    Telling now = telling;
    return now == null ? null : now.result;
  }

  /** Silences a story that is about to be cut, from any thread. */
  final void cut() {
    Telling now = telling;
    if (now != null) {
      now.story.cut();
    }
  }

  /** Ends a story that does not end by itself, from any thread. */
  final Result giveUp(String why) {
    Telling now = telling;
    if (now == null) {
      return Result.failed(Captions.of(getClass().getName()).id(), why);
    }
    now.story.gaveUp(why);
    return finish(now);
  }

  /** The loop must be free for the JVM's shutdown hooks, so it is not the loop that exits. */
  private void exit(Result end) {
    Thread exit = new Thread(() -> closeAndExit(end.verdict() == Verdict.FAIL ? 1 : 0), "exit");
    context.runOnContext(deployed -> exit.start());
  }

  private void closeAndExit(int status) {
    CountDownLatch closed = new CountDownLatch(1);
    vertx.close().onComplete(done -> closed.countDown());
    try {
      if (!closed.await(EXIT_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("Vert.x did not close in " + EXIT_PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.exit(status);
  }
}
