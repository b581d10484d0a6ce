package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import java.util.ArrayList;
import java.util.List;

/** The table of patterns in the README, which stands between two marks. */
final class ReadmeTable {
  static final String BEGIN = "<!-- catalogue: ./run.sh list --markdown writes this table -->";
  static final String END = "<!-- /catalogue -->";

  private ReadmeTable() {}

  /** The whole table with its marks. */
  static List<String> lines(Catalog catalog) {
    List<String> lines = new ArrayList<>();
    lines.add(BEGIN);
    lines.add("| pattern | what for | asyncio | source | demo | test |");
    lines.add("|---|---|---|---|---|---|");
    catalog.rows().forEach(row -> lines.add(line(row)));
    lines.add(END);
    return lines;
  }

  /** The line of one pattern. */
  static String line(Catalog.Row row) {
    String source = link("src/main/java/", row.type());
    String demo = link("src/main/java/", row.demo());
    String test = link("src/test/java/", row.test());
    return "| %s | %s | %s | %s | %s | %s |"
        .formatted(row.id(), row.title(), row.asyncio(), source, demo, test);
  }

  private static String link(String root, String type) {
    String simple = type.substring(type.lastIndexOf('.') + 1);
    return "[" + simple + "](" + root + type.replace('.', '/') + ".java)";
  }
}
