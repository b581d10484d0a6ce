package dev.asyncpatterns.demo.scan;

import dev.asyncpatterns.blocking.Blocking;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.scan.Finding;
import dev.asyncpatterns.scan.Report;
import dev.asyncpatterns.scan.Scanner;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Two verticles: one blocks its loop two calls away, the other blocks a worker thread. A search for
 * the names of blocking calls accuses the wrong one; the scan follows the calls.
 */
public final class ScanDemo extends Demo<ScanDemo.Seen> {
  private static final String GUILTY = "GuiltyVerticle";
  private static final String INNOCENT = "InnocentVerticle";

  private Path folder = Path.of("");

  /**
   * What was accused.
   *
   * @param accused the verticles said to block their loop
   * @param ways how they get there, a step a line; empty when that is not known
   */
  record Seen(Set<String> accused, List<String> ways) {}

  /** Looks up prices, and is slow. */
  static final class Prices {
    private Prices() {}

    static String find() {
      return remote();
    }

    private static String remote() {
      try {
        Thread.sleep(10);
        return "price";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "";
      }
    }
  }

  /** Nothing in it looks as if it blocked, and it does. */
  static final class GuiltyVerticle extends VerticleBase {
    @Override
    public Future<?> start() {
      vertx.eventBus().consumer("price", message -> message.reply(Prices.find()));
      return Future.succeededFuture();
    }
  }

  /** There is a sleep in it, and no loop ever waits for it. */
  static final class InnocentVerticle extends VerticleBase {
    @Override
    public Future<?> start() {
      vertx.eventBus().consumer("price", message -> slowly().onSuccess(message::reply));
      return Future.succeededFuture();
    }

    private static Future<String> slowly() {
      return Blocking.parallel(() -> {
        Thread.sleep(10);
        return "price";
      });
    }
  }

  @Override
  protected Future<?> open(Story story) {
    return vertx.executeBlocking(this::copyClasses);
  }

  private Void copyClasses() throws IOException {
    folder = Files.createTempDirectory("scan-demo");
    for (Class<?> type : List.of(Prices.class, GuiltyVerticle.class, InnocentVerticle.class)) {
      Files.write(folder.resolve(file(type)), bytes(type));
    }
    return null;
  }

  private static String file(Class<?> type) {
    String name = type.getName();
    return name.substring(name.lastIndexOf('.') + 1) + ".class";
  }

  private static byte[] bytes(Class<?> type) throws IOException {
    try (InputStream in = type.getResourceAsStream(file(type))) {
      if (in == null) {
        throw new IOException("the class file of " + type.getName() + " is missing");
      }
      return in.readAllBytes();
    }
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    return Blocking.parallel(this::search);
  }

  private Seen search() throws IOException {
    // @start region="wrong"
    Set<String> accused = new TreeSet<>();
    for (Class<?> type : List.of(GuiltyVerticle.class, InnocentVerticle.class)) {
      String text = new String(bytes(type), StandardCharsets.ISO_8859_1);
      if (text.contains("sleep")) { // what a text search sees: this class only
        accused.add(type.getSimpleName());
      }
    }
    // @end
    return new Seen(accused, List.of());
  }

  @Override
  protected Future<Seen> right(Story story) {
    return Blocking.parallel(this::scan);
  }

  private Seen scan() {
    // @start region="right"
    Report report = Scanner.create(Scanner.Options.of(List.of(folder))).scan();
    List<Finding> sleeps =
        report.findings().stream().filter(found -> found.rule().id().equals("EL101")).toList();
    // @end
    return seen(sleeps);
  }

  private static Seen seen(List<Finding> findings) {
    Set<String> accused = new TreeSet<>();
    for (Finding finding : findings) {
      accused.add(finding.entry().contains(GUILTY) ? GUILTY : INNOCENT);
    }
    List<String> ways =
        findings.stream()
            .flatMap(finding -> finding.path().stream())
            .map(hop -> hop.method() + " line " + hop.line() + " on the " + hop.where())
            .toList();
    return new Seen(accused, ways);
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem("a search for sleep accuses %s; the other one blocks its loop", seen.accused());
    if (seen.accused().contains(GUILTY)) {
      story.notReproduced("the search was expected to miss " + GUILTY);
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("the scan accuses %s", seen.accused());
    seen.ways().forEach(way -> story.proof("%s", way));
    story.measured("accused", seen.accused().size());
    story.measured("steps", seen.ways().size());
    story.check("the one that blocks is found", seen.accused().contains(GUILTY));
    story.check("the other one is not", !seen.accused().contains(INNOCENT), seen.accused());
    story.check("the way is told", seen.ways().size() >= 3, seen.ways().size());
  }

  @Override
  protected Future<?> close(Story story) {
    return vertx.fileSystem().deleteRecursive(folder.toString());
  }
}
