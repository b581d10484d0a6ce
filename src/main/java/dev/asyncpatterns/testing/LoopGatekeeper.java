package dev.asyncpatterns.testing;

import io.vertx.core.impl.VertxThread;
import java.security.Permission;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Sees, on JDK 17, what the flight recorder has no event for: looking up files and names,
 * connecting, starting a process. It permits everything. Later JDKs let no security manager be set;
 * JDK 25 traces the same calls.
 */
@SuppressWarnings("removal")
final class LoopGatekeeper extends SecurityManager {
  private static final int LAST_JDK = 17;

  private final Consumer<Incident> seen;

  private LoopGatekeeper(Consumer<Incident> seen) {
    this.seen = seen;
  }

  /** Stands at the gate where the JDK permits it and nobody else does. */
  static void post(Consumer<Incident> seen) {
    boolean isDisallowed = "disallow".equals(System.getProperty("java.security.manager"));
    if (Runtime.version().feature() <= LAST_JDK
        && System.getSecurityManager() == null
        && !isDisallowed) {
      System.setSecurityManager(new LoopGatekeeper(seen));
    }
  }

  /** Leaves the gate, when it was here. */
  static void leave() {
    if (System.getSecurityManager() instanceof LoopGatekeeper) {
      System.setSecurityManager(null);
    }
  }

  @Override
  public void checkPermission(Permission permission) {
    // All is permitted.
  }

  @Override
  public void checkPermission(Permission permission, Object context) {
    // All is permitted.
  }

  @Override
  public void checkRead(String file) {
    passes(Incident.Kind.FILE_NAME);
  }

  @Override
  public void checkWrite(String file) {
    passes(Incident.Kind.FILE_NAME);
  }

  @Override
  public void checkDelete(String file) {
    passes(Incident.Kind.FILE_NAME);
  }

  @Override
  public void checkConnect(String host, int port) {
    passes(port < 0 ? Incident.Kind.NAME : Incident.Kind.SOCKET);
  }

  @Override
  public void checkExec(String command) {
    passes(Incident.Kind.PROCESS);
  }

  private void passes(Incident.Kind kind) {
    if (Thread.currentThread() instanceof VertxThread loop && !loop.isWorker()) {
      List<StackTraceElement> stack = Arrays.asList(new Throwable().getStackTrace());
      // Our own frames, and those of this class above them, are no part of the call.
      int from = 0;
      while (stack.get(from).getClassName().equals(LoopGatekeeper.class.getName())) {
        from++;
      }
      List<StackTraceElement> call = Incident.plain(stack.subList(from, stack.size()));
      seen.accept(
          new Incident(loop.getId(), loop.getName(), null, System.nanoTime(), 0, kind, call));
    }
  }
}
