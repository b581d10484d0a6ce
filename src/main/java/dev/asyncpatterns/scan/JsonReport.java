package dev.asyncpatterns.scan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The report for programs. */
public final class JsonReport {
  private JsonReport() {}

  /**
   * A report as one JSON object.
   *
   * @param report what was found
   * @return the text
   */
  public static String text(Report report) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("classes", report.classes());
    root.put("suppressed", report.suppressed());
    root.put("findings", report.findings().stream().map(JsonReport::finding).toList());
    root.put("problems", report.problems().stream().map(JsonReport::problem).toList());
    root.put("notes", report.notes());
    return Json.of(root);
  }

  private static Map<String, Object> finding(Finding finding) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("rule", finding.rule().id());
    map.put("severity", finding.severity().toString());
    map.put("confidence", finding.confidence().toString());
    map.put("title", finding.rule().title());
    map.put("entry", finding.entry());
    map.put("frame", finding.frame());
    map.put("sink", finding.sink());
    map.put("fingerprint", finding.fingerprint());
    map.put("path", path(finding.path()));
    return map;
  }

  private static List<Map<String, Object>> path(List<Finding.Hop> path) {
    return path.stream().map(JsonReport::hop).toList();
  }

  private static Map<String, Object> hop(Finding.Hop hop) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("method", hop.method());
    map.put("file", hop.file());
    map.put("line", hop.line());
    map.put("thread", hop.where());
    map.put("note", hop.note());
    return map;
  }

  private static Map<String, Object> problem(Problem problem) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("where", problem.where());
    map.put("what", problem.what());
    return map;
  }
}
