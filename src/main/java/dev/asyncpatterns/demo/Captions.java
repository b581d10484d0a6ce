package dev.asyncpatterns.demo;

import dev.asyncpatterns.demo.Terminal.Style;
import java.util.Locale;
import java.util.Optional;

/** The first and the last line of a story, which name the pattern as the catalogue does. */
final class Captions {
  private static final int RIGHT_COLUMN = 67;
  private static final Catalog SHIPPED = Catalog.load();

  private final String id;
  private final String title;
  private final String asyncio;
  private final String next;

  private Captions(String id, String title, String asyncio, String next) {
    this.id = id;
    this.title = title;
    this.asyncio = asyncio;
    this.next = next;
  }

  /** The captions of a demo; of one that is not in the catalogue they are just its name. */
  static Captions of(String demo) {
    Optional<Catalog.Row> found = SHIPPED.rowOfDemo(demo);
    if (found.isEmpty()) {
      return new Captions(demo.replaceFirst("^.*[.$]", ""), "", "", "");
    }
    Catalog.Row row = found.get();
    String asyncio = row.asyncio().equals("-") ? "" : row.asyncio();
    return new Captions(row.id(), row.title(), asyncio, SHIPPED.after(row).id());
  }

  String id() {
    return id;
  }

  String heading(Terminal terminal) {
    String left = title.isEmpty() ? id : id + " · " + title;
    return terminal.paint(Style.BOLD, id) + twoColumns(left, asyncio).substring(id.length());
  }

  String verdict(Demo.Result end, Terminal terminal) {
    String word = end.verdict().name();
    String left =
        String.format(
            Locale.ROOT,
            "%s %s  %.1f s  blocked warnings: problem %d, fix %d",
            word,
            id,
            end.millis() / 1000.0,
            end.blockedWarnings().problem(),
            end.blockedWarnings().fix());
    String whole = twoColumns(left, next.isEmpty() ? "" : "next: ./run.sh demo " + next);
    return terminal.paint(style(end.verdict()), word) + whole.substring(word.length());
  }

  static Style style(Demo.Verdict verdict) {
    return switch (verdict) {
      case PASS -> Style.GREEN;
      case FAIL -> Style.RED;
      case SKIP -> Style.YELLOW;
    };
  }

  private static String twoColumns(String left, String right) {
    String gap = " ".repeat(Math.max(2, RIGHT_COLUMN - left.length()));
    return right.isEmpty() ? left : left + gap + right;
  }
}
