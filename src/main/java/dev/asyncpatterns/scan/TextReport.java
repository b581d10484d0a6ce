package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report for people. */
public final class TextReport {
  private static final String BOLD = "1";
  private static final String DIM = "2";
  private static final String RED = "31";
  private static final String YELLOW = "33";
  private static final String CYAN = "36";
  private static final int MOST_OTHERS = 3;
  private static final int MOST_PROBLEMS = 20;

  private final boolean colour;
  private final List<String> lines = new ArrayList<>();

  private TextReport(boolean colour) {
    this.colour = colour;
  }

  /**
   * The lines of a report: each place that blocks once, with the surest way to it, and a summary.
   *
   * @param report what was found
   * @param colour whether to paint
   * @return the lines
   */
  public static List<String> lines(Report report, boolean colour) {
    TextReport text = new TextReport(colour);
    Map<String, List<Finding>> groups = new LinkedHashMap<>();
    for (Finding finding : report.findings()) {
      groups
          .computeIfAbsent(
              finding.severity() + finding.place() + finding.line(), key -> new ArrayList<>())
          .add(finding);
    }
    groups.values().forEach(text::group);
    text.problems(report.problems());
    report.notes().forEach(note -> text.line(text.paint(DIM, "note  " + note)));
    text.line(summary(report, groups.size()));
    return text.lines;
  }

  private void group(List<Finding> group) {
    Finding first = group.get(0);
    line(
        paint(colourOf(first.severity()), first.severity() + " " + first.rule().id())
            + "  "
            + paint(BOLD, first.rule().title())
            + paint(DIM, "  (confidence: " + first.confidence() + ")"));
    line("  " + first.sink());
    if (first.severity() == Rule.Severity.INFO && !first.path().isEmpty()) {
      Finding.Hop last = first.path().get(first.path().size() - 1);
      line("    in " + last.method() + "  " + place(last));
    } else {
      path(first.path());
    }
    others(group);
    line("");
  }

  private void problems(List<Problem> problems) {
    problems.stream()
        .limit(MOST_PROBLEMS)
        .forEach(problem -> line(paint(RED, "not read  ") + problem));
    int rest = problems.size() - MOST_PROBLEMS;
    if (rest > 0) {
      line(paint(RED, "not read  ") + rest + " more; --format json names them all");
    }
  }

  private void path(List<Finding.Hop> path) {
    String where = "";
    for (Finding.Hop hop : path) {
      if (!hop.where().equals(where)) {
        where = hop.where();
        line(
            "    "
                + paint(CYAN, "[" + where + "]")
                + (hop.note().isEmpty() ? "" : " " + hop.note()));
      } else if (!hop.note().isEmpty()) {
        line("    " + paint(DIM, "· " + hop.note()));
      }
      line("      " + hop.method() + "  " + paint(DIM, place(hop)));
    }
  }

  private static String place(Finding.Hop hop) {
    String file = hop.file().substring(hop.file().lastIndexOf('/') + 1);
    return hop.line() < 0 ? file : file + ":" + hop.line();
  }

  private void others(List<Finding> group) {
    if (group.size() == 1) {
      return;
    }
    List<String> names =
        group.stream().skip(1).limit(MOST_OTHERS).map(other -> shortName(other.entry())).toList();
    int rest = group.size() - 1 - names.size();
    line(
        paint(
            DIM,
            "    also from "
                + String.join(", ", names)
                + (rest > 0 ? " and " + rest + " more" : "")));
  }

  private static String shortName(String name) {
    int dot = name.lastIndexOf('.', name.lastIndexOf('.') - 1);
    return name.substring(dot + 1).replace("$lambda", " (lambda)");
  }

  private static String summary(Report report, int places) {
    StringBuilder text = new StringBuilder();
    for (Rule.Severity severity : Rule.Severity.values()) {
      long count = report.findings().stream().filter(f -> f.severity() == severity).count();
      text.append(text.length() == 0 ? "" : ", ").append(count).append(' ').append(severity);
    }
    text.append(" in ").append(places).append(" places; ").append(report.classes());
    text.append(" classes read");
    if (report.suppressed() > 0) {
      text.append(", ").append(report.suppressed()).append(" suppressed");
    }
    if (!report.problems().isEmpty()) {
      text.append(", ").append(report.problems().size()).append(" NOT READ");
    }
    return text + (report.findings().isEmpty() ? "" : "; --explain RULE says why and what to do");
  }

  private static String colourOf(Rule.Severity severity) {
    return switch (severity) {
      case ERROR -> RED;
      case WARN -> YELLOW;
      case INFO -> CYAN;
    };
  }

  private String paint(String style, String text) {
    return colour ? "\u001b[" + style + "m" + text + "\u001b[0m" : text;
  }

  private void line(String text) {
    lines.add(text);
  }
}
