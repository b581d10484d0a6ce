package dev.asyncpatterns.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.asyncpatterns.ClosedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A future calls back on the context that asked for it, whoever completed it. Real Vertx. */
@Timeout(60)
class ContextLawTest {
  private static final Vertx VERTX = Vertx.vertx();
  private static final Vertx OTHER = Vertx.vertx();
  private static final VertxKernel KERNEL = VertxKernel.of(VERTX);
  private static final RuntimeException WHY = new IllegalStateException("enough");

  @AfterAll
  static void close() {
    Lab.get(VERTX.close());
    Lab.get(OTHER.close());
  }

  /** Where a caller stands. */
  private enum Place {
    EVENT_LOOP {
      @Override
      ContextInternal context() {
        return ((VertxInternal) VERTX).createEventLoopContext();
      }
    },
    DUPLICATE {
      @Override
      ContextInternal context() {
        return ((VertxInternal) VERTX).createEventLoopContext().duplicate();
      }
    },
    WORKER {
      @Override
      ContextInternal context() {
        return ((VertxInternal) VERTX).createWorkerContext().duplicate();
      }
    },
    VIRTUAL_THREAD {
      @Override
      ContextInternal context() {
        return ((VertxInternal) VERTX)
            .contextBuilder()
            .withThreadingModel(ThreadingModel.VIRTUAL_THREAD)
            .build()
            .duplicate();
      }
    },
    OTHER_VERTX {
      @Override
      ContextInternal context() {
        return ((VertxInternal) OTHER).createEventLoopContext().duplicate();
      }
    },
    EXECUTE_BLOCKING {
      @Override
      ContextInternal context() {
        return DUPLICATE.context();
      }

      @Override
      void enter(ContextInternal context, Runnable code) {
        context.runOnContext(v -> context.executeBlocking(run(code)));
      }
    },
    EXECUTE_BLOCKING_OF_A_WORKER {
      @Override
      ContextInternal context() {
        return WORKER.context();
      }

      @Override
      void enter(ContextInternal context, Runnable code) {
        context.runOnContext(v -> context.executeBlocking(run(code), false));
      }
    },
    NONE {
      @Override
      ContextInternal context() {
        return KERNEL.rootDuplicate();
      }

      @Override
      void enter(ContextInternal context, Runnable code) {
        code.run();
      }
    };

    abstract ContextInternal context();

    void enter(ContextInternal context, Runnable code) {
      context.runOnContext(v -> code.run());
    }

    static java.util.concurrent.Callable<Void> run(Runnable code) {
      return () -> {
        code.run();
        return null;
      };
    }
  }

