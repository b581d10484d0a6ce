package dev.asyncpatterns.queue;

import dev.asyncpatterns.kernel.Call;
import dev.asyncpatterns.kernel.Contexts;
import dev.asyncpatterns.queue.Frame.Kind;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** One attempt, in a scope of its own that ends with the lease. */
final class BusHandling<T> extends Call<Object> {
  /** What a dead letter keeps of an error. */
  private static final int MAX_TEXT = 2_000;

  private final BusConsumer<T> consumer;
  private final Frame frame;

  BusHandling(BusConsumer<T> consumer, Frame frame) {
    super(consumer.context());
    this.consumer = consumer;
    this.frame = frame;
  }

  /** The call itself duplicates the consumer's context, which has no scope and no locals. */
  void begin() {
    start(Contexts.scope(consumer.context()), frame.nanos(), () -> consumer.handle(frame));
  }

  @Override
  protected Throwable deadlineReason() {
    return new CancellationException("the lease of job " + frame.job() + " is over");
  }

  @Override
  protected long graceNanos() {
    return consumer.graceNanos();
  }

  /** A failure after a cancellation is that of the lease, of which the broker knows already. */
  @Override
  protected void settled(@Nullable Object value, @Nullable Throwable error, boolean abandoned) {
    leave();
    consumer.ended(this, answer(error, abandoned));
  }

  private static String text(@Nullable Throwable error) {
    String all = String.valueOf(error);
    return all.length() <= MAX_TEXT ? all : all.substring(0, MAX_TEXT) + " ...";
  }

  private Frame answer(@Nullable Throwable error, boolean abandoned) {
    if (error == null && !abandoned) {
      return frame.answer(Kind.DONE, "");
    }
    return cancellation() == null
        ? frame.answer(Kind.FAILED, text(error))
        : frame.answer(Kind.FREE, "");
  }
}
