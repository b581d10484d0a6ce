package dev.asyncpatterns.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoopGuardTest {
  /** The operations that block, and the rules they break. */
  private static final Map<String, String> RULES =
      Map.ofEntries(
          Map.entry("Thread.sleep(ms)", "EL101"),
          Map.entry("Thread.sleep(ms,ns)", "EL101"),
          Map.entry("TimeUnit.sleep", "EL101"),
          Map.entry("Object.wait", "EL102"),
          Map.entry("LockSupport.parkNanos", "EL102"),
          Map.entry("CountDownLatch.await", "EL103"),
          Map.entry("CompletableFuture.get", "EL104"),
          Map.entry("ReentrantLock.lock", "EL201"),
          Map.entry("synchronized", "EL201"),
          Map.entry("Process.waitFor", "EL330"),
          Map.entry("System.in.read", "EL331"),
          Map.entry("Files.readAllBytes", "EL310"),
          Map.entry("FileInputStream.read", "EL310"),
          Map.entry("File.exists", "EL311"),
          Map.entry("Files.exists", "EL311"),
          Map.entry("Files.list", "EL311"),
          Map.entry("RandomAccessFile", "EL310"),
          Map.entry("ZipFile", "EL310"),
          Map.entry("FileChannel.read", "EL310"),
          Map.entry("FileSystem.readFileBlocking", "EL312"),
          Map.entry("InetAddress.getByName", "EL301"),
          Map.entry("Socket.connect", "EL302"),
          Map.entry("SecureRandom.generateSeed", "EL402"),
          Map.entry("PBKDF2", "EL402"),
          Map.entry("busy", "EL401"));

  /** Between these, the JDK lets neither a security manager be set nor methods be traced. */
  private static boolean seesNames() {
    int release = Runtime.version().feature();
    return release <= 17 || release >= 25;
  }

  @Test
  @Tag("fork")
  void operationsThatBlock_areSeen_withoutFlags() throws Exception {
    Map<String, String> said = runOperations();
    assertEquals(RULES.keySet(), said.keySet());
    TreeSet<String> missed = new TreeSet<>();
    RULES.forEach((name, rule) -> {
      if (!said.get(name).contains(rule)) {
        missed.add(name + " was " + said.get(name));
      }
    });
    assertTrue(missed.size() <= (seesNames() ? 2 : 8), missed::toString);
  }

  private static Map<String, String> runOperations() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                BlockingOperations.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    child.getOutputStream().close();
    String out = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), out);
    Map<String, String> said = new TreeMap<>();
    for (String line : out.lines().toList()) {
      String[] part = line.split(" \\| ", 2);
      said.put(part[0], part[1]);
    }
    return said;
  }

  @Test
  void guardThatSawNothing_saysNothing() {
    try (LoopGuard guard = LoopGuard.start(50)) {
      assertEquals(List.of(), guard.blocked());
    }
  }

  /** Its initialiser takes a while. */
  private static final class Slow {
    private static final CountDownLatch BEGUN = new CountDownLatch(1);

    private static final class Value {
      private static final int ONE = begin();

      private static int begin() {
        BEGUN.countDown();
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        return 1;
      }
    }
  }

  @Test
  void loopThatWaitsForAClassToBeInitialised_isNotBlamed() throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    Thread first = new Thread(() -> assertEquals(1, Slow.Value.ONE));
    try (LoopGuard guard = LoopGuard.start(50)) {
      first.start();
      Slow.BEGUN.await();
      CompletableFuture<Integer> seen = new CompletableFuture<>();
      vertx.runOnContext(v -> seen.complete(Slow.Value.ONE));
      assertEquals(1, seen.join());
      assertEquals(List.of(), guard.blocked());
    } finally {
      first.join();
      vertx.close().await();
    }
  }

  /** Whoever had the lock waits for it again, which is not to block while it is held. */
  @Test
  void lockThatOthersComputeUnder_isJudgedByTheLimit() throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    Object lock = new Object();
    List<Thread> others = Stream.generate(() -> computing(lock)).limit(4).toList();
    try (LoopGuard guard = LoopGuard.start(10_000)) {
      others.forEach(Thread::start);
      CompletableFuture<Boolean> entered = new CompletableFuture<>();
      vertx.runOnContext(v -> {
        synchronized (lock) {
          entered.complete(true);
        }
      });
      assertTrue(entered.join());
      assertEquals(List.of(), guard.blocked());
    } finally {
      for (Thread other : others) {
        other.join();
      }
      vertx.close().await();
    }
  }

  private static Thread computing(Object lock) {
    return new Thread(() -> {
      for (int i = 0; i < 6; i++) {
        synchronized (lock) {
          for (long from = System.nanoTime(); System.nanoTime() - from < 12_000_000; ) {
            Thread.onSpinWait();
          }
        }
      }
    });
  }

  @Test
  void limitBelowOne_isAnError() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> LoopGuard.start(0));
    assertEquals("maxLoopMillis must be at least 1, was 0", e.getMessage());
  }

  @Test
  void closedGuard_saysNothing_andMayBeClosedAgain() {
    LoopGuard guard = LoopGuard.start(50);
    guard.close();
    guard.close();
    assertEquals(List.of(), guard.blocked());
  }
}
