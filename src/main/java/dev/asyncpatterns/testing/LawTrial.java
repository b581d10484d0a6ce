package dev.asyncpatterns.testing;

import dev.asyncpatterns.task.CancelScope;
import dev.asyncpatterns.testing.ContextLaws.Begin;
import dev.asyncpatterns.testing.LawScene.Place;
import dev.asyncpatterns.testing.LawScene.Seen;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tries the laws of {@link ContextLaws} on one operator. */
final class LawTrial {
  private static final System.Logger LOG = System.getLogger(LawTrial.class.getName());
  private static final Duration CANCEL_AFTER = Duration.ofMillis(100);
  private static final Duration CANCEL_LIMIT = CANCEL_AFTER.plusSeconds(6);
  private static final String ADDRESS = "dev.asyncpatterns.testing.laws";

  private final Function<Vertx, Begin> prepare;
  private final boolean takesWork;
  private final boolean absorbsFailures;
  private final List<String> violations = new ArrayList<>();
  private final List<String> held = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  LawTrial(Function<Vertx, Begin> prepare, boolean takesWork, boolean absorbsFailures) {
    this.prepare = prepare;
    this.takesWork = takesWork;
    this.absorbsFailures = absorbsFailures;
  }

  /** What work can do. */
  private enum Work {
    AT_ONCE,
    ON_ANOTHER_THREAD,
    THROWS,
    RETURNS_NULL,
    NEVER;

    @SuppressWarnings("NullAway") // one of them breaks the contract on purpose
    Future<String> begin(LawScene scene) {
      return switch (this) {
        case AT_ONCE -> Future.succeededFuture("done");
        case ON_ANOTHER_THREAD -> scene.completeElsewhere("done");
        case THROWS -> throw new IllegalArgumentException("the work throws");
        case RETURNS_NULL -> null;
        case NEVER -> Promise.<String>promise().future();
      };
    }
  }

  @FunctionalInterface
  private interface Law {
    /** Says what is wrong, or null. */
    @Nullable String violation(LawScene scene);
  }

  private static final class Skip extends RuntimeException {
    private static final long serialVersionUID = 1;

    Skip(String why) {
      super(why, null, false, false);
    }
  }

  List<String> held() {
    return List.copyOf(held);
  }

  List<String> skipped() {
    return List.copyOf(skipped);
  }

  List<String> run() {
    for (Place place : Place.values()) {
      law("caller's context, " + place.words, s -> callsBackAtHome(s, place, Work.AT_ONCE));
      if (takesWork) {
        law(
            "caller's context, " + place.words + ", work completed on another thread",
            s -> callsBackAtHome(s, place, Work.ON_ANOTHER_THREAD));
      }
    }
    law("no context", this::withoutContext);
    law("closed Vertx, called after", this::calledAfterClose);
    law("closed Vertx, called before", this::closedWhilePending);
    law("cancellation", this::cancelled);
    if (takesWork) {
      law("work that throws", s -> badWork(s, Work.THROWS));
      law("work that returns null", s -> badWork(s, Work.RETURNS_NULL));
      law("locals and spans reach the work", this::localsReachWork);
    }
    return violations;
  }

  private void law(String name, Law law) {
    try (LawScene scene = new LawScene()) {
      String violation = law.violation(scene);
      if (violation == null) {
        held.add(name);
      } else {
        violations.add(name + ": " + violation);
      }
    } catch (Skip e) {
      skipped.add(name + ": " + e.getMessage());
    }
  }

  private @Nullable String callsBackAtHome(LawScene scene, Place place, Work work) {
    if (!scene.offers(place)) {
      throw new Skip("needs JDK 21, this is " + Runtime.version().feature());
    }
    Seen seen = scene.see(place.context(scene.vertx()), call(scene, work));
    return atHome(seen);
  }

  private static @Nullable String atHome(Seen seen) {
    if (seen.hung() != null) {
      return "its future never completed: " + seen.hung();
    }
    if (seen.thrown() != null) {
      return "it threw " + seen.thrown() + " instead of returning a future";
    }
    if (seen.here() != seen.caller()) {
      return "it called back on " + LawScene.describe(seen.here()) + ", not on its caller's";
    }
    return seen.inThread() ? null : "it called back off the thread of its caller's context";
  }

