package dev.asyncpatterns.scan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forms of a report, and what keeps findings out of it. */
class ReportTest {
  @TempDir static Path folder;
  private static Report report;

  @BeforeAll
  static void scan() {
    Compiled.fixtureTo(folder, Compiled.JAVAC, "Waits");
    report = Compiled.scan(folder);
  }

  @Test
  void text_showsTheWayWithThreadsAndLines() {
    String text = String.join("\n", TextReport.lines(report, false));
    assertTrue(text.contains("[event loop] verticle, deployment not seen"), text);
    assertTrue(text.contains("· by Vertx.setTimer"), text);
    assertTrue(text.contains("Waits.slowTimer  Waits.java:69"), text);
    assertFalse(text.contains("\u001b"));
    assertTrue(String.join("\n", TextReport.lines(report, true)).contains("\u001b[31m"));
  }

  @Test
  void text_namesTheFirstProblems_andCountsTheRest() {
    List<Problem> many =
        IntStream.range(0, 1_000).mapToObj(i -> new Problem("C" + i, "cut off")).toList();
    List<String> lines = TextReport.lines(report.withProblems(many), false);
    assertEquals(21, lines.stream().filter(line -> line.startsWith("not read")).count());
    assertTrue(lines.contains("not read  980 more; --format json names them all"));
    assertTrue(lines.get(lines.size() - 1).contains("1000 NOT READ"), lines.toString());
  }

  @Test
  void json_holdsEveryFinding() {
    JsonObject root = new JsonObject(JsonReport.text(report));
    assertEquals(report.findings().size(), root.getJsonArray("findings").size());
    JsonObject first = root.getJsonArray("findings").getJsonObject(0);
    assertEquals(report.findings().get(0).fingerprint(), first.getString("fingerprint"));
  }

  /** The parts that the schema of SARIF 2.1.0 requires, of what is written here. */
  @Test
  void sarif_hasWhatTheSchemaRequires() {
    JsonObject root = new JsonObject(SarifReport.text(report));
    assertEquals("2.1.0", root.getString("version"));
    assertEquals(Set.of("$schema", "version", "runs"), root.fieldNames());
    JsonObject run = root.getJsonArray("runs").getJsonObject(0);
    JsonArray rules = run.getJsonObject("tool").getJsonObject("driver").getJsonArray("rules");
    assertEquals(Rule.all().size(), rules.size());
    assertTrue(run.getJsonArray("invocations").getJsonObject(0).getBoolean("executionSuccessful"));
    JsonArray results = run.getJsonArray("results");
    assertEquals(report.findings().size(), results.size());
    for (int i = 0; i < results.size(); i++) {
      checkResult(results.getJsonObject(i), rules);
    }
  }

  private static void checkResult(JsonObject result, JsonArray rules) {
    JsonObject rule = rules.getJsonObject(result.getInteger("ruleIndex"));
    assertEquals(rule.getString("id"), result.getString("ruleId"));
    assertTrue(Set.of("none", "note", "warning", "error").contains(result.getString("level")));
    assertFalse(result.getJsonObject("message").getString("text").isEmpty());
    JsonObject flow = result.getJsonArray("codeFlows").getJsonObject(0);
    JsonArray steps = flow.getJsonArray("threadFlows").getJsonObject(0).getJsonArray("locations");
    assertFalse(steps.isEmpty());
    JsonObject physical =
        steps.getJsonObject(0).getJsonObject("location").getJsonObject("physicalLocation");
    assertTrue(physical.getJsonObject("artifactLocation").getString("uri").endsWith(".java"));
    assertTrue(physical.getJsonObject("region").getInteger("startLine") >= 1);
  }

  @Test
  void status_dependsOnTheMildestSeverityThatCounts() {
    assertEquals(Report.FOUND, report.status(Rule.Severity.ERROR));
    Report clean = new Report(List.of(), List.of(), List.of(), 1, 0, false);
    assertEquals(Report.CLEAN, clean.status(Rule.Severity.INFO));
    Problem problem = new Problem("x", "y");
    assertEquals(
        Report.UNREADABLE, clean.withProblems(List.of(problem)).status(Rule.Severity.ERROR));
  }

  @Test
  void output_isTheSameForAnyNumberOfThreads() {
    Scanner.Options options =
        Scanner.Options.of(List.of(folder)).withClassPath(Compiled.classPath());
    String one = JsonReport.text(Scanner.create(options.withThreads(1)).scan());
    String four = JsonReport.text(Scanner.create(options.withThreads(4)).scan());
    assertEquals(one, four);
  }

  @Test
  void baseline_takesAwayWhatItHoldsAndTellsWhatIsStale() throws IOException {
    Path file = Files.createTempFile(folder, "baseline", ".txt");
    Files.writeString(file, Baseline.text(report.findings()) + "EL101 | 0123456789abcdef | gone\n");
    Scanner.Options options =
        Scanner.Options.of(List.of(folder))
            .withClassPath(Compiled.classPath())
            .withBaseline(Baseline.read(file));
    Report rest = Scanner.create(options).scan();
    assertEquals(1, rest.findings().size());
    assertEquals("EL903", rest.findings().get(0).rule().id());
    assertTrue(rest.suppressed() >= report.findings().size());
  }

  @Test
  void permission_takesAwayWaysThroughItUntilItsDay(@TempDir Path own) {
    Compiled.to(own, Compiled.JAVAC, "Allowed", ALLOWED);
    Scanner.Options options = Scanner.Options.of(List.of(own)).withClassPath(Compiled.classPath());
    Report before = Scanner.create(options.withToday(LocalDate.of(2026, 1, 1))).scan();
    assertEquals(List.of("EL903 @AllowBlocking permits nothing"), told(before));
    assertEquals(1, before.suppressed());
    Report after = Scanner.create(options.withToday(LocalDate.of(2026, 1, 2))).scan();
    assertEquals(
        List.of(
            "EL101 java.lang.Thread.sleep(long)",
            "EL903 @AllowBlocking permits nothing",
            "EL903 @AllowBlocking expired on 2026-01-01"),
        told(after));
  }

  private static List<String> told(Report report) {
    return report.findings().stream()
        .map(finding -> finding.rule().id() + " " + finding.sink())
        .toList();
  }

  private static final String ALLOWED =
      """
      import dev.asyncpatterns.observe.AllowBlocking;
      import io.vertx.core.AbstractVerticle;

      public class Allowed extends AbstractVerticle {
        @Override
        public void start() throws Exception {
          read();
          idle();
        }

        @AllowBlocking(reason = "once", until = "2026-01-01")
        private void read() throws Exception {
          Thread.sleep(1);
        }

        @AllowBlocking(reason = "nothing here")
        private void idle() {}
      }
      """;
}
