package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.DemoRunner;
import dev.asyncpatterns.demo.DemoSettings;
import dev.asyncpatterns.demo.Terminal;
import dev.asyncpatterns.demo.Terminal.Style;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

/** Runs every demo: progress, a table, a count. The story of a demo is told when it failed. */
@Command(
    name = "./run.sh",
    synopsisSubcommandLabel = "[COMMAND]",
    description = "Async patterns for Vert.x. Without a command: run every demo.",
    footer = {"", "Status: 0 all well, 1 a demo failed, 2 wrong call, 130 interrupted."})
final class AllCommand extends CliCommand {
  private final ByteArrayOutputStream story = new ByteArrayOutputStream();
  private final Terminal out;

  AllCommand(Session session) {
    super(session);
    out = session.out();
  }

  @Override
  public Integer call() {
    PrintStream told = new PrintStream(story, true, StandardCharsets.UTF_8);
    DemoSettings settings = DemoSettings.load(session.conf());
    List<Demo.Result> results = new ArrayList<>();
    try (DemoRunner runner = DemoRunner.create(settings, new Terminal(told, out.colour()));
        Interrupt interrupt = Interrupt.closing(runner, session.err())) {
      for (Catalog.Row row : session.catalog().rows()) {
        announce(results.size() + 1, row);
        Demo.Result result = interrupt.guard(() -> runner.run(row, false));
        results.add(result);
        report(results.size(), result);
      }
    }
    out.line("");
    results.forEach(result -> out.line(tableLine(result)));
    out.line("");
    Tally tally = new Tally();
    results.forEach(tally::add);
    out.line(tally.line());
    return tally.status();
  }

  /** Says on a terminal which demo is running; the report overwrites it. */
  private void announce(int number, Catalog.Row row) {
    if (out.colour()) {
      out.out().print("\r\u001b[K" + count(number) + " " + row.id() + " ...");
      out.out().flush();
    }
  }

  private void report(int number, Demo.Result result) {
    String line = count(number) + " " + verdict(result) + " " + result.id();
    out.line((out.colour() ? "\r\u001b[K" : "") + line);
    if (result.verdict() == Demo.Verdict.FAIL) {
      out.out().print(story.toString(StandardCharsets.UTF_8));
    }
    story.reset();
  }

  private String count(int number) {
    return String.format(Locale.ROOT, "[%2d/%d]", number, session.catalog().rows().size());
  }

  private String tableLine(Demo.Result result) {
    return verdict(result)
        + String.format(
            Locale.ROOT,
            "  %-16s %5.1f s  blocked warnings: problem %d, fix %d  %s",
            result.id(),
            result.millis() / 1000.0,
            result.blockedWarnings().problem(),
            result.blockedWarnings().fix(),
            result.reason());
  }

  private String verdict(Demo.Result result) {
    Style style =
        switch (result.verdict()) {
          case PASS -> Style.GREEN;
          case FAIL -> Style.RED;
          case SKIP -> Style.YELLOW;
        };
    return out.paint(style, result.verdict().name());
  }
}
