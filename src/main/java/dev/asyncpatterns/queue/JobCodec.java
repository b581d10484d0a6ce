package dev.asyncpatterns.queue;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.function.Function;

/**
 * How a payload becomes bytes and comes back, so that a job can wait on another machine than its
 * producer's and its consumer's.
 *
 * <pre>{@code
 * JobCodec<Order> codec = JobCodec.json(Order::toJson, Order::new);
 * }</pre>
 *
 * <h2>Semantics</h2>
 *
 * Encoded once, at the producer; decoded for every attempt, at the consumer, so that no two sides
 * share an object.
 *
 * <h2>Context</h2>
 *
 * The functions run on the caller's and on the consumer's context and must not block.
 *
 * <h2>Cancellation and timeouts</h2>
 *
 * None: encoding is synchronous.
 *
 * <h2>Errors</h2>
 *
 * A throw of {@code encode} fails the enqueueing; a throw of {@code decode} fails the attempt, and
 * after the last attempt the job is a dead letter.
 *
 * <h2>Cost</h2>
 *
 * That of the functions.
 *
 * @param encode gives the bytes of a payload
 * @param decode gives the payload of bytes
 */
public record JobCodec<T>(
    Function<? super T, Buffer> encode, Function<Buffer, ? extends T> decode) {

  /** Refuses nulls. */
  public JobCodec {
    Objects.requireNonNull(encode, "encode");
    Objects.requireNonNull(decode, "decode");
  }

  /** Text, as UTF-8. */
  public static JobCodec<String> string() {
    return new JobCodec<>(Buffer::buffer, Buffer::toString);
  }

  /** JSON objects. */
  public static JobCodec<JsonObject> json() {
    return new JobCodec<>(JsonObject::toBuffer, JsonObject::new);
  }

  /**
   * What can be written as a JSON object.
   *
   * @param write gives the object
   * @param read gives what was written
   */
  public static <T> JobCodec<T> json(
      Function<? super T, JsonObject> write, Function<JsonObject, ? extends T> read) {
    return new JobCodec<>(
        payload -> write.apply(payload).toBuffer(), bytes -> read.apply(new JsonObject(bytes)));
  }
}
