package dev.asyncpatterns.testing;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.ZipFile;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Operations that block, each run on an event loop under a guard, in a JVM without flags. Prints a
 * line for each: its name, then the rules and the calls that the guard named.
 */
final class BlockingOperations {
  private final Map<String, Operation> all = new LinkedHashMap<>();
  private final Vertx vertx = Vertx.vertx();
  private final Path folder;
  private final Path file;
  private final Path zip;
  private final FileChannel channel;

  /** Something that blocks. */
  private interface Operation {
    void run() throws Exception;
  }

  private BlockingOperations() throws IOException {
    folder = Files.createTempDirectory("no-blocking");
    file = Files.writeString(folder.resolve("file"), "content");
    zip = folder.resolve("file.zip");
    try (var out = new java.util.zip.ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new java.util.zip.ZipEntry("entry"));
    }
    channel = FileChannel.open(file);
    waits();
    files();
    rest();
  }

  private void waits() throws IOException {
    // Begins here, off the loop, and is waited for first.
    Process slow = new ProcessBuilder("sleep", "2").start();
    all.put("Process.waitFor", slow::waitFor);
    all.put("Thread.sleep(ms)", () -> Thread.sleep(5));
    all.put("Thread.sleep(ms,ns)", () -> Thread.sleep(5, 100));
    all.put("TimeUnit.sleep", () -> TimeUnit.MILLISECONDS.sleep(5));
    all.put("Object.wait", this::waitForNobody);
    all.put("LockSupport.parkNanos", () -> LockSupport.parkNanos(5_000_000));
    all.put("CountDownLatch.await", () -> awaitNobody(new CountDownLatch(1)));
    all.put("CompletableFuture.get", BlockingOperations::getFromNobody);
    all.put("ReentrantLock.lock", BlockingOperations::lockWhatIsHeld);
    all.put("synchronized", BlockingOperations::enterWhatIsHeld);
    all.put("System.in.read", () -> System.in.read());
  }

  private void files() {
    all.put("Files.readAllBytes", () -> Files.readAllBytes(file));
    all.put("FileInputStream.read", this::readStream);
    all.put("File.exists", () -> new File("somewhere").exists());
    all.put("Files.exists", () -> Files.exists(file));
    all.put("Files.list", () -> Files.list(folder).close());
    all.put("RandomAccessFile", () -> new RandomAccessFile(file.toFile(), "r").close());
    all.put("ZipFile", () -> new ZipFile(zip.toFile()).close());
    all.put("FileChannel.read", () -> channel.read(ByteBuffer.allocate(10), 0));
    all.put("FileSystem.readFileBlocking", this::readByVertx);
  }

  private void rest() {
    all.put("InetAddress.getByName", () -> InetAddress.getByName("localhost"));
    all.put("Socket.connect", BlockingOperations::connectToNobody);
    all.put("SecureRandom.generateSeed", () -> new SecureRandom().generateSeed(8));
    all.put("PBKDF2", BlockingOperations::hash);
    all.put("busy", BlockingOperations::spin);
  }

  private synchronized void waitForNobody() throws InterruptedException {
    wait(5);
  }

  private static void awaitNobody(CountDownLatch latch) throws InterruptedException {
    if (latch.await(5, TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("nobody counts down");
    }
  }

  private static void getFromNobody() throws Exception {
    try {
      new CompletableFuture<String>().get(5, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // As it should be.
    }
  }

  /** Another thread holds something for some milliseconds; goes on as soon as it does. */
  private static void whileHeld(Runnable taken, CountDownLatch held) throws InterruptedException {
    new Thread(taken).start();
    held.await();
  }

  private static void lockWhatIsHeld() throws InterruptedException {
    ReentrantLock lock = new ReentrantLock();
    CountDownLatch held = new CountDownLatch(1);
    whileHeld(
        () -> {
          lock.lock();
          held.countDown();
          LockSupport.parkNanos(20_000_000);
          lock.unlock();
        },
        held);
    lock.lock();
    lock.unlock();
  }

  private static void enterWhatIsHeld() throws InterruptedException {
    Object monitor = new Object();
    CountDownLatch held = new CountDownLatch(1);
    whileHeld(
        () -> {
          synchronized (monitor) {
            held.countDown();
            LockSupport.parkNanos(20_000_000);
          }
        },
        held);
    synchronized (monitor) {
      LockSupport.unpark(Thread.currentThread());
    }
  }

  private void readStream() throws IOException {
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      in.read();
    }
  }

  private void readByVertx() {
    vertx.fileSystem().readFileBlocking(file.toString());
  }

  private static void connectToNobody() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 1));
    } catch (java.net.ConnectException e) {
      // As it should be.
    }
  }

  private static void hash() throws Exception {
    SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
        .generateSecret(new PBEKeySpec("word".toCharArray(), new byte[16], 200_000, 256));
  }

  private static void spin() {
    long end = System.nanoTime() + 200_000_000;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }

  /** Runs one of them, or all. */
  public static void main(String[] args) throws Exception {
    BlockingOperations operations = new BlockingOperations();
    try (LoopGuard guard = LoopGuard.start(50)) {
      for (Map.Entry<String, Operation> one : operations.all.entrySet()) {
        operations.runOnLoop(one.getValue());
        System.out.println(one.getKey() + " | " + named(guard.blocked()));
      }
    }
    operations.vertx.close().await(5, TimeUnit.SECONDS);
  }

  private void runOnLoop(Operation operation) throws TimeoutException {
    Promise<Void> done = Promise.promise();
    vertx.runOnContext(none -> {
      try {
        operation.run();
        done.complete();
      } catch (Exception e) {
        done.fail(e);
      }
    });
    done.future().await(5, TimeUnit.SECONDS);
  }

  private static String named(List<BlockedCall> calls) {
    return calls.stream()
        .map(call -> call.rule() + " " + call.call() + " < " + call.at().getMethodName())
        .reduce((one, two) -> one + ", " + two)
        .orElse("");
  }
}