  private @Nullable String withoutContext(LawScene scene) {
    Seen seen = scene.see(null, call(scene, takesWork ? Work.ON_ANOTHER_THREAD : Work.AT_ONCE));
    if (seen.hung() != null) {
      return "its future never completed: " + seen.hung();
    }
    if (seen.thrown() != null) {
      boolean rule = seen.thrown() instanceof IllegalStateException;
      return rule
          ? null
          : "it threw " + seen.thrown() + ", neither a future nor IllegalStateException";
    }
    if (seen.here() == null && takesWork) {
      return "it called back on no context, on the thread that completed the work";
    }
    return null;
  }

  private @Nullable String calledAfterClose(LawScene scene) {
    Supplier<Future<?>> call = call(scene, Work.AT_ONCE);
    scene.closeVertx();
    return failed(scene.see(null, call), "after the close");
  }

  private @Nullable String closedWhilePending(LawScene scene) {
    Promise<Seen> seen = Promise.promise();
    ContextInternal context = Place.DUPLICATE.context(scene.vertx());
    Supplier<Future<?>> call = call(scene, Work.NEVER);
    context.runOnContext(v -> scene.make(call, seen));
    scene.time().settle();
    if (seen.future().isComplete()) {
      throw new Skip("it did not wait");
    }
    scene.closeVertx();
    return failed(scene.end(seen), "when the Vertx closed");
  }

  private static @Nullable String failed(Seen seen, String when) {
    if (seen.hung() != null) {
      return "its future neither failed nor succeeded " + when;
    }
    boolean failed = seen.thrown() != null || seen.failure() != null;
    return failed ? null : "its future succeeded " + when;
  }

  private @Nullable String cancelled(LawScene scene) {
    Promise<Seen> seen = Promise.promise();
    ContextInternal context = Place.DUPLICATE.context(scene.vertx());
    Supplier<Future<?>> call = call(scene, Work.NEVER);
    context.runOnContext(v ->
        CancelScope.run(
                scope -> {
                  scene
                      .vertx()
                      .setTimer(CANCEL_AFTER.toMillis(), id -> scope.cancel("context law"));
                  scene.make(call, seen);
                  return seen.future();
                })
            .onFailure(asked -> LOG.log(Level.TRACE, "the trial's own cancellation", asked)));
    scene.time().settle();
    if (seen.future().isComplete()) {
      throw new Skip("it did not wait");
    }
    Seen end = scene.end(seen);
    if (end.hung() != null) {
      return "its future never completed after its scope was cancelled";
    }
    if (scene.now().compareTo(CANCEL_LIMIT) > 0) {
      return "its future took "
          + scene.now().minus(CANCEL_AFTER)
          + " to end after the cancellation";
    }
    return end.failure() == null ? "its future succeeded after the cancellation" : atHome(end);
  }

  private @Nullable String badWork(LawScene scene, Work work) {
    Seen seen = scene.see(Place.DUPLICATE.context(scene.vertx()), call(scene, work));
    if (seen.thrown() == null && seen.hung() == null && seen.failure() == null) {
      return absorbsFailures ? null : "its future succeeded";
    }
    return atHome(seen);
  }

  private @Nullable String localsReachWork(LawScene scene) {
    List<String> spans = new CopyOnWriteArrayList<>();
    ContextInternal context = Place.DUPLICATE.context(scene.vertx());
    LawScene.setSpan(context, "parent");
    scene.vertx().eventBus().consumer(ADDRESS, message -> {});
    Supplier<Future<String>> work =
        () -> {
          spans.add(LawScene.spanOf(Vertx.currentContext()));
          scene.vertx().eventBus().send(ADDRESS, "work");
          return Future.succeededFuture("done");
        };
    scene.see(context, call(scene, work));
    if (spans.isEmpty()) {
      return "it never ran the work";
    }
    if (spans.stream().anyMatch(s -> !s.equals("parent"))) {
      return "the work found " + spans + " where its caller's local should be";
    }
    List<String> traced = scene.tracer().spans();
    boolean all = !traced.isEmpty() && traced.stream().allMatch("parent"::equals);
    return all ? null : "the tracer found " + traced + " where its caller's span should be";
  }

  private Supplier<Future<?>> call(LawScene scene, Work work) {
    return call(scene, () -> work.begin(scene));
  }

  private Supplier<Future<?>> call(LawScene scene, Supplier<Future<String>> work) {
    Begin operation = prepare.apply(scene.vertx());
    return () -> operation.begin(work);
  }
}
