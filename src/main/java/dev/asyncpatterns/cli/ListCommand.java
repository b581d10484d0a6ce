package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Terminal.Style;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the patterns. Without {@code --json} it touches nothing of Vert.x, to be quick. */
@Command(name = "list", description = "List the patterns.")
final class ListCommand extends CliCommand {
  @Option(names = "--json", description = "As a JSON array.")
  private boolean json;

  @Option(names = "--markdown", description = "As the table of the README.")
  private boolean markdown;

  ListCommand(Session session) {
    super(session);
  }

  @Override
  public Integer call() {
    if (json) {
      session.out().line(Json.array(session.catalog()));
    } else if (markdown) {
      ReadmeTable.lines(session.catalog()).forEach(session.out()::line);
    } else {
      session.catalog().rows().forEach(this::print);
      session.out().line(session.catalog().rows().size() + " patterns; ./run.sh demo ID runs one");
    }
    return Session.OK;
  }

  private void print(Catalog.Row row) {
    String id = String.format(Locale.ROOT, "%-16s", row.id());
    String rest = String.format(Locale.ROOT, " %-10s %-60s", row.family(), row.title());
    String asyncio = row.asyncio().equals("-") ? "" : row.asyncio();
    session
        .out()
        .line((session.out().paint(Style.BOLD, id) + rest + " " + asyncio).stripTrailing());
  }

  /** Apart, so that a list without JSON does not load the JSON classes. */
  private static final class Json {
    static String array(Catalog catalog) {
      JsonArray rows = new JsonArray();
      catalog.rows().forEach(row -> rows.add(object(row)));
      return rows.encodePrettily();
    }

    private static JsonObject object(Catalog.Row row) {
      return new JsonObject()
          .put("id", row.id())
          .put("family", row.family())
          .put("title", row.title())
          .put("asyncio", row.asyncio())
          .put("type", row.type())
          .put("demo", row.demo())
          .put("test", row.test())
          .put("benchmark", row.benchmark());
    }
  }
}
