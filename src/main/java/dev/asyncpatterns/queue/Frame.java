package dev.asyncpatterns.queue;

import io.vertx.core.buffer.Buffer;

/**
 * What broker and consumer say to each other. A lease is named by the job and its generation, which
 * grows with every time the job is sent, so that an answer to an earlier lease is recognised.
 *
 * @param kind what is said
 * @param consumer the consumer's address
 * @param job the job's number, or 0
 * @param generation of its lease
 * @param number credits, or which attempt
 * @param nanos how long the lease is
 * @param text an error
 * @param payload of the job
 */
record Frame(
    Kind kind,
    String consumer,
    long job,
    int generation,
    int number,
    long nanos,
    String text,
    Buffer payload) {

  /** What is said. */
  enum Kind {
    /** Consumer: I am here, with so many free hands. */
    HELLO,
    /** Consumer: done; that hand is free again. */
    DONE,
    /** Consumer: failed; that hand is free again. */
    FAILED,
    /** Consumer: the hand is free again; of the job I say nothing. */
    FREE,
    /** Consumer: I have not begun this one and will not. */
    RETURNED,
    /** Consumer, awaiting a reply: send no more. */
    LEAVING,
    /** Consumer, awaiting a reply: whatever I have of yours, give it to others. */
    GONE,
    /** Broker: a job, on a lease. */
    JOB,
    /** Broker: there will be no more. */
    CLOSED
  }

  private static final Buffer NOTHING = Buffer.buffer();

  /** Something about a consumer. */
  static Frame of(Kind kind, String consumer, int number) {
    return new Frame(kind, consumer, 0, 0, number, 0, "", NOTHING);
  }

  /** A job on a lease. */
  static Frame job(BusJob job, String consumer, long nanos) {
    return new Frame(
        Kind.JOB, consumer, job.seq, job.generation, job.attempts, nanos, "", job.payload);
  }

  /** The answer to the lease in this frame. */
  Frame answer(Kind answer, String error) {
    return new Frame(answer, consumer, job, generation, 1, 0, error, NOTHING);
  }
}
