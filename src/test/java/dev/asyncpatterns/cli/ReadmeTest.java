package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.asyncpatterns.task.Fork;
import dev.asyncpatterns.task.TaskScope;
import dev.asyncpatterns.task.Timeouts;
import dev.asyncpatterns.testing.VirtualTime;
import dev.asyncpatterns.testing.VirtualTimeExtension;
import dev.asyncpatterns.time.Delay;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.auth.authentication.Credentials;
import io.vertx.ext.web.Router;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every Java example of the README and the guide is code that is compiled and run by a test. */
class ReadmeTest {
  private static final Path PROJECT = Path.of("");

  @TestFactory
  Stream<DynamicTest> everyJavaExample_standsInATest() throws IOException {
    List<String> sources = sources();
    List<String> blocks = blocks(Files.readAllLines(PROJECT.resolve("README.md")));
    assertTrue(blocks.size() >= 3, "examples in the README: " + blocks.size());
    try (Stream<Path> guide = Files.walk(PROJECT.resolve("docs"))) {
      for (Path page : guide.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
        blocks.addAll(blocks(Files.readAllLines(page)));
      }
    }
    return blocks.stream()
        .map(block ->
            dynamicTest(
                block.lines().findFirst().orElse(""),
                () ->
                    assertTrue(
                        sources.stream().anyMatch(source -> source.contains(block)),
                        "no file under src/test has these lines:\n" + block)));
  }

  @Test
  void findingOfTheScanner_isOne() throws IOException {
    String readme = Files.readString(PROJECT.resolve("README.md"));
    int begin = readme.indexOf("\n", readme.indexOf("$ ./run.sh scan")) + 1;
    String finding = readme.substring(begin, readme.indexOf("```", begin));
    assertTrue(finding.startsWith("error EL"), finding);
    Cli scan =
        Cli.run(
            PROJECT.resolve("conf"),
            Cli.FAKES,
            "scan",
            jarOf(Router.class),
            "--classpath",
            jarOf(Vertx.class) + File.pathSeparator + jarOf(Credentials.class));
    assertEquals(1, scan.status(), scan.err());
    assertTrue(scan.out().contains(finding), scan.out());
  }

  private static String jarOf(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation().getPath();
  }

  private static List<String> sources() throws IOException {
    List<String> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(PROJECT.resolve("src/test"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        all.add(plain(Files.readAllLines(file)));
      }
    }
    return all;
  }

  private static List<String> blocks(List<String> readme) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < readme.size(); i++) {
      if (readme.get(i).equals("```java")) {
        int end = i + readme.subList(i, readme.size()).indexOf("```");
        all.add(plain(readme.subList(i + 1, end)));
      }
    }
    return all;
  }

  /** Without comments, blanks and empty lines: the formatter's business, not the reader's. */
  private static String plain(List<String> lines) {
    return lines.stream()
        .map(line -> line.replaceFirst("//.*", "").replaceAll("\\s+", ""))
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining());
  }

  record User(String name) {}

  record Orders(int count) {}

  record Page(User user, Orders orders) {}

  record Users(Duration takes) {
    Future<User> find(String id) {
      return Delay.of(takes).map(v -> new User(id));
    }

    Future<Orders> of(String id) {
      return Delay.of(takes).map(v -> new Orders(id.length()));
    }
  }

  /** The first example. */
  @Nested
  @ExtendWith(VirtualTimeExtension.class)
  class FirstTest {
    private final Users users = new Users(Duration.ofMillis(150));
    private final Users orders = users;
    private final String id = "ada";

    @Test
    void bothAtOnce_withinTheTime(Vertx vertx, VirtualTime time) {
      assertEquals(
          new Page(new User("ada"), new Orders(3)), time.await(Timeouts.on(vertx, this::page)));
      assertEquals(Duration.ofMillis(150), time.now());
    }

    private Future<Page> page() {
      Future<Page> page =
          Timeouts.within(
              Duration.ofMillis(200),
              () ->
                  TaskScope.run(scope -> {
                    Fork<User> user = scope.fork(() -> users.find(id));
                    Fork<Orders> bought = scope.fork(() -> orders.of(id));
                    return user.future().compose(u -> bought.future().map(o -> new Page(u, o)));
                  }));
      return page;
    }
  }

  @Nested
  @ExtendWith(VirtualTimeExtension.class)
  class PatienceTest {
    @Test
    void waitsAnHour_inAMillisecond(Vertx vertx, VirtualTime time) {
      time.await(vertx.timer(1, TimeUnit.HOURS));
      assertEquals(Duration.ofHours(1), time.now());
    }
  }
}
