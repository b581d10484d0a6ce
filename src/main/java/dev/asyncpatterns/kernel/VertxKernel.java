package dev.asyncpatterns.kernel;

import dev.asyncpatterns.ClosedException;
import io.netty.channel.EventLoop;
import io.vertx.core.Closeable;
import io.vertx.core.Completable;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * What the kernel keeps per Vertx: its loops, the context of callers that have none, the registry
 * of named objects, and the hook that fails every wait when the Vertx closes.
 */
public final class VertxKernel implements Closeable {
  private static final Map<VertxInternal, VertxKernel> ALL = new ConcurrentHashMap<>();

  final Scope root = new SharedRoot();
  private final Registry registry = new Registry(this);
  private final ContextInternal rootContext;
  private final Map<EventLoop, Loop> loops = new ConcurrentHashMap<>();
  private final Map<Class<?>, Object> shared = new ConcurrentHashMap<>();

  private VertxKernel(VertxInternal vertx) {
    ScopeStorage.check(vertx);
    rootContext = vertx.createEventLoopContext();
  }

  /**
   * The kernel of a Vertx, made at the first call.
   *
   * @throws IllegalStateException when our service was not found when the Vertx was built; the
   *     message names the cure
   */
  public static VertxKernel of(Vertx vertx) {
    VertxKernel kernel = ALL.get(vertx);
    return kernel != null ? kernel : create((VertxInternal) vertx);
  }

  private static VertxKernel create(VertxInternal vertx) {
    VertxKernel made = new VertxKernel(vertx);
    VertxKernel first = ALL.putIfAbsent(vertx, made);
    if (first != null) {
      return first;
    }
    if (!vertx.closeFuture().add(made)) {
      ALL.remove(vertx, made);
      made.root.cancel(closedException());
    }
    return made;
  }

  private static ClosedException closedException() {
    return new ClosedException("Vertx is closed: nothing can wait on it any more");
  }

  /** The registry of this Vertx. */
  public Registry registry() {
    return registry;
  }

  /** The one object of this type that is kept per Vertx, made at the first call. */
  public <T> T shared(Class<T> type, Function<VertxKernel, T> make) {
    Object found = shared.get(type);
    return type.cast(
        found != null ? found : shared.computeIfAbsent(type, missing -> make.apply(this)));
  }

  /** A fresh duplicate of the one context for callers without any: no scope, no locals. */
  public ContextInternal rootDuplicate() {
    return rootContext.duplicate();
  }

  Loop loop(EventLoop executor) {
    Loop loop = loops.get(executor);
    if (loop != null) {
      return loop;
    }
    loop = loops.computeIfAbsent(executor, e -> new Loop(e, this));
    Throwable closed = root.reason();
    if (closed != null) {
      Loop late = loop;
      loop.executeIfAlive(() -> late.root.cancel(closed));
    }
    return loop;
  }

  /** The loops used so far, in no order. */
  List<Loop> loops() {
    return List.copyOf(loops.values());
  }

  /** Called by Vert.x when it closes, before it undeploys verticles. */
  @Override
  public void close(Completable<Void> completion) {
    ALL.values().remove(this);
    ClosedException why = closedException();
    root.cancel(why);
    VarHandle.fullFence(); // a loop made meanwhile is found below, or finds the reason
    List<Loop> open = loops();
    AtomicInteger left = new AtomicInteger(open.size() + 1);
    Runnable one =
        () -> {
          if (left.decrementAndGet() == 0) {
            completion.succeed();
          }
        };
    open.forEach(loop -> loop.close(why, one));
    one.run();
  }

  /** The scope of waits that have none and were not begun on an event loop. */
  private static final class SharedRoot extends Scope {
    @Override
    protected void stopping(Throwable why, boolean listened) {}
  }
}
