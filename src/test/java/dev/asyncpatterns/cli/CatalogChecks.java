package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.Demo;
import dev.asyncpatterns.demo.Demo.Verdict;
import dev.asyncpatterns.demo.DemoRunner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What must hold for every row of the catalogue. */
final class CatalogChecks {
  private CatalogChecks() {}

  /** The stops of a pattern that do not exist: README row, type, demo, test, benchmark. */
  static List<String> missingStops(Catalog.Row row, Path project, List<String> readme) {
    List<String> missing = new ArrayList<>();
    if (!readme.contains(ReadmeTable.line(row))) {
      missing.add("README row");
    }
    if (!exists(project, "src/main/java", row.type())) {
      missing.add("type");
    }
    if (!exists(project, "src/main/java", row.demo())) {
      missing.add("demo");
    }
    if (!exists(project, "src/test/java", row.test())) {
      missing.add("test");
    }
    if (row.benchmarked()
        ? !exists(project, "src/jmh/java", row.benchmark())
        : !row.benchmark().matches("none \\(.*\\w.*\\)")) {
      missing.add("benchmark");
    }
    return missing;
  }

  private static boolean exists(Path project, String root, String type) {
    return Files.exists(project.resolve(root).resolve(type.replace('.', '/') + ".java"));
  }

  /** The table of patterns in the README, with its marks; empty when there is none. */
  static List<String> table(List<String> readme) {
    int begin = readme.indexOf(ReadmeTable.BEGIN);
    int end = readme.indexOf(ReadmeTable.END);
    return begin < 0 || end < begin ? List.of() : readme.subList(begin, end + 1);
  }

  /** What is wrong with a demo run as it is; nothing when it passes or is skipped. */
  static List<String> faultsOf(Demo.Result run) {
    List<String> faults = new ArrayList<>();
    if (run.verdict() == Verdict.FAIL) {
      faults.add("it failed: " + run.reason());
    }
    if (run.reason().contains("the blocked-thread checker gave no warning")) {
      faults.add("its problem does not block");
    }
    return faults;
  }

  /** What is wrong with a demo run under sabotage: it must fail, and by a check on the fix. */
  static List<String> faultsOfSabotaged(Demo.Result run) {
    boolean caught = !run.failedChecks().isEmpty() || run.blockedWarnings().fix() > 0;
    if (run.verdict() == Verdict.SKIP || run.verdict() == Verdict.FAIL && caught) {
      return List.of();
    }
    return List.of("no check failed under sabotage: " + run.verdict() + ", " + run.reason());
  }

  static List<String> faults(DemoRunner runner, Catalog.Row row) {
    List<String> faults = new ArrayList<>(faultsOf(runner.run(row, false)));
    faults.addAll(faultsOfSabotaged(runner.run(row, true)));
    return faults;
  }
}
