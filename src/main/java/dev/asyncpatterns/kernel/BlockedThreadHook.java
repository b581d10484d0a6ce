package dev.asyncpatterns.kernel;

import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.internal.threadchecker.BlockedThreadChecker;
import io.vertx.core.internal.threadchecker.BlockedThreadEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Lets several listeners hear the blocked-thread checker of one Vert.x, which itself takes a single
 * handler and stops logging once it has one.
 *
 * <p>Each event is first logged exactly as Vert.x logs it (same logger, same text, same threshold
 * for the stack trace) and then given to the listeners, on the checker's own timer thread. When the
 * last listener leaves, the checker gets its own default handler back; a handler that somebody else
 * had set before the first listener came cannot be read and is not restored.
 */
public final class BlockedThreadHook {
  private static final Logger VERTX_LOG = LoggerFactory.getLogger(BlockedThreadChecker.LOGGER_NAME);
  private static final System.Logger LOG = System.getLogger(BlockedThreadHook.class.getName());
  private static final Map<BlockedThreadChecker, BlockedThreadHook> HOOKS = new WeakHashMap<>();

  private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();

  private BlockedThreadHook() {}

  /**
   * One warning of the checker.
   *
   * @param thread the blocked thread
   * @param blocked how long it has been blocked so far
   * @param limit the limit it went over
   * @param began when the blocked turn began, as {@link System#nanoTime} counts
   * @param stack where it stood when the warning was given; empty when it had just ended
   */
  public record Event(
      Thread thread, Duration blocked, Duration limit, long began, List<StackTraceElement> stack) {}

  /**
   * Adds a listener to the checker of this Vert.x.
   *
   * @param vertx the Vert.x whose threads are watched
   * @param listener called on the checker's thread; must be quick; what it throws is logged
   * @return removes the listener; running it again does nothing
   */
  public static Runnable add(Vertx vertx, Consumer<Event> listener) {
    BlockedThreadChecker checker = ((VertxInternal) vertx).blockedThreadChecker();
    // A wrapper, so that each registration is an object of its own and leaves alone.
    Consumer<Event> own = event -> listener.accept(event);
    synchronized (HOOKS) {
      BlockedThreadHook hook = HOOKS.computeIfAbsent(checker, c -> new BlockedThreadHook());
      hook.listeners.add(own);
      checker.setThreadBlockedHandler(hook::handle);
    }
    return () -> remove(checker, own);
  }

  private static void remove(BlockedThreadChecker checker, Consumer<Event> own) {
    synchronized (HOOKS) {
      BlockedThreadHook hook = HOOKS.get(checker);
      if (hook != null && hook.listeners.remove(own) && hook.listeners.isEmpty()) {
        HOOKS.remove(checker);
        checker.setThreadBlockedHandler(null);
      }
    }
  }

  private void handle(BlockedThreadEvent blocked) {
    long began = System.nanoTime() - blocked.duration();
    StackTraceElement[] stack = blocked.thread().getStackTrace();
    log(blocked, stack);
    Event event =
        new Event(
            blocked.thread(),
            Duration.ofNanos(blocked.duration()),
            Duration.ofNanos(blocked.maxExecTime()),
            began,
            List.of(stack));
    for (Consumer<Event> listener : listeners) {
      tell(listener, event);
    }
  }

  private static void tell(Consumer<Event> listener, Event event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      // An exception would end the checker's timer, and with it every later warning.
      LOG.log(System.Logger.Level.ERROR, "A blocked-thread listener failed", e);
    }
  }

  private static void log(BlockedThreadEvent blocked, StackTraceElement[] stack) {
    String message =
        "Thread %s has been blocked for %d ms, time limit is %d ms"
            .formatted(
                blocked.thread().getName(),
                blocked.duration() / 1_000_000,
                blocked.maxExecTime() / 1_000_000);
    if (blocked.duration() <= blocked.warningExceptionTime()) {
      VERTX_LOG.warn(message);
    } else {
      VertxException where = new VertxException("Thread blocked");
      where.setStackTrace(stack);
      VERTX_LOG.warn(message, where);
    }
  }
}
