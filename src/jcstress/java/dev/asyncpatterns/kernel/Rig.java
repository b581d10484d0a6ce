package dev.asyncpatterns.kernel;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.EventExecutor;
import io.vertx.core.internal.VertxInternal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What the interleaving tests share: contexts whose tasks run only when an arbiter or an actor says
 * so, and the outcome of a wait as a number.
 */
public final class Rig {
  /** Still waiting. */
  static final int WAITS = 0;

  /** Got what it waited for. */
  static final int GOT = 1;

  /** Gave up. */
  static final int FAILED = -1;

  static final Throwable CANCEL = new IllegalStateException("cancelled");

  /** One for all: its loops run what is delivered, which no outcome here waits for. */
  public static final Vertx VERTX = Vertx.vertx(new VertxOptions().setUseDaemonThread(true));

  static final VertxKernel KERNEL = VertxKernel.of(VERTX);
  private static final ContextInternal REAL = ((VertxInternal) VERTX).createEventLoopContext();

  /** The tasks of this rig's context; the threads of a test run them when they want to. */
  final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  final Scope scope = new PlainScope();
  final ContextInternal context =
      (ContextInternal)
          Proxy.newProxyInstance(
              Rig.class.getClassLoader(),
              new Class<?>[] {ContextInternal.class},
              (proxy, method, args) -> {
                switch (method.getName()) {
                  case "isEventLoopContext":
                    return false;
                  case "executor":
                    return new Later();
                  default:
                    try {
                      return method.invoke(REAL, args);
                    } catch (InvocationTargetException e) {
                      throw e.getTargetException();
                    }
                }
              });

  Permits<Integer> permits(int free) {
    return new Permits<>(KERNEL, "p", free, n -> n);
  }

  Future<Integer> acquire(Permits<Integer> permits, int n) {
    return permits.acquire(context, scope, n, Permits.FOREVER);
  }

  /** The wait begun last in this rig's scope. */
  Waiter<?> last() {
    return (Waiter<?>) scope.members().get(0);
  }

  /** Runs every task there is, and those they bring. */
  void drain() {
    for (Runnable task; (task = tasks.poll()) != null; ) {
      task.run();
    }
  }

  static int outcome(Future<?> wait) {
    if (!wait.isComplete()) {
      return WAITS;
    }
    return wait.succeeded() ? GOT : FAILED;
  }

  private final class Later implements EventExecutor {
    @Override
    public boolean inThread() {
      return false;
    }

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }
  }

  private static final class PlainScope extends Scope {
    @Override
    protected void stopping(Throwable why, boolean listened) {}
  }
}
