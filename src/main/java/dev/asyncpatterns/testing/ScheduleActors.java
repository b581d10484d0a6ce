package dev.asyncpatterns.testing;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Two event loops, a worker and a plain thread of one Vertx. */
record ScheduleActors(Vertx vertx, List<Seat> seats) {

  /** A place to act from; a seat without context is the plain thread. */
  record Seat(String name, @Nullable ContextInternal context) {}

  static ScheduleActors of(Vertx vertx) {
    VertxInternal internal = (VertxInternal) vertx;
    return new ScheduleActors(
        vertx,
        List.of(
            new Seat("loop-1", internal.createEventLoopContext()),
            new Seat("loop-2", internal.createEventLoopContext()),
            new Seat("worker", internal.createWorkerContext()),
            new Seat("thread", null)));
  }

  /** Does every step in order, each on a fresh duplicate of the seat's context. */
  static <S> void act(Seat seat, List<S> steps, Consumer<S> act) {
    ContextInternal context = seat.context();
    if (context == null) {
      Thread thread = new Thread(() -> steps.forEach(act), "stress-plain-thread");
      thread.setDaemon(true);
      thread.start();
    } else {
      next(context, steps, 0, act);
    }
  }

  private static <S> void next(ContextInternal context, List<S> steps, int i, Consumer<S> act) {
    if (i < steps.size()) {
      context
          .duplicate()
          .runOnContext(v -> {
            act.accept(steps.get(i));
            next(context, steps, i + 1, act);
          });
    }
  }
}
