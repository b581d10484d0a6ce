package dev.asyncpatterns.bench;

import static dev.asyncpatterns.bench.Goal.bytes;
import static dev.asyncpatterns.bench.Goal.faster;
import static dev.asyncpatterns.bench.Goal.ns;
import static dev.asyncpatterns.bench.Goal.ratio;

import java.util.List;

/** The goals of the library, as data. */
final class Goals {
  static final List<Goal> ALL =
      List.of(
          ratio("semaphore take+give", semaphore("takeGive"), semaphore("twoCas"), 1.3),
          bytes("semaphore take+give, no guard", semaphore("takeGive"), 0),
          bytes("semaphore take+give, with a guard", semaphore("tryAcquire"), 24),
          ratio("semaphore acquire, free", semaphore("acquire"), semaphore("twoCas"), 2),
          bytes("semaphore acquire, free", semaphore("acquire"), 56),
          faster("semaphore acquire, stock local lock", semaphore("acquire"), semaphore("localLock"), 5),
          ns("semaphore hand-off", semaphore("handOff"), 140),
          bytes("semaphore hand-off", semaphore("handOff"), 128));

  private Goals() {}

  private static String semaphore(String method) {
    return "AsyncSemaphoreBenchmark." + method;
  }
}
