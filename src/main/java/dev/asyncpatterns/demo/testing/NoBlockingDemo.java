package dev.asyncpatterns.demo.testing;

import dev.asyncpatterns.blocking.Blocking;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Story;
import dev.asyncpatterns.testing.BlockedCall;
import dev.asyncpatterns.testing.LoopGuard;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A verticle reads a file and waits on its event loop, for some milliseconds. It answers well, and
 * is too quick for the blocked-thread checker, so that its test is green.
 */
public final class NoBlockingDemo extends Demo<NoBlockingDemo.Seen> {
  private static final int MAX_LOOP_MILLIS = 50;
  private static final String PRICE = "7";

  private Path file = Path.of("");

  /**
   * What a test of the verticle saw.
   *
   * @param right whether the answer was right
   * @param blocked the calls that blocked the loop
   */
  record Seen(boolean right, List<BlockedCall> blocked) {
    boolean has(String rule) {
      return blocked.stream().anyMatch(call -> call.rule().equals(rule));
    }
  }

  /** Answers with what stands in a file, and takes its time. */
  static final class PricesVerticle extends VerticleBase {
    private final Path file;

    PricesVerticle(Path file) {
      this.file = file;
    }

    @Override
    public Future<?> start() {
      return vertx
          .eventBus()
          .<String>consumer("no-blocking.price", message -> message.reply(find()))
          .completion();
    }

    private String find() {
      try {
        Thread.sleep(5);
        return Files.readString(file);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "";
      } catch (IOException e) {
        return "";
      }
    }
  }

  @Override
  protected Future<?> open(Story story) {
    return Blocking.parallel(() -> {
      file = Files.writeString(Files.createTempFile("no-blocking-demo", ""), PRICE);
      return file;
    });
  }

  private Future<String> ask() {
    return vertx
        .deployVerticle(new PricesVerticle(file))
        .compose(id ->
            vertx
                .eventBus()
                .<String>request("no-blocking.price", "tea")
                .map(message -> message.body())
                .eventually(() -> vertx.undeploy(id)));
  }

  @Override
  protected Future<Seen> wrong(Story story) {
    // @start region="wrong"
    Future<Boolean> test = ask().map(price -> price.equals(PRICE)); // true: the test is green
    // @end
    return test.map(right -> new Seen(right, List.of()));
  }

  @Override
  protected Future<Seen> right(Story story) {
    // @start region="right"
    // What @NoBlocking does around a test, without JUnit.
    return Blocking.parallel(() -> LoopGuard.start(MAX_LOOP_MILLIS))
        .compose(guard -> ask().compose(price -> Blocking.parallel(() -> seen(price, guard))));
    // @end
  }

  private static Seen seen(String price, LoopGuard guard) {
    try (guard) {
      return new Seen(price.equals(PRICE), guard.blocked());
    }
  }

  @Override
  protected void problem(Story story, Seen seen) {
    story.problem(
        "the answer is %s, so the test is green; it named %d calls that block",
        seen.right() ? "right" : "wrong", seen.blocked().size());
    if (!seen.right()) {
      story.notReproduced("the answer was expected to be right");
    }
  }

  @Override
  protected void proof(Story story, Seen seen) {
    story.fix("the guard names %d calls that block", seen.blocked().size());
    seen.blocked().forEach(call -> story.proof("%s", call));
    story.measured("blockedCalls", seen.blocked().size());
    story.check("the answer is right all the same", seen.right());
    story.check("the sleep is named", seen.has("EL101"), seen.blocked());
    story.check("the reading is named", seen.has("EL310"), seen.blocked());
  }

  @Override
  protected Future<?> close(Story story) {
    return vertx.fileSystem().delete(file.toString());
  }
}
