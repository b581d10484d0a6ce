package dev.asyncpatterns.scan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report for code-scanning services: SARIF 2.1.0 with the way to each call as a code flow. */
public final class SarifReport {
  private static final String SCHEMA =
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
  private static final Map<Rule.Severity, String> LEVELS =
      Map.of(
          Rule.Severity.ERROR, "error", Rule.Severity.WARN, "warning", Rule.Severity.INFO, "note");

  private SarifReport() {}

  /**
   * A report as a SARIF log with one run.
   *
   * @param report what was found
   * @return the text
   */
  public static String text(Report report) {
    List<Rule> rules = Rule.all();
    Map<String, Object> driver =
        map(
            "name",
            "vertx-async-patterns scan",
            "rules",
            rules.stream().map(SarifReport::rule).toList());
    Map<String, Object> run = map("tool", map("driver", driver));
    run.put("columnKind", "utf16CodeUnits");
    run.put("invocations", List.of(invocation(report)));
    run.put("results", report.findings().stream().map(f -> result(f, rules)).toList());
    return Json.of(map("$schema", SCHEMA, "version", "2.1.0", "runs", List.of(run)));
  }

  private static Map<String, Object> rule(Rule rule) {
    Map<String, Object> map = map("id", rule.id(), "name", rule.title());
    map.put("shortDescription", map("text", rule.title()));
    map.put("fullDescription", map("text", rule.why()));
    map.put("help", map("text", rule.fix()));
    map.put("defaultConfiguration", map("level", level(rule.severity())));
    return map;
  }

  private static Map<String, Object> invocation(Report report) {
    List<Map<String, Object>> notes =
        report.problems().stream()
            .map(problem -> map("level", "error", "message", map("text", problem.toString())))
            .toList();
    return map(
        "executionSuccessful",
        report.problems().isEmpty() && !report.blind(),
        "toolExecutionNotifications",
        notes);
  }

  private static Map<String, Object> result(Finding finding, List<Rule> rules) {
    Map<String, Object> map = map("ruleId", finding.rule().id());
    map.put("ruleIndex", rules.indexOf(finding.rule()));
    map.put("level", level(finding.severity()));
    map.put("message", map("text", message(finding)));
    List<Finding.Hop> path = finding.path();
    map.put("locations", path.isEmpty() ? List.of() : List.of(location(path.get(path.size() - 1))));
    map.put("partialFingerprints", map("asyncPatterns/v1", finding.fingerprint()));
    if (!path.isEmpty()) {
      map.put("codeFlows", List.of(map("threadFlows", List.of(flow(path)))));
    }
    map.put("properties", map("confidence", finding.confidence().toString()));
    return map;
  }

  private static String message(Finding finding) {
    return finding.rule().title() + ": " + finding.sink() + ", reached from " + finding.entry();
  }

  private static Map<String, Object> flow(List<Finding.Hop> path) {
    return map("locations", path.stream().map(SarifReport::flowLocation).toList());
  }

  private static Map<String, Object> flowLocation(Finding.Hop hop) {
    Map<String, Object> location = location(hop);
    String thread = hop.where().isEmpty() ? "" : " [" + hop.where() + "]";
    String note = hop.note().isEmpty() ? "" : ", " + hop.note();
    location.put("message", map("text", hop.method() + thread + note));
    return map("location", location);
  }

  private static Map<String, Object> location(Finding.Hop hop) {
    Map<String, Object> physical = map("artifactLocation", map("uri", uri(hop.file())));
    if (hop.line() > 0) {
      physical.put("region", map("startLine", hop.line()));
    }
    Map<String, Object> location = map("physicalLocation", physical);
    location.put(
        "logicalLocations", List.of(map("fullyQualifiedName", hop.method(), "kind", "function")));
    return location;
  }

  private static String uri(String file) {
    try {
      return new java.net.URI(null, null, file, null).toASCIIString();
    } catch (java.net.URISyntaxException e) {
      return "unknown";
    }
  }

  private static String level(Rule.Severity severity) {
    return LEVELS.getOrDefault(severity, "none");
  }

  private static Map<String, Object> map(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(String.valueOf(pairs[i]), pairs[i + 1]);
    }
    return map;
  }
}
