package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.DemoRunner;
import dev.asyncpatterns.demo.Terminal;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Ctrl-C while demos run: what is deployed is undeployed and Vert.x is closed before the JVM ends,
 * with status 130.
 */
final class Interrupt implements AutoCloseable {
  private final Thread hook;
  private volatile boolean happened;

  private Interrupt(DemoRunner runner, Terminal err) {
    hook = new Thread(() -> drain(runner, err), "drain");
  }

  static Interrupt closing(DemoRunner runner, Terminal err) {
    Interrupt interrupt = new Interrupt(runner, err);
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  private void drain(DemoRunner runner, Terminal err) {
    happened = true;
    err.line("Interrupted: undeploying and closing Vert.x ...");
    runner.close();
    err.line("Drained.");
  }

  /**
   * Runs a demo; when the JVM is told to end meanwhile, this never returns: the demo was cut, so
   * nothing is to be said about it, and the JVM ends when the hook is done.
   */
  <T> T guard(Supplier<T> demo) {
    try {
      return demo.get();
    } finally {
      while (happened) {
        LockSupport.park(this);
      }
    }
  }

  @Override
  public void close() {
    if (!happened) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
