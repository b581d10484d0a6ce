package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Fakes;
import dev.asyncpatterns.demo.Terminal;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a JVM that runs a demo ends, seen from outside. */
@Tag("fork")
@Timeout(60)
class ProcessEndTest {

  /** Runs a fake that hangs, as the command line would. */
  static final class Hanging {
    public static void main(String[] args) {
      String row = "hangs | f | t | - | f.A | demo.Fakes$Hangs | f.T | none (a fake)";
      Catalog catalog = Catalog.parse(row);
      Session session = new Session(catalog, Terminal.stdout(), Terminal.stderr(), null);
      System.exit(Main.run(session, "demo", "hangs"));
    }
  }

  /** Deploys a demo as the Vert.x launcher does: with a shutdown hook that waits for the close. */
  static final class Launcher {
    public static void main(String[] args) {
      Vertx vertx = Vertx.vertx();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> closed(vertx)));
      JsonObject exit = new JsonObject().put("exit", true);
      vertx.deployVerticle(args[0], new DeploymentOptions().setConfig(exit));
    }

    private static void closed(Vertx vertx) {
      try {
        vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static Process start(Class<?> main, String... args) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java, "-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).start();
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void demoWithExit_endsTheJvmUnderALauncher_withItsVerdict() throws Exception {
    Process passing = start(Launcher.class, Fakes.Honest.class.getName());
    Process failing = start(Launcher.class, Fakes.FailingCheck.class.getName());
    assertEquals(0, passing.waitFor());
    assertEquals(1, failing.waitFor());
  }

  @Test
  void signal_drains_andSaysSo() throws Exception {
    Process process = start(Hanging.class);
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && !line.contains("waiting for nothing")) {
      line = out.readLine();
    }
    assertTrue(line != null, "the demo hangs");
    process.toHandle().destroy();
    List<String> rest = out.lines().toList();
    String errors = errors(process);
    assertEquals(128 + 15, process.waitFor());
    assertTrue(errors.contains("Interrupted: "), errors);
    assertTrue(errors.endsWith("Drained.\n"), errors);
    assertFalse(rest.toString().contains("FAIL"), "a demo that was cut has no verdict: " + rest);
  }
}
