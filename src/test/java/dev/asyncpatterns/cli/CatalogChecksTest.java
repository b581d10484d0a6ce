package dev.asyncpatterns.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.asyncpatterns.demo.Catalog;
import dev.asyncpatterns.demo.DemoRunner;
import dev.asyncpatterns.demo.DemoSettings;
import dev.asyncpatterns.demo.Terminal;
import dev.asyncpatterns.testing.NoBlocking;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks of the catalogue notice what they are there for. */
@NoBlocking(off = "the wrong ways of the demos block")
class CatalogChecksTest {
  private static final String ROW = "a | fam | title | - | fam.A | demo.fam.ADemo | fam.ATest | ";
  private static final Catalog BENCHMARKED = Catalog.parse(ROW + "fam.ABenchmark");
  private static final Catalog.Row A = BENCHMARKED.rows().get(0);

  @TempDir private Path project;

  @BeforeEach
  void fiveStops() throws IOException {
    touch("src/main/java/dev/asyncpatterns/fam/A.java");
    touch("src/main/java/dev/asyncpatterns/demo/fam/ADemo.java");
    touch("src/test/java/dev/asyncpatterns/fam/ATest.java");
    touch("src/jmh/java/dev/asyncpatterns/fam/ABenchmark.java");
  }

  private void touch(String file) throws IOException {
    Path path = project.resolve(file);
    Files.createDirectories(path.getParent());
    Files.createFile(path);
  }

  private List<String> missing(Catalog.Row row) {
    return CatalogChecks.missingStops(row, project, ReadmeTable.lines(Catalog.parse(ROW + "b.B")));
  }

  private List<String> missingWithout(String file) throws IOException {
    Files.delete(project.resolve(file));
    return missing(A);
  }

  @Test
  void fiveStops_nothingIsMissing() {
    assertEquals(List.of(), missing(A));
  }

  @Test
  void readmeRow_absentOrDifferent_isMissing() {
    assertEquals(List.of("README row"), CatalogChecks.missingStops(A, project, List.of()));
    String other = ReadmeTable.line(A).replace("title", "another title");
    assertEquals(List.of("README row"), CatalogChecks.missingStops(A, project, List.of(other)));
  }

  @Test
  void type_absent_isMissing() throws IOException {
    assertEquals(List.of("type"), missingWithout("src/main/java/dev/asyncpatterns/fam/A.java"));
  }

  @Test
  void demo_absent_isMissing() throws IOException {
    String demo = "src/main/java/dev/asyncpatterns/demo/fam/ADemo.java";
    assertEquals(List.of("demo"), missingWithout(demo));
  }

  @Test
  void test_absent_isMissing() throws IOException {
    assertEquals(List.of("test"), missingWithout("src/test/java/dev/asyncpatterns/fam/ATest.java"));
  }

  @Test
  void benchmark_absent_isMissing_unlessAReasonIsGiven() throws IOException {
    String benchmark = "src/jmh/java/dev/asyncpatterns/fam/ABenchmark.java";
    assertEquals(List.of("benchmark"), missingWithout(benchmark));
    Catalog.Row reason = Catalog.parse(ROW + "none (runs once a day)").rows().get(0);
    assertEquals(List.of(), missing(reason));
    Catalog.Row noReason = Catalog.parse(ROW + "none ( )").rows().get(0);
    assertEquals(List.of("benchmark"), missing(noReason));
  }

  @Test
  void table_isWhatStandsBetweenTheMarks() {
    List<String> readme =
        List.of("# title", ReadmeTable.BEGIN, "| a |", ReadmeTable.END, "the rest");
    assertEquals(List.of(ReadmeTable.BEGIN, "| a |", ReadmeTable.END), CatalogChecks.table(readme));
    assertEquals(List.of(), CatalogChecks.table(List.of("# title")));
  }

  @Test
  void demos_thatFailOrCannotFail_areFound() throws IOException {
    Terminal silent = Terminal.plain(new PrintStream(OutputStream.nullOutputStream()));
    DemoSettings settings = DemoSettings.load(Cli.patient(project));
    try (DemoRunner runner = DemoRunner.create(settings, silent)) {
      assertEquals(List.of(), faults(runner, "Honest"));
      assertEquals(List.of(), faults(runner, "Skips"));
      assertEquals(
          List.of("it failed: check failed: it is 1, was 3"), faults(runner, "FailingCheck"));
      assertEquals(
          List.of("no check failed under sabotage: PASS, 1 check held"),
          faults(runner, "CannotFail"));
      assertEquals(List.of("its problem does not block"), faults(runner, "BlocksNoMore"));
      List<String> crash = faults(runner, "FailsInProblem");
      assertEquals(2, crash.size(), "a crash is no failed check: " + crash);
      assertTrue(crash.get(1).startsWith("no check failed under sabotage: FAIL"), crash.get(1));
    }
  }

  private static List<String> faults(DemoRunner runner, String fake) {
    String row = "x | f | t | - | f.A | demo.Fakes$" + fake + " | f.T | none (a fake)";
    return CatalogChecks.faults(runner, Catalog.parse(row).rows().get(0));
  }
}
