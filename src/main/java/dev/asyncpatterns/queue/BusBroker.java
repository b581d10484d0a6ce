package dev.asyncpatterns.queue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Permits;
import dev.asyncpatterns.kernel.VertxKernel;
import dev.asyncpatterns.queue.WorkQueue.FullException;
import dev.asyncpatterns.queue.WorkQueue.Options;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The side of an event-bus queue that keeps the jobs: one per name and Vertx, on one event loop. It
 * takes jobs in as there is room, hears what consumers say, and leaves the state of each job to
 * {@link BusLender}.
 */
final class BusBroker {
  static final DeliveryOptions LOCAL =
      new DeliveryOptions().setCodecName(FrameCodec.NAME).setLocalOnly(true);

  private static final AtomicLong INSTANCES = new AtomicLong();

  final Vertx vertx;
  final VertxKernel kernel;
  final String name;
  final String address;
  final Options options;
  final Context home;
  final BusTally tally = new BusTally();
  final Outstanding outstanding;
  private final BusQueues queues;
  private final BusLender lender;
  private final Permits<Boolean> slots;
  private final AtomicLong consumers = new AtomicLong();
  private final MessageConsumer<Frame> ear;
  private volatile @Nullable ClosedException closed;
  private long lastSeq;

  BusBroker(BusQueues queues, Vertx vertx, VertxKernel kernel, String name, Options options) {
    this.queues = queues;
    this.vertx = vertx;
    this.kernel = kernel;
    this.name = name;
    this.options = options;
    this.address = "dev.asyncpatterns.queue/" + name + "/" + INSTANCES.incrementAndGet();
    this.home = Contexts.root(kernel);
    this.slots = new Permits<>(kernel, name, options.capacity(), n -> true);
    this.outstanding = new Outstanding(kernel, name);
    this.lender = new BusLender(this);
    this.ear = Contexts.as(home, () -> vertx.eventBus().<Frame>localConsumer(address, this::heard));
    kernel.registry().add(this, name, BusBroker::stats);
  }

  WorkQueue.Stats stats() {
    return tally.stats(slots.waiting());
  }

  @Nullable ClosedException closed() {
    return closed;
  }

  /** Whether the Vertx is closed, so that nothing can be said any more. */
  boolean isSilent() {
    return Contexts.isClosed(home);
  }

  String newConsumer() {
    return address + "/" + consumers.incrementAndGet();
  }

  /** Makes a call on the broker's loop and brings its outcome back to the caller's context. */
  <R> Future<R> home(Supplier<Future<R>> call) {
    Context caller = Contexts.caller(kernel);
    Throwable gone = Contexts.scope(home).reason();
    if (gone != null) { // the loop of a promise would have ended, and refuse its listeners
      return Contexts.failed(caller, gone);
    }
    Promise<R> answer = Contexts.promise(caller);
    Contexts.subscribe(
        Contexts.at(home, call), (value, cut) -> Contexts.complete(answer, value, cut));
    return answer.future();
  }

  Future<String> enqueue(Buffer payload, long nanos) {
    return slot(nanos).compose(slot -> home(() -> admit(payload)));
  }

  Future<String> offer(Buffer payload) {
    Context caller = Contexts.caller(kernel);
    Throwable cut = Contexts.scope(caller).reason();
    if (cut != null) {
      return Contexts.failed(caller, cut);
    }
    if (slots.tryTake(1)) {
      return home(() -> admit(payload));
    }
    ClosedException why = closed;
    return Contexts.failed(caller, why != null ? why : full());
  }

  /** Room for one job, which {@link #freeSlot} gives back. */
  Future<Boolean> slot(long nanos) {
    return slots
        .acquire(1, nanos)
        .recover(cut -> Future.failedFuture(cut instanceof TimeoutException ? full() : cut));
  }

  void freeSlot() {
    slots.release(1);
  }

  private FullException full() {
    tally.rejected.increment();
    return new FullException(
        name
            + " is full: "
            + options.capacity()
            + " jobs wait, run or are delayed; wait longer, add consumers or raise the capacity");
  }

  private Future<String> admit(Buffer payload) {
    ClosedException why = closed;
    if (why != null) {
      freeSlot();
      return Future.failedFuture(why);
    }
    BusJob job = new BusJob(++lastSeq, payload);
    lender.admit(job);
    return Future.succeededFuture(id(job));
  }

  static String id(BusJob job) {
    return Long.toString(job.seq);
  }

  private void heard(Message<Frame> message) {
    Frame frame = message.body();
    switch (frame.kind()) {
      case LEAVING -> {
        lender.leaving(frame);
        message.reply(frame, LOCAL);
      }
      case GONE -> {
        lender.gone(frame);
        message.reply(frame, LOCAL);
      }
      default -> lender.heard(frame);
    }
  }

  /** Says something to a consumer; on the broker's own context, whoever caused it. */
  void tell(String consumer, Frame frame) {
    Contexts.as(home, () -> vertx.eventBus().send(consumer, frame, LOCAL));
  }

  BusLender lender() {
    return lender;
  }

  Future<Void> drain(long nanos) {
    return outstanding
        .none(nanos)
        .recover(cut ->
            Future.failedFuture(
                cut instanceof TimeoutException
                    ? new TimeoutException(name + " was not empty in time: " + stats())
                    : cut));
  }

  Future<Void> close() {
    ClosedException why =
        new ClosedException(name + " was closed: it takes no more jobs; open it again");
    synchronized (this) {
      if (closed == null) {
        closed = why;
        queues.forget(this);
        slots.close(why);
      }
    }
    return home(lender::close).compose(told -> outstanding.none(Permits.FOREVER));
  }

  /** Closed, and there is nobody left to hear. */
  void finished() {
    ear.unregister();
  }
}
