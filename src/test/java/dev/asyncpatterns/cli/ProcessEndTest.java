package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.stream.Stream;
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
      System.exit(Main.run(session, "demo", "hangs", "--json"));
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
      Thread.getAllStackTraces().forEach(ProcessEndTest::sayWhoExits);
      try {
        vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void sayWhoExits(Thread thread, StackTraceElement[] stack) {
    boolean exits = Stream.of(stack).anyMatch(call -> call.getMethodName().equals("exit"));
    if (exits) {
      System.out.println("exit called on " + thread.getName());
    }
  }

  private static Process start(Class<?> main, String... args) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java, "-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).start();
  }

  @Test
  void demoWithExit_endsTheJvmUnderALauncher_withItsVerdict() throws Exception {
    Process passing = start(Launcher.class, Fakes.Honest.class.getName());
    Process failing = start(Launcher.class, Fakes.FailingCheck.class.getName());
    for (Process process : List.of(passing, failing)) {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(out.endsWith("exit called on exit\n"), "the loop must stay free: " + out);
    }
    assertEquals(0, passing.waitFor());
    assertEquals(1, failing.waitFor());
  }

  @Test
  void signal_drains_andSaysSo() throws Exception {
    Process process = start(Hanging.class);
    BufferedReader story = process.errorReader(StandardCharsets.UTF_8);
    List<String> told = new ArrayList<>();
    String line = "";
    while (line != null && !line.contains("waiting for nothing")) {
      line = story.readLine();
      told.add(String.valueOf(line));
    }
    assertTrue(line != null, "the demo did not hang: " + told);
    process.toHandle().destroy();
    List<String> rest = story.lines().toList();
    List<String> results = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertEquals(128 + 15, process.waitFor());
    assertEquals(List.of("Interrupted: undeploying and closing Vert.x ...", "Drained."), rest);
    assertEquals(List.of("child undeployed"), results, "a demo that was cut has no verdict");
  }
}
