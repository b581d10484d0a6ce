package dev.asyncpatterns.queue;

import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.queue.Frame.Kind;
import dev.asyncpatterns.queue.WorkQueue.ConsumerOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The side of an event-bus queue that does the jobs. It ends in one of two ways:
 *
 * <pre>
 *   close()    LEAVING ... replied, and the handlers have ended ... GONE ... replied: unregister
 *   undeploy   handlers cancelled,                                  GONE ... replied: unregister
 * </pre>
 *
 * Whatever the broker had sent and heard no answer about goes to others at GONE.
 */
final class BusConsumer<T> implements WorkQueue.Consumer {
  private static final System.Logger LOG = System.getLogger(BusConsumer.class.getName());

  private final BusBroker broker;
  private final JobCodec<T> codec;
  private final Function<Job<T>, ? extends Future<?>> handler;
  private final int concurrency;
  private final long grace;
  private final Context context;
  private final String address;
  private final Set<BusHandling<T>> running = new HashSet<>();

  /** One until it is gone. */
  private final Outstanding present;

  private @Nullable MessageConsumer<Frame> ear;
  private @Nullable Runnable leaveVerticle;
  private boolean closing;
  private boolean left;
  private boolean going;

  BusConsumer(
      BusBroker broker,
      JobCodec<T> codec,
      ConsumerOptions options,
      Function<Job<T>, ? extends Future<?>> handler) {
    this.broker = broker;
    this.codec = codec;
    this.handler = handler;
    this.concurrency = options.concurrency();
    this.grace = Durations.nanos(options.grace());
    this.context = Contexts.detached(Contexts.caller(broker.kernel));
    this.address = broker.newConsumer();
    this.present = new Outstanding(broker.kernel, address);
    present.add();
  }

  BusConsumer<T> open() {
    MessageConsumer<Frame> registered =
        Contexts.as(
            context, () -> broker.vertx.eventBus().<Frame>localConsumer(address, this::heard));
    synchronized (this) {
      ear = registered;
    }
    tell(Frame.of(Kind.HELLO, address, concurrency));
    Runnable leave = Contexts.onClose(context, this::abort);
    synchronized (this) {
      leaveVerticle = leave;
    }
    return this;
  }

  Context context() {
    return context;
  }

  long graceNanos() {
    return grace;
  }

  private void heard(Message<Frame> message) {
    Frame frame = message.body();
    if (frame.kind() == Kind.CLOSED) {
      leave();
    } else {
      take(frame);
    }
  }

  private void take(Frame frame) {
    BusHandling<T> handling = new BusHandling<>(this, frame);
    boolean taken;
    synchronized (this) {
      taken = !closing && running.add(handling);
    }
    if (taken) {
      handling.begin();
    } else {
      tell(frame.answer(Kind.RETURNED, ""));
    }
  }

  @SuppressWarnings("unchecked") // the value is not looked at
  Future<Object> handle(Frame frame) {
    T payload = codec.decode().apply(frame.payload());
    Job<T> job = new Job<>(Long.toString(frame.job()), payload, frame.number());
    return (Future<Object>) handler.apply(job);
  }

  void ended(BusHandling<T> handling, Frame answer) {
    synchronized (this) {
      running.remove(handling);
    }
    tell(answer);
    goWhenDone();
  }

  private void tell(Frame frame) {
    if (!broker.isSilent()) {
      Contexts.as(
          context, () -> broker.vertx.eventBus().send(broker.address, frame, BusBroker.LOCAL));
    }
  }

  /** A broker that is closed has no ear any more: that is an answer as well. */
  private Future<Void> ask(Kind kind) {
    if (broker.isSilent()) {
      return Future.succeededFuture();
    }
    Frame frame = Frame.of(kind, address, 0);
    return Contexts.as(
            context, () -> broker.vertx.eventBus().request(broker.address, frame, BusBroker.LOCAL))
        .transform((reply, unheard) -> Future.succeededFuture());
  }

  @Override
  public Future<Void> close() {
    leave();
    return present.none(Permits.FOREVER);
  }

  private void leave() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    ask(Kind.LEAVING)
        .onComplete((told, never) -> {
          synchronized (this) {
            left = true;
          }
          goWhenDone();
        });
  }

  private void goWhenDone() {
    synchronized (this) {
      if (!left || going || !running.isEmpty()) {
        return;
      }
      going = true;
    }
    go().onFailure(e -> LOG.log(Level.DEBUG, "the broker was not told of a consumer's end", e));
  }

  /** The verticle has stopped: what its handlers do now cannot be relied on. */
  private Future<Void> abort() {
    List<BusHandling<T>> cut;
    synchronized (this) {
      if (going) {
        return Future.succeededFuture();
      }
      closing = true;
      going = true;
      cut = List.copyOf(running);
    }
    CancellationException why =
        new CancellationException("the verticle that consumed " + broker.name + " was undeployed");
    cut.forEach(handling -> handling.cancel(why));
    return go();
  }

  private Future<Void> go() {
    return ask(Kind.GONE)
        .onComplete((told, never) -> {
          MessageConsumer<Frame> deaf;
          Runnable leave;
          synchronized (this) {
            deaf = ear;
            leave = leaveVerticle;
          }
          if (deaf != null) {
            deaf.unregister();
          }
          if (leave != null) {
            leave.run();
          }
          present.remove();
        });
  }

  @Override
  public synchronized int running() {
    return running.size();
  }
}
