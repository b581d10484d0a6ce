package dev.asyncpatterns.demo.blocking;

import dev.asyncpatterns.blocking.Blocking;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Four files are to be hashed, with blocking reads. On the event loop everything else stands still;
 * in a plain {@code executeBlocking} they wait for each other, though the pool has twenty threads.
 */
public final class OffloadDemo extends Demo<OffloadDemo.Seen> {
  private static final int FILES = 4;
  private static final int SIZE = 6 << 20;
  private static final int CHUNK = 64 * 1024;
  private static final long ON_THE_LOOP_NANOS = 200_000_000;
  private static final long TICK_MILLIS = 5;

  /**
   * What was seen of one way.
   *
   * @param millis how long all files took in the worker pool
   * @param atOnce how many were being hashed at the same time, at most
   * @param onTheLoop files hashed on the event loop
   * @param lateMillis the longest the event loop kept a timer waiting
   * @param same whether the hashes are right
   */
  record Seen(long millis, int atOnce, int onTheLoop, long lateMillis, boolean same) {}

  private final List<Path> files = new ArrayList<>();
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger onTheLoop = new AtomicInteger();
  private List<String> expected = List.of();
  private Path folder = Path.of("");
  private long lastTick;
  private long worstGap;

  @Override
  protected Future<?> open(Story story) {
    return vertx.executeBlocking(this::makeFiles, false);
  }

  private Void makeFiles() throws IOException, NoSuchAlgorithmException {
    byte[] content = new byte[SIZE];
    new Random(1).nextBytes(content);
    folder = Files.createTempDirectory("offload-demo");
    List<String> hashes = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      content[0]++;
      Path file = Files.write(folder.resolve("file-" + i), content);
      files.add(file);
      hashes.add(hash(file));
    }
    expected = hashes;
    return null;
  }

  private static MessageDigest digest() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA3-512");
  }

  private String hash(Path file) throws IOException, NoSuchAlgorithmException {
    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
    onTheLoop.addAndGet(Context.isOnEventLoopThread() ? 1 : 0);
    MessageDigest digest = digest();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = new byte[CHUNK];
      for (int n; (n = in.read(chunk)) >= 0; ) {
        digest.update(chunk, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } finally {
      inside.decrementAndGet();
    }
  }

  @Override
  protected Future<Seen> wrong(Story story) throws Exception {
    return watch(() -> {
      // @start region="wrong"
      for (long start = System.nanoTime(); System.nanoTime() - start < ON_THE_LOOP_NANOS; ) {
        hash(files.get(0)); // on the event loop: no request, no timer, nothing else runs
      }
      long began = System.nanoTime();
      List<Future<String>> hashes = new ArrayList<>();
      for (Path file : files) {
        hashes.add(vertx.executeBlocking(() -> hash(file))); // ordered unless told otherwise
      }
      // @end
      return seen(began, hashes);
    });
  }

  @Override
  protected Future<Seen> right(Story story) throws Exception {
    return watch(() -> {
      // @start region="right"
      long began = System.nanoTime();
      List<Future<String>> hashes = new ArrayList<>();
      for (Path file : files) {
        hashes.add(Blocking.parallel(() -> hash(file)));
      }
      // @end
      return seen(began, hashes);
    });
  }

  private interface Way {
    Future<Seen> run() throws Exception;
  }

  /** Runs it beside a timer that notes how late it is. */
  private Future<Seen> watch(Way way) throws Exception {
    most.set(0);
    onTheLoop.set(0);
    worstGap = 0;
    lastTick = System.nanoTime();
    long ticker = vertx.setPeriodic(TICK_MILLIS, tick -> noteGap());
    return way.run().onComplete(done -> vertx.cancelTimer(ticker));
  }

  private void noteGap() {
    long now = System.nanoTime();
    worstGap = Math.max(worstGap, now - lastTick);
    lastTick = now;
  }

  private Future<Seen> seen(long began, List<Future<String>> hashes) {
    return Future.all(hashes)
        .map(all -> {
          noteGap();
          long millis = (System.nanoTime() - began) / 1_000_000;
          long late = Math.max(0, worstGap / 1_000_000 - TICK_MILLIS);
          return new Seen(
              millis, most.get(), onTheLoop.get(), late, expected.equals(all.<String>list()));
        });
  }

  @Override
  protected boolean blocks() {
    return true;
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "%d files hashed on the loop: a timer came %d ms late",
        seen.onTheLoop(), seen.lateMillis());
    story.problem(
        "%d files in plain executeBlocking: %d at a time, %d ms in all",
        FILES, seen.atOnce(), seen.millis());
    if (seen.atOnce() > 1) {
      story.notReproduced("executeBlocking was expected to be ordered by default");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix(
        "%d files in Blocking.parallel: %d at a time, %d ms in all",
        FILES, seen.atOnce(), seen.millis());
    story.proof("a timer of the loop came at most %d ms late", seen.lateMillis());
    story.measured("allFilesMillis", seen.millis());
    story.measured("atOnce", seen.atOnce());
    story.measured("timerLateMillis", seen.lateMillis());
    story.check("the hashes are right", seen.same());
    story.check("files are hashed at the same time", seen.atOnce() > 1, seen.atOnce());
    story.check("no file is hashed on the loop", seen.onTheLoop() == 0, seen.onTheLoop());
  }

  @Override
  protected Future<?> close(Story story) {
    return vertx.fileSystem().deleteRecursive(folder.toString());
  }
}
