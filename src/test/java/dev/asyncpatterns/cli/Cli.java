package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A command run in this JVM: its exit status and what it printed. */
record Cli(int status, String out, String err) {
  /** Patterns whose demos are fakes; their ids are what the fakes call themselves. */
  static final String FAKES =
      """
      Honest       | sync | what a demo should be | Semaphore | demo.Fakes | demo.Fakes$Honest | demo.Fakes | none (a fake)
      FailingCheck | sync | a demo that fails     | -         | demo.Fakes | demo.Fakes$FailingCheck | demo.Fakes | none (a fake)
      Skips        | task | a demo that skips     | -         | demo.Fakes | demo.Fakes$Skips | demo.Fakes | none (a fake)
      """;

  static Cli run(Path conf, String catalog, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Session session = new Session(Catalog.parse(catalog), terminal(out), terminal(err), conf);
    int status = Main.run(session, args);
    return new Cli(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Settings with a limit that a busy machine does not reach by itself. */
  static Path patient(Path project) throws IOException {
    Path conf = Files.createDirectories(project.resolve("conf"));
    Files.writeString(
        conf.resolve("vertx-options.json"),
        "{\"maxEventLoopExecuteTime\": 2, \"maxEventLoopExecuteTimeUnit\": \"SECONDS\"}");
    return conf;
  }

  List<String> lines() {
    return out.lines().toList();
  }

  String lastLine() {
    return lines().get(lines().size() - 1);
  }

  private static Terminal terminal(ByteArrayOutputStream stream) {
    return Terminal.plain(new PrintStream(stream, true, StandardCharsets.UTF_8));
  }
}
