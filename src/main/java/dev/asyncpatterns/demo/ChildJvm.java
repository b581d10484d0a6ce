package dev.asyncpatterns.demo;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A JVM of its own, for problems that would overflow this one's stacks. */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * Runs a main class to its end on a worker thread, with this JVM's class path.
   *
   * @param vertx whose worker waits
   * @param main the class
   * @param flags for the JVM
   * @return the words it printed, on the caller's context
   */
  public static Future<List<String>> run(Vertx vertx, Class<?> main, String... flags) {
    return vertx
        .<String>executeBlocking(() -> said(main, flags))
        .map(said -> List.of(String.valueOf(said).split(" ", -1)));
  }

  private static String said(Class<?> main, String... flags) throws IOException {
    Process child = start(main, flags);
    try (var out = child.getInputStream()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  private static Process start(Class<?> main, String... flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    Collections.addAll(command, flags);
    Collections.addAll(command, "-cp", System.getProperty("java.class.path"), main.getName());
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.DISCARD) // the stack overflows it logs
        .start();
  }
}
