package dev.asyncpatterns.bench;

import static dev.asyncpatterns.bench.Goal.bytes;
import static dev.asyncpatterns.bench.Goal.bytesAbove;
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
          faster(
              "semaphore acquire, stock local lock",
              semaphore("acquire"),
              semaphore("localLock"),
              5),
          ns("semaphore hand-off", semaphore("handOff"), 140),
          bytes("semaphore hand-off", semaphore("handOff"), 128),
          ratio(
              "task-scope by Future.all, 10", forks("forkJoin", 10), forks("futureAll", 10), 1.25),
          bytesAbove(
              "task-scope above Future.all, 10",
              forks("forkJoin", 10),
              forks("futureAll", 10),
              128),
          ratio(
              "task-scope by Future.all, 1000",
              forks("forkJoin", 1000),
              forks("futureAll", 1000),
              1.25),
          bytesAbove(
              "task-scope above Future.all, 1000",
              forks("forkJoin", 1000),
              forks("futureAll", 1000),
              128),
          ratio(
              "task-scope by Future.all, 100000",
              forks("forkJoin", 100_000),
              forks("futureAll", 100_000),
              1.5),
          bytesAbove(
              "task-scope above Future.all, 100000",
              forks("forkJoin", 100_000),
              forks("futureAll", 100_000),
              128),
          faster("task-scope than Kotlin, 10", forks("forkJoin", 10), forks("kotlin", 10), 3),
          faster("task-scope than Kotlin, 1000", forks("forkJoin", 1000), forks("kotlin", 1000), 3),
          faster(
              "task-scope than Kotlin, 100000",
              forks("forkJoin", 100_000),
              forks("kotlin", 100_000),
              3),
          ratio(
              "deadline list by Future.timeout",
              deadlines("armDisarm", 0),
              deadlines("futureTimeout", 0),
              0.35),
          ratio(
              "deadline list, 10000 pending by none",
              deadlines("armDisarm", 10_000),
              deadlines("armDisarm", 0),
              1.2),
          ratio(
              "timed wait by Future.timeout",
              deadlines("timedWait", 0),
              deadlines("futureTimeout", 0),
              0.7),
          ratio(
              "timed wait, 10000 pending",
              deadlines("timedWait", 10_000),
              deadlines("futureTimeout", 10_000),
              0.5),
          ratio(
              "Timeouts.within by Future.timeout",
              timeouts("within", 0),
              timeouts("futureTimeout", 0),
              1.2),
          ratio(
              "Timeouts.within, 10000 pending",
              timeouts("within", 10_000),
              timeouts("futureTimeout", 10_000),
              0.8),
          bytes("Timeouts.within", timeouts("within", 0), 240),
          ratio("map-concurrent by hand", map("map"), map("byHand"), 1.1),
          bytesAbove("map-concurrent above by hand", map("map"), map("byHand"), 0),
          ratio("map-concurrent by Reactor flatMap", map("map"), map("reactorFlatMap"), 1),
          ratio(
              "gather-all by Future.all, 1000",
              gather("all", 1000),
              gather("futureAll", 1000),
              1.15),
          ratio(
              "gather-all by Future.all, 100000",
              gather("all", 100_000),
              gather("futureAll", 100_000),
              1.15),
          bytes("gather-all, 1000", gather("all", 1000), 200),
          bytes("gather-all, 100000", gather("all", 100_000), 200),
          ratio("gather-all, 100000 by 1000", gather("all", 100_000), gather("all", 1000), 1.5),
          ratio("race by Future.any, 2", race("firstSuccess", 2), race("futureAny", 2), 1.3),
          ratio("race by Future.any, 10", race("firstSuccess", 10), race("futureAny", 10), 1.3),
          ratio("loops, async step by hand", loops("asyncStep"), loops("asyncByHand"), 1.1),
          ns("loops, sync step", loops("syncStep"), 45),
          ns("debounce, a call", "DebouncerBenchmark.debounce", 60),
          bytes("debounce, a call", "DebouncerBenchmark.debounce", 0),
          ratio("mutex, try form", mutex("tryLock"), mutex("twoCas"), 1.3),
          bytes("mutex, as a future", mutex("lock"), 56),
          faster("mutex than the stock local lock", mutex("lock"), mutex("localLock"), 5),
          ratio("channel by Kotlin, one loop", channel("oneLoop"), channel("kotlin"), 0.6),
          bytes("channel, an item", channel("oneLoop"), 48),
          ratio(
              "channel by Kotlin, two loops", channel("twoLoops"), channel("kotlinTwoLoops"), 1.2),
          ratio(
              "broadcast by channel, 1 subscriber",
              broadcast(1, "broadcast"),
              broadcast(1, "channel"),
              2),
          ratio(
              "broadcast by channel, 10 subscribers",
              broadcast(10, "broadcast"),
              broadcast(10, "channel"),
              2),
          ratio("breaker, completed call", breaker("timeWindow"), breaker("naive"), 2),
          bytesAbove("breaker, completed call", breaker("timeWindow"), breaker("bare"), 0),
          faster("breaker than vertx-circuit-breaker", breaker("timeWindow"), breaker("stock"), 4),
          ratio("breaker, a hop", breaker("hopTimeWindow"), breaker("hop"), 2.2),
          bytesAbove("breaker, a hop", breaker("hopTimeWindow"), breaker("hop"), 80),
          faster(
              "breaker than vertx-circuit-breaker, a hop",
              breaker("hopTimeWindow"),
              breaker("hopStock"),
              1.5),
          ratio("retry by recover, completed call", retry("retry"), retry("recover"), 0.8),
          bytesAbove("retry, completed call", retry("retry"), retry("bare"), 0),
          faster("retry than Reactor", retry("retry"), retry("reactor"), 4),
          faster("retry than resilience4j", retry("retry"), retry("resilience4j"), 1),
          ratio("retry by recover, a hop", retry("hopRetry"), retry("hopRecover"), 1.2),
          bytesAbove("retry, a hop", retry("hopRetry"), retry("hop"), 64),
          ns("pipeline of retry, breaker, timeout, a hop", retry("hopPipeline"), 370),
          bytesAbove(
              "pipeline of retry, breaker, timeout", retry("hopPipeline"), retry("hop"), 300),
          ratio("bulkhead try by two CAS", limit("bulkheadTry"), limit("twoCas"), 1.3),
          bytesAbove("bulkhead try", limit("bulkheadTry"), limit("twoCas"), 0),
          bytes("rate limiter try", limit("rateTry"), 0),
          faster("rate limiter than bucket4j", limit("rateTry"), limit("bucket4j"), 1),
          faster("rate limiter than resilience4j", limit("rateTry"), limit("resilience4j"), 1),
          ratio("cache hit by Caffeine's", cache("hit"), cache("caffeineHit"), 1.3),
          ratio("a key of a batch by java-dataloader", cache("batch"), cache("dataLoader"), 1.2),
          ratio("event, 100000 waiters by 100", event(100_000), event(100), 2));

  private Goals() {}

  private static String limit(String method) {
    return "LimitBenchmark." + method;
  }

  private static String cache(String method) {
    return "CacheBenchmark." + method;
  }

  private static String breaker(String method) {
    return "CircuitBreakerBenchmark." + method;
  }

  private static String retry(String method) {
    return "RetryBenchmark." + method;
  }

  private static String mutex(String method) {
    return "AsyncMutexBenchmark." + method;
  }

  private static String event(int waiters) {
    return "AsyncEventBenchmark.set[n=" + waiters + "]";
  }

  private static String channel(String method) {
    return "ChannelBenchmark." + method + "[capacity=64]";
  }

  private static String broadcast(int subscribers, String method) {
    return "BroadcastBenchmark." + method + "[subscribers=" + subscribers + "]";
  }

  private static String map(String method) {
    return "MapConcurrentBenchmark." + method;
  }

  private static String gather(String method, int n) {
    return "GatherBenchmark." + method + "[n=" + n + "]";
  }

  private static String race(String method, int n) {
    return "RaceBenchmark." + method + "[n=" + n + "]";
  }

  private static String loops(String method) {
    return "LoopsBenchmark." + method;
  }

  private static String forks(String method, int n) {
    return "TaskScopeBenchmark." + method + "[n=" + n + "]";
  }

  private static String deadlines(String method, int pending) {
    return "DeadlinesBenchmark." + method + "[pending=" + pending + "]";
  }

  private static String timeouts(String method, int pending) {
    return "TimeoutsBenchmark." + method + "[pending=" + pending + "]";
  }

  private static String semaphore(String method) {
    return "AsyncSemaphoreBenchmark." + method;
  }
}
