package dev.asyncpatterns.queue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Permits;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The dead letters of an event-bus queue, read with the codec of whoever asks. */
final class BusDeadLetters<T> implements DeadLetters<T> {
  private final BusBroker broker;
  private final BusLender lender;
  private final JobCodec<T> codec;

  BusDeadLetters(BusBroker broker, JobCodec<T> codec) {
    this.broker = broker;
    this.lender = broker.lender();
    this.codec = codec;
  }

  private DeadLetter<T> letter(BusJob job) {
    return new DeadLetter<>(BusBroker.id(job), job.attempts, job.error, job.payload, codec);
  }

  private <R> Future<R> atHome(Supplier<R> step) {
    return broker.home(() -> {
      ClosedException why = broker.closed();
      return why != null ? Future.failedFuture(why) : Future.succeededFuture(step.get());
    });
  }

  @Override
  public Future<List<DeadLetter<T>>> list(int max) {
    if (max < 1) {
      throw new IllegalArgumentException("max must be at least 1, was " + max);
    }
    return atHome(() -> lender.dead().oldest(max).stream().map(this::letter).toList());
  }

  @Override
  public Future<Boolean> requeue(String id) {
    Objects.requireNonNull(id, "id");
    return broker.slot(Permits.FOREVER).compose(slot -> atHome(() -> revive(id)));
  }

  private boolean revive(String id) {
    BusJob job = lender.dead().remove(id);
    if (job == null) {
      broker.freeSlot();
      return false;
    }
    lender.revive(job);
    return true;
  }

  @Override
  public Future<Boolean> discard(String id) {
    Objects.requireNonNull(id, "id");
    return atHome(() -> lender.discard(id));
  }

  @Override
  public void onDead(Consumer<DeadLetter<T>> listener) {
    Objects.requireNonNull(listener, "listener");
    Context origin = Contexts.caller(broker.kernel);
    Consumer<BusJob> hop =
        job -> {
          DeadLetter<T> letter = letter(job);
          Contexts.run(Contexts.detached(origin), () -> listener.accept(letter));
        };
    List<Consumer<BusJob>> listeners = lender.dead().listeners;
    listeners.add(hop);
    Contexts.onClose(
        origin,
        () -> {
          listeners.remove(hop);
          return Future.succeededFuture();
        });
  }
}
