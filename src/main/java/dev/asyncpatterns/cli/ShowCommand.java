package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Terminal.Style;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows the wrong and the right code of a pattern, from the source of its demo. */
@Command(name = "show", description = "Show the wrong and the right code of a pattern.")
final class ShowCommand extends CliCommand {
  @Parameters(paramLabel = "ID", description = "A pattern, as list names it.")
  private String id = "";

  ShowCommand(Session session) {
    super(session);
  }

  @Override
  public Integer call() {
    List<Catalog.Row> rows = session.rows(List.of(id));
    if (rows == null) {
      return Session.USAGE;
    }
    Catalog.Row row = rows.get(0);
    DemoSource source = DemoSource.of(row.demo(), session.conf());
    List<String> wrong = source.region("wrong");
    List<String> right = source.region("right");
    session.out().line(row.id() + " · " + row.title());
    print("wrong", Style.RED, wrong);
    print("right", Style.GREEN, right);
    session.out().line("");
    session.out().line("whole: " + source.name() + "   run: ./run.sh demo " + row.id());
    return Session.OK;
  }

  private void print(String name, Style style, List<String> code) {
    session.out().line("");
    session.out().line(session.out().paint(style, name));
    code.forEach(line -> session.out().line(("  " + line).stripTrailing()));
  }
}
