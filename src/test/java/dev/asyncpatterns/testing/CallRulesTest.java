package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.scan.Rule;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Stacks as the guard sees them, and what it makes of them. */
class CallRulesTest {
  private static final long LIMIT = TimeUnit.MILLISECONDS.toNanos(50);
  private static final String USER = "shop.Prices.find";
  private static final String LOOP = "io.netty.util.concurrent.SingleThreadEventExecutor.run";

  /** Innermost call first. */
  private static Optional<BlockedCall> judge(Incident.Kind kind, long nanos, String... calls) {
    List<StackTraceElement> stack =
        Arrays.stream(calls)
            .map(call -> {
              int dot = call.lastIndexOf('.');
              return new StackTraceElement(call.substring(0, dot), call.substring(dot + 1), "X", 1);
            })
            .toList();
    return CallRules.shipped().judge(new Incident(1, "loop", null, 0, nanos, kind, stack), LIMIT);
  }

  private static String rule(Incident.Kind kind, String... calls) {
    return judge(kind, 5_000_000, calls).map(BlockedCall::rule).orElse("none");
  }

  @Test
  void callNearestToTheUser_decides() {
    assertEquals(
        "EL103",
        rule(
            Incident.Kind.WAIT,
            "jdk.internal.misc.Unsafe.park",
            "java.util.concurrent.locks.LockSupport.park",
            "java.util.concurrent.CountDownLatch.await",
            USER,
            LOOP));
    BlockedCall call =
        judge(Incident.Kind.SLEEP, 1, "java.lang.Thread.sleep", USER, LOOP).orElseThrow();
    assertEquals("java.lang.Thread.sleep", call.call());
    assertEquals("find", call.at().getMethodName());
  }

  @Test
  void callThatNoRowKnows_isJudgedByItsKind() {
    assertEquals("EL310", rule(Incident.Kind.FILE, "sun.unheard.Of.it", USER, LOOP));
    assertEquals("EL101", rule(Incident.Kind.SLEEP, USER, LOOP));
  }

  @Test
  void loadingAClass_doesNotCount() {
    String file = "java.io.RandomAccessFile.read";
    String loader = "java.lang.ClassLoader.loadClass";
    assertEquals("none", rule(Incident.Kind.FILE, file, loader, USER, LOOP));
    assertEquals("none", rule(Incident.Kind.FILE, file, "shop.Prices.<clinit>", USER, LOOP));
    assertEquals("EL101", rule(Incident.Kind.SLEEP, "shop.Prices.<clinit>", USER, LOOP));
  }

  @Test
  void logging_doesNotCount() {
    assertEquals(
        "none",
        rule(
            Incident.Kind.FILE,
            "java.io.FileOutputStream.write",
            "java.util.logging.StreamHandler.publish",
            USER,
            LOOP));
  }

  @Test
  void frameworkThatIsShort_doesNotCount_butOneThatIsLongDoes() {
    String[] stack = {"java.io.File.exists", "io.vertx.core.impl.VertxImpl.resolveFile", USER};
    assertTrue(judge(Incident.Kind.FILE_NAME, LIMIT - 1, stack).isEmpty());
    BlockedCall call = judge(Incident.Kind.FILE_NAME, LIMIT, stack).orElseThrow();
    assertEquals("EL311", call.rule());
    assertEquals("io.vertx.core.impl.VertxImpl.resolveFile", call.call());
  }

  @Test
  void frameworkWithoutTheUser_isNobodysFault() {
    assertEquals("none", rule(Incident.Kind.STUCK, "java.lang.Object.wait", LOOP));
  }

  @Test
  void methodOfVertxThatSaysItBlocks_counts() {
    String read = "java.nio.file.Files.readAllBytes";
    assertEquals(
        "EL312",
        rule(
            Incident.Kind.FILE,
            read,
            "io.vertx.core.file.impl.FileSystemImpl.perform",
            "io.vertx.core.file.impl.FileSystemImpl.readFileBlocking",
            USER,
            LOOP));
    String park = "java.util.concurrent.locks.LockSupport.park";
    assertEquals("EL105", rule(Incident.Kind.WAIT, park, "io.vertx.core.Future.await", USER));
  }

  @Test
  void lockThatIsFreeSoon_doesNotCount() {
    String[] stack = {"java.util.concurrent.locks.ReentrantLock.lock", USER, LOOP};
    assertTrue(judge(Incident.Kind.WAIT, 9_999_999, stack).isEmpty());
    assertEquals("EL201", judge(Incident.Kind.WAIT, 10_000_000, stack).orElseThrow().rule());
  }

  @Test
  void monitorWhoseHolderDidNotBlock_countsFromTheLimitOn() {
    assertTrue(judge(Incident.Kind.LOCK, LIMIT - 1, USER, LOOP).isEmpty());
    assertEquals("EL201", judge(Incident.Kind.LOCK, LIMIT, USER, LOOP).orElseThrow().rule());
    assertEquals("EL201", judge(Incident.Kind.HELD, 10_000_000, USER, LOOP).orElseThrow().rule());
  }

  @Test
  void lockInsideOfAQueue_isALock() {
    String[] stack = {
      "java.util.concurrent.locks.ReentrantLock.lock",
      "java.util.concurrent.LinkedBlockingQueue.put",
      USER,
      LOOP
    };
    assertTrue(judge(Incident.Kind.WAIT, 9_999_999, stack).isEmpty());
    stack[0] = "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject.await";
    assertEquals("EL103", judge(Incident.Kind.WAIT, 1, stack).orElseThrow().rule());
  }

  @Test
  void computing_countsFromTheLimitOn() {
    assertTrue(judge(Incident.Kind.BUSY, LIMIT - 1, USER, LOOP).isEmpty());
    assertEquals("EL401", judge(Incident.Kind.BUSY, LIMIT, USER, LOOP).orElseThrow().rule());
  }

  @Test
  void namelessFile_isTheConsole() {
    assertEquals("EL331", rule(Incident.Kind.CONSOLE, "java.io.FileInputStream.read", USER, LOOP));
  }

  @Test
  void rules_areThoseOfTheScanner() {
    List<String> unknown =
        CallRules.shipped().ruleIds().stream().filter(id -> Rule.find(id).isEmpty()).toList();
    assertEquals(List.of(), unknown);
    for (Incident.Kind kind : Incident.Kind.values()) {
      assertTrue(Rule.find(kind.rule).isPresent(), kind.rule);
    }
  }
}
