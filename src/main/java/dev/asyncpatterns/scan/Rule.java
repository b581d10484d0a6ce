package dev.asyncpatterns.scan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A rule of the scan, from the table {@code rules.txt}.
 *
 * @param id its name, such as {@code EL101}
 * @param severity how bad a finding is
 * @param title what is found
 * @param why why that is bad
 * @param fix what to do instead
 */
public record Rule(String id, Severity severity, String title, String why, String fix) {
  private static final Map<String, Rule> ALL = load();

  /** How bad a finding is, worst first. */
  public enum Severity {
    /** Holds the loop without bound. */
    ERROR,
    /** May hold the loop for long, or loses a failure. */
    WARN,
    /** Usually short, or about the scan itself. */
    INFO;

    /** Whether this is as bad as {@code other}, or worse. */
    public boolean atLeast(Severity other) {
      return compareTo(other) <= 0;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * All rules.
   *
   * @return the rules, by id
   */
  public static List<Rule> all() {
    return List.copyOf(ALL.values());
  }

  /**
   * The rule of an id.
   *
   * @param id such as {@code EL101}, in any case
   * @return the rule, or empty when there is none
   */
  public static Optional<Rule> find(String id) {
    return Optional.ofNullable(ALL.get(id.toUpperCase(Locale.ROOT)));
  }

  static Rule of(String id) {
    return find(id).orElseThrow(() -> new IllegalStateException("There is no rule " + id));
  }

  private static Map<String, Rule> load() {
    Map<String, Rule> rules = new LinkedHashMap<>();
    for (String[] row : Tables.read("rules.txt", 5)) {
      Severity severity = Severity.valueOf(row[1].toUpperCase(Locale.ROOT));
      rules.put(row[0], new Rule(row[0], severity, row[2], row[3], row[4]));
    }
    return rules;
  }
}
