package dev.asyncpatterns.testing;

import io.vertx.junit5.VertxTestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The {@code VertxTestContext}s given to one test, and the wait for them on virtual time. */
final class TestContexts {
  private final List<VertxTestContext> given = new ArrayList<>();

  VertxTestContext create() {
    VertxTestContext context = new VertxTestContext();
    given.add(context);
    return context;
  }

  /** Moves the clock until every context is complete; throws the first one's cause that failed. */
  void join(VirtualTime time) throws Throwable {
    List<VertxTestContext> waitFor = List.copyOf(given);
    given.clear();
    for (VertxTestContext context : waitFor) {
      time.awaitThat(() -> context.completed() || context.failed(), () -> describe(context));
      if (context.failed()) {
        throw context.causeOfFailure();
      }
    }
  }

  private static String describe(VertxTestContext context) {
    Set<StackTraceElement> open = context.unsatisfiedCheckpointCallSites();
    String name = "the VertxTestContext";
    return open.isEmpty() ? name : name + " (unsatisfied checkpoints: " + open + ")";
  }
}
