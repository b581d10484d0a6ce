package dev.asyncpatterns.scan;

import java.util.ArrayList;
import java.util.List;

/**
 * What a scan gave.
 *
 * @param findings what was found, worst first
 * @param problems what could not be read, so that the report is not whole
 * @param notes what else there is to know
 * @param classes how many classes were read
 * @param suppressed how many findings a permission or the baseline keeps out of the list
 * @param blind whether too much was missing for the report to mean anything
 */
public record Report(
    List<Finding> findings,
    List<Problem> problems,
    List<String> notes,
    int classes,
    int suppressed,
    boolean blind) {
  /** Nothing found, and everything read. */
  public static final int CLEAN = 0;

  /** Something found. */
  public static final int FOUND = 1;

  /** Something could not be read. */
  public static final int UNREADABLE = 3;

  /** Keeps copies. */
  public Report {
    findings = List.copyOf(findings);
    problems = List.copyOf(problems);
    notes = List.copyOf(notes);
  }

  /**
   * With more that could not be read.
   *
   * @param more what else is missing
   * @return a copy
   */
  public Report withProblems(List<Problem> more) {
    List<Problem> all = new ArrayList<>(problems);
    all.addAll(more);
    return new Report(findings, all, notes, classes, suppressed, blind);
  }

  /**
   * The exit status.
   *
   * @param failOn the mildest severity that counts
   * @return {@link #UNREADABLE} when something could not be read, or else {@link #FOUND} when a
   *     finding counts, or else {@link #CLEAN}
   */
  public int status(Rule.Severity failOn) {
    if (blind || !problems.isEmpty()) {
      return UNREADABLE;
    }
    return findings.stream().anyMatch(finding -> finding.severity().atLeast(failOn))
        ? FOUND
        : CLEAN;
  }
}
