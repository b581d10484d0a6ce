package dev.asyncpatterns.queue;

import io.vertx.core.buffer.Buffer;

/**
 * A job that failed as often as it was allowed to.
 *
 * <p>Semantics: kept by the queue until it is requeued or discarded. Immutable, so any context may
 * read it. Only {@link #payload()} can fail, when the codec cannot read the bytes.
 *
 * @param id the job's id
 * @param attempts how many attempts were made
 * @param error why the last one failed
 * @param body the payload as bytes, readable also when the payload is not
 * @param codec what reads them
 */
public record DeadLetter<T>(String id, int attempts, String error, Buffer body, JobCodec<T> codec) {

  /** The payload, decoded again at each call; throws what the codec throws. */
  public T payload() {
    return codec.decode().apply(body);
  }
}
