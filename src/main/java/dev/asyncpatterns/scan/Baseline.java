package dev.asyncpatterns.scan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Findings that are known and not to be reported again: a text file, one finding a line.
 *
 * <p>A line begins with the rule and the fingerprint; what follows is for people. Entries that fit
 * nothing any more are findings themselves, so that the file only shrinks.
 */
public final class Baseline {
  private static final String HEADING =
      "# Findings known and accepted. rule | fingerprint | entry -> method -> call; # is a comment.";

  private final Map<String, String> lines;

  private Baseline(Map<String, String> lines) {
    this.lines = lines;
  }

  /**
   * A baseline that holds nothing.
   *
   * @return an empty one
   */
  public static Baseline empty() {
    return new Baseline(Map.of());
  }

  /**
   * Reads a file.
   *
   * @param file the file, as {@link #text} makes it
   * @return its entries
   * @throws IOException when it cannot be read or a line is not an entry
   */
  public static Baseline read(Path file) throws IOException {
    Map<String, String> lines = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split("\\|", 3);
      if (parts.length < 2) {
        throw new IOException(file + ": not an entry of a baseline: " + line);
      }
      lines.put(parts[1].trim(), line);
    }
    return new Baseline(lines);
  }

  /**
   * The text of a baseline that accepts these findings.
   *
   * @param findings what to accept
   * @return the content of the file
   */
  public static String text(List<Finding> findings) {
    StringBuilder text = new StringBuilder(HEADING).append('\n');
    for (Finding finding : findings) {
      text.append(finding.rule().id())
          .append(" | ")
          .append(finding.fingerprint())
          .append(" | ")
          .append(finding.entry())
          .append(" -> ")
          .append(finding.frame())
          .append(" -> ")
          .append(finding.sink())
          .append('\n');
    }
    return text.toString();
  }

  /** The findings that are not known, and one for each entry that fits nothing. */
  List<Finding> remove(List<Finding> findings) {
    List<Finding> rest = new ArrayList<>();
    Set<String> stale = new LinkedHashSet<>(lines.keySet());
    for (Finding finding : findings) {
      stale.remove(finding.fingerprint());
      if (!lines.containsKey(finding.fingerprint())) {
        rest.add(finding);
      }
    }
    for (String fingerprint : stale) {
      Rule rule = Rule.of("EL903");
      String line = lines.getOrDefault(fingerprint, "");
      rest.add(
          new Finding(
              rule, rule.severity(), Confidence.HIGH, line, line, "baseline entry", List.of()));
    }
    return rest;
  }
}