  /** One way to ask for an answer, and who gives it. */
  private enum Ask {
    GRANTED_AT_ONCE(1) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        return permits.acquire(1, Permits.FOREVER);
      }
    },
    GRANTED_LATER(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        Future<Integer> wait = permits.acquire(1, Permits.FOREVER);
        elsewhere(() -> permits.release(1));
        return wait;
      }
    },
    CLOSED_LATER(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        Future<Integer> wait = permits.acquire(1, 60_000_000_000L);
        elsewhere(() -> permits.close(new ClosedException("shut")));
        return wait;
      }
    },
    TIMED_OUT(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        return permits.acquire(1, 1_000_000);
      }
    },
    NO_TIME(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        return permits.acquire(1, 0);
      }
    },
    WITH_AT_ONCE(1) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        return permits.with(1, Permits.FOREVER, Place.NONE.context()::succeededFuture);
      }
    },
    WITH_FOREIGN_WORK(1) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        Promise<String> foreign = Promise.promise();
        elsewhere(() -> foreign.complete("done"));
        return permits.with(1, Permits.FOREVER, foreign::future);
      }
    },
    WITH_LATER(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        Future<String> result =
            permits.with(1, Permits.FOREVER, () -> Future.succeededFuture("done"));
        elsewhere(() -> permits.release(1));
        return result;
      }
    },
    SUPERVISED(0) {
      @Override
      Future<?> call(Permits<Integer> permits) {
        ContextInternal here = (ContextInternal) Contexts.caller(KERNEL);
        Promise<Object> result = Contexts.promise(here);
        ProbeCall<Integer> call =
            ProbeCall.start(here, 5000, () -> permits.acquire(1, Permits.FOREVER));
        call.then = () -> Contexts.complete(result, null, call.error);
        elsewhere(() -> call.cancel(WHY));
        return result.future();
      }
    };

    private final int free;

    Ask(int free) {
      this.free = free;
    }

    abstract Future<?> call(Permits<Integer> permits);

    static void elsewhere(Runnable code) {
      CompletableFuture.runAsync(code);
    }
  }

  static Stream<Arguments> everyAskFromEveryPlace() {
    return Stream.of(Place.values())
        .flatMap(p -> Stream.of(Ask.values()).map(a -> Arguments.of(p, a)));
  }

  @ParameterizedTest
  @MethodSource("everyAskFromEveryPlace")
  void answer_comesOnTheCallersContext(Place place, Ask ask) {
    assumeTrue(
        place != Place.VIRTUAL_THREAD || ((VertxInternal) VERTX).isVirtualThreadAvailable(),
        "virtual threads need JDK 21");
    Permits<Integer> permits = new Permits<>(KERNEL, "p", ask.free, n -> n);
    ContextInternal context = place.context();
    CompletableFuture<Seen> answer = new CompletableFuture<>();
    place.enter(
        context,
        () -> {
          try {
            ask.call(permits).onComplete(ar -> answer.complete(Seen.here()));
          } catch (Throwable t) {
            answer.completeExceptionally(t);
          }
        });
    Seen seen = Lab.get(answer);
    assertTrue(seen.inThread(), () -> "the answer came on " + seen);
    if (place == Place.NONE) {
      assertSame(VERTX, seen.context().owner());
      assertTrue(seen.context().isDuplicate());
      assertSame(context.unwrap(), seen.context().unwrap());
    } else {
      assertSame(context, seen.context());
    }
  }

  private record Seen(ContextInternal context, boolean inThread, String thread) {
    static Seen here() {
      ContextInternal current = ContextInternal.current();
      return new Seen(
          current, current != null && current.inThread(), Thread.currentThread().getName());
    }
  }

  @Test
  void callsWithoutAContext_eachGetADuplicateOfTheirOwn() {
    Permits<Integer> permits = new Permits<>(KERNEL, "p", 2, n -> n);
    CompletableFuture<ContextInternal> first = new CompletableFuture<>();
    CompletableFuture<ContextInternal> second = new CompletableFuture<>();
    permits.acquire(1, Permits.FOREVER).onComplete(v -> first.complete(ContextInternal.current()));
    permits.acquire(1, Permits.FOREVER).onComplete(v -> second.complete(ContextInternal.current()));
    assertTrue(Lab.get(first) != Lab.get(second), "two calls shared their locals");
    assertSame(Lab.get(first).unwrap(), Lab.get(second).unwrap());
  }

  @Test
  void staticOperatorWithoutAContext_saysWhatToDo() {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> Contexts.require("Gather.all"));
    assertTrue(
        e.getMessage().contains("use Gather.on(vertx, () -> Gather.all(...))"), e::getMessage);
  }

  @Test
  void on_runsOnTheNamedVertx_andAnswersWhereItWasAsked() {
    ContextInternal caller = ((VertxInternal) OTHER).createEventLoopContext().duplicate();
    CompletableFuture<Seen> inside = new CompletableFuture<>();
    CompletableFuture<Seen> answer = new CompletableFuture<>();
    caller.runOnContext(v ->
        Contexts.on(
                VERTX,
                () -> {
                  inside.complete(Seen.here());
                  return Future.succeededFuture(1);
                })
            .onComplete(n -> answer.complete(Seen.here())));
    assertSame(VERTX, Lab.get(inside).context().owner());
    assertSame(caller, Lab.get(answer).context());
  }

  @Test
  void fork_copiesTheParentsLocals_andWorkRunsOnItsOwnDuplicate() {
    ContextInternal caller = ((VertxInternal) VERTX).createEventLoopContext().duplicate();
    Supplier<ContextInternal> inside =
        () -> {
          CompletableFuture<ContextInternal> seen = new CompletableFuture<>();
          caller.runOnContext(v ->
              ProbeCall.start(
                  caller,
                  0,
                  () -> {
                    seen.complete(ContextInternal.current());
                    return Future.succeededFuture(1);
                  }));
          return Lab.get(seen);
        };
    ContextInternal fork = inside.get();
    assertTrue(fork != caller && fork.isDuplicate());
    assertEquals(caller.unwrap(), fork.unwrap());
    assertTrue(Contexts.current(caller) == null, "the scope leaked into the caller's context");
    assertTrue(Contexts.current(fork) instanceof ProbeCall);
  }
}
