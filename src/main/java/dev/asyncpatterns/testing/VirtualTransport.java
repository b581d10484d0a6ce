package dev.asyncpatterns.testing;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.vertx.core.spi.transport.Transport;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * The NIO transport with loops on a {@link VirtualClock}. The transport interface differs between
 * Vert.x 5.0 and 5.2; a proxy names only the one method it replaces, so one source serves both.
 */
final class VirtualTransport {
  private final VirtualClock clock;
  private final List<VirtualLoop> loops = new CopyOnWriteArrayList<>();
  private final Transport nio = io.vertx.core.transport.Transport.NIO.implementation();

  VirtualTransport(VirtualClock clock) {
    this.clock = clock;
  }

  /** Every loop made so far, also the acceptor's. */
  List<VirtualLoop> loops() {
    return loops;
  }

  Transport proxy() {
    return (Transport)
        Proxy.newProxyInstance(
            Transport.class.getClassLoader(),
            new Class<?>[] {Transport.class},
            (proxy, method, args) -> {
              if (method.getName().equals("eventLoopGroup")) {
                return new Group((int) args[1], (ThreadFactory) args[2], this);
              }
              try {
                return method.invoke(nio, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static final class Group extends MultiThreadIoEventLoopGroup {
    // newChild runs inside super(..), before any field of ours: the owner travels in the arguments.
    Group(int threads, ThreadFactory factory, VirtualTransport owner) {
      super(threads, factory, owner.nio.ioHandlerFactory(), owner);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... args) {
      VirtualTransport owner = (VirtualTransport) args[0];
      VirtualLoop loop = new VirtualLoop(this, executor, handlers, owner.clock);
      owner.loops.add(loop);
      return loop;
    }
  }
}
