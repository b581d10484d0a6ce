package dev.asyncpatterns.queue;

import dev.asyncpatterns.ClosedException;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.kernel.Durations;
import dev.asyncpatterns.kernel.Permits;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/** One who opened an event-bus queue: the broker with a codec. */
final class BusQueue<T> implements WorkQueue<T> {
  private final BusBroker broker;
  private final JobCodec<T> codec;

  BusQueue(BusBroker broker, JobCodec<T> codec) {
    this.broker = broker;
    this.codec = codec;
  }

  @Override
  public String name() {
    return broker.name;
  }

  @Override
  public Future<String> enqueue(T payload) {
    return encoded(payload, bytes -> broker.enqueue(bytes, Permits.FOREVER));
  }

  @Override
  public Future<String> enqueue(T payload, Duration wait) {
    long nanos = Durations.nanos(wait);
    return encoded(payload, bytes -> broker.enqueue(bytes, nanos));
  }

  @Override
  public Future<String> offer(T payload) {
    return encoded(payload, broker::offer);
  }

  private Future<String> encoded(T payload, Function<Buffer, Future<String>> send) {
    Objects.requireNonNull(payload, "payload");
    Buffer bytes;
    try {
      bytes = codec.encode().apply(payload);
      Objects.requireNonNull(bytes, "the codec encoded to null");
    } catch (RuntimeException e) {
      return Contexts.failed(Contexts.caller(broker.kernel), e);
    }
    return send.apply(bytes);
  }

  @Override
  public Consumer consume(ConsumerOptions options, Function<Job<T>, ? extends Future<?>> handler) {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(handler, "handler");
    ClosedException why = broker.closed();
    if (why != null) {
      throw why;
    }
    if (broker.isSilent()) {
      throw new ClosedException(name() + " cannot be consumed: the Vertx is closed");
    }
    return new BusConsumer<>(broker, codec, options, handler).open();
  }

  @Override
  public DeadLetters<T> deadLetters() {
    return new BusDeadLetters<>(broker, codec);
  }

  @Override
  public Future<Void> drain(Duration wait) {
    return broker.drain(Durations.nanos(wait));
  }

  @Override
  public Future<Void> close() {
    return broker.close();
  }

  @Override
  public Stats stats() {
    return broker.stats();
  }

  @Override
  public String toString() {
    return name() + " " + stats();
  }
}
