package dev.asyncpatterns.queue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.VertxKernel;
import io.vertx.core.Vertx;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The event-bus queues of a Vertx that are open, by name. */
final class BusQueues {
  private static final System.Logger LOG = System.getLogger(WorkQueue.class.getName());

  private final Vertx vertx;
  private final VertxKernel kernel;
  private final Map<String, BusBroker> open = new HashMap<>();

  private BusQueues(Vertx vertx, VertxKernel kernel) {
    this.vertx = vertx;
    this.kernel = kernel;
    try {
      vertx.eventBus().registerCodec(new FrameCodec());
    } catch (IllegalStateException e) {
      // Only when the kernel of this Vertx is made anew, because the Vertx has been closed.
      LOG.log(Level.DEBUG, "the codec is registered", e);
    }
  }

  static BusQueues of(Vertx vertx) {
    VertxKernel kernel = VertxKernel.of(vertx);
    return kernel.shared(BusQueues.class, made -> new BusQueues(vertx, made));
  }

  synchronized BusBroker open(String name, WorkQueue.Options options) {
    Objects.requireNonNull(options, "options");
    if (Contexts.isClosed(Contexts.root(kernel))) {
      throw new ClosedException(name + " cannot be opened: the Vertx is closed");
    }
    BusBroker broker = open.get(name);
    if (broker == null) {
      broker = new BusBroker(this, vertx, kernel, name, options);
      open.put(name, broker);
    } else if (!broker.options.equals(options)) {
      throw new IllegalArgumentException(
          name + " is open with " + broker.options + ", was to be opened with " + options);
    }
    return broker;
  }

  synchronized void forget(BusBroker broker) {
    open.remove(broker.name, broker);
  }
}
