package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.DemoRunner;
import dev.asyncpatterns.demo.DemoSettings;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the demos of some patterns and tells their stories. */
@Command(name = "demo", description = "Run the demos of some patterns: problem, fix and proof.")
final class DemoCommand extends CliCommand {
  @Parameters(paramLabel = "ID", arity = "1..*", description = "Patterns, as list names them.")
  private List<String> ids = new ArrayList<>();

  @Option(names = "--json", description = "A JSON object a line; the stories go to stderr.")
  private boolean json;

  @Option(
      names = "--sabotage",
      description = "Run the wrong way in the fix's place: every demo must fail.")
  private boolean sabotage;

  DemoCommand(Session session) {
    super(session);
  }

  @Override
  public Integer call() {
    List<Catalog.Row> rows = session.rows(ids);
    return rows == null ? Session.USAGE : run(rows);
  }

  private int run(List<Catalog.Row> rows) {
    DemoSettings settings = DemoSettings.load(session.conf());
    Tally tally = new Tally();
    try (DemoRunner runner = DemoRunner.create(settings, json ? session.err() : session.out());
        Interrupt interrupt = Interrupt.closing(runner, session.err())) {
      for (Catalog.Row row : rows) {
        Demo.Result result = interrupt.guard(() -> runner.run(row, sabotage));
        tally.add(result);
        if (json) {
          session.out().line(ResultJson.line(result));
        }
      }
    }
    if (!json && rows.size() > 1) {
      session.out().line(tally.line());
    }
    return tally.status();
  }
}
